import { newId } from '../../src/common/ids';
import { DeliveryClaims } from '../../src/webhooks/deliveries/delivery-claims';
import { DeliveryShares, HOST_SHARE, SLOTS } from '../../src/webhooks/deliveries/delivery-shares';
import { MessageBodies } from '../../src/webhooks/events/message-bodies.service';
import { writeMessages } from '../../src/webhooks/events/messages';
import type { WrittenDeliveries } from '../../src/webhooks/events/new-deliveries';
import type { NewMessage } from '../../src/webhooks/events/new-message';
import { emptyTestRedis } from '../support/services';
import { createTestDatabase, TestDatabase } from '../support/test-database';
import { CallbackHouse, TestClient } from './callback-house';

/** What a worker that fans out may begin at once: never more than a claim would have given it. */
const URL_OF_ITS_OWN = 'http://127.0.0.1:9/own';
const CONCURRENCY = 4;

let database: TestDatabase;
let house: CallbackHouse;
let client: TestClient;

beforeAll(async () => {
  database = await createTestDatabase();
  // Nobody delivers what is written here.
  house = await CallbackHouse.start(
    { databaseUrl: database.url, redisUrl: await emptyTestRedis() },
    { ROLE: 'api' },
  );
});

beforeEach(async () => {
  client = await house.client();
});

afterAll(async () => {
  await house.stop();
  await database.drop();
});

const message = (): NewMessage => ({
  id: newId(),
  clientId: client.id,
  jobId: null,
  type: 'noop.completed',
  body: Buffer.from('{}'),
  occurredAt: new Date(),
  callbackUrl: URL_OF_ITS_OWN,
});

const write = (messages: NewMessage[], shares = new DeliveryShares()): Promise<WrittenDeliveries> =>
  house.database.transaction((manager) =>
    writeMessages(manager, messages, 60_000, {
      worker: 'w',
      leaseMs: 10_000,
      reservation: shares.reserve(),
    }),
  );

const count = (length: number): NewMessage[] => Array.from({ length }, message);

/** The client's destination, after a delivery that has ended. */
async function destination(change = 'created_at = created_at'): Promise<void> {
  await write([message()]);
  await house.database.query(
    `UPDATE delivery SET state = 'DELIVERED', finished_at = now(), lease_owner = NULL, lease_until = NULL
     WHERE client_id = $1`,
    [client.id],
  );
  await house.database.query(
    `UPDATE webhook_destination SET max_concurrency = ${CONCURRENCY}, concurrency = ${CONCURRENCY} WHERE client_id = $1`,
    [client.id],
  );
  await house.database.query(`UPDATE webhook_destination SET ${change} WHERE client_id = $1`, [client.id]);
}

it('is begun under a lease of its own, with what its attempt needs', async () => {
  const told = message();
  const { leased, waiting } = await write([told]);
  expect(waiting).toBe(0);
  const [row] = await house.database.query<Record<string, unknown>[]>(
    `SELECT *, lease_until BETWEEN now() + interval '5 s' AND now() + interval '10 s' AS leased_for_long
     FROM delivery WHERE client_id = $1`,
    [client.id],
  );
  expect(row).toMatchObject({ state: 'DELIVERING', attempt: 1, lease_owner: 'w', leased_for_long: true });
  expect(leased).toEqual([
    {
      id: row!['id'],
      attempt: 1,
      failures: 0,
      client_id: client.id,
      destination_id: row!['destination_id'],
      endpoint_id: null,
      url: URL_OF_ITS_OWN,
      message_id: told.id,
      body: told.body,
    },
  ]);
});

it('goes to the first ones, as many as may be under way, and spends the rate', async () => {
  await destination(`rate_until = now() - interval '1 h', max_per_second = 10`);
  const messages = count(CONCURRENCY + 3);
  const first = await write(messages);
  expect(first.leased.map(({ message_id }) => message_id)).toEqual(
    messages.slice(0, CONCURRENCY).map(({ id }) => id),
  );
  expect(first.waiting).toBe(3);
  const [row] = await house.database.query<{ spent: number }[]>(
    `SELECT extract(epoch FROM rate_until - now())::float8 AS spent FROM webhook_destination WHERE client_id = $1`,
    [client.id],
  );
  expect(row!.spent).toBeGreaterThan(CONCURRENCY / 10 - 0.3);
  expect(row!.spent).toBeLessThanOrEqual(CONCURRENCY / 10);
});

it('counts what is under way already', async () => {
  await destination();
  expect((await write(count(CONCURRENCY - 1))).leased).toHaveLength(CONCURRENCY - 1);
  expect((await write(count(3))).leased).toHaveLength(1);
});

it.each([
  ['has room for all of them', 'failures = 0', CONCURRENCY],
  ['asked for less, and got half as much twice', 'concurrency = 2', 2],
  ['rests', `paused_until = now() + interval '1 min'`, 0],
  ['is disabled by its owner', `disabled_reason = 'owner', disabled_at = now()`, 0],
  ['has an open circuit that is to be probed', 'failures = 5', 1],
  ['is being drained', 'draining_to = 0', 1],
  ['has spent its rate but for two', `max_per_second = 10, rate_until = now() + interval '0.75 s'`, 2],
])('of a destination that %s', async (_what, change, expected) => {
  await destination(change);
  expect((await write(count(CONCURRENCY + 1))).leased).toHaveLength(expected);
});

it('is for none while something waits there from before', async () => {
  await destination();
  await write(count(CONCURRENCY + 1));
  await house.database.query(
    `UPDATE delivery SET state = 'DELIVERED', finished_at = now(), lease_owner = NULL, lease_until = NULL
     WHERE client_id = $1 AND state = 'DELIVERING'`,
    [client.id],
  );
  const { leased, waiting } = await write(count(2));
  expect(leased).toEqual([]);
  expect(waiting).toBe(2);
});

it('is for none, and waits for nobody, while another worker hands that destination out', async () => {
  await destination();
  await house.database.transaction(async (other) => {
    await other.query('SELECT FROM webhook_destination WHERE client_id = $1 FOR NO KEY UPDATE', [client.id]);
    expect((await write(count(2))).leased).toEqual([]);
  });
  const rows = await client.deliveries();
  expect(rows.filter(({ state }) => state === 'PENDING')).toHaveLength(2);
});

it('keeps to the share of its host, and to the places of its worker', async () => {
  await destination();
  const shares = new DeliveryShares();
  for (let taken = 0; taken < HOST_SHARE - 2; taken += 1) shares.add('another', new URL('http://127.0.0.1/'));
  expect((await write(count(CONCURRENCY), shares)).leased).toHaveLength(2);

  client = await house.client();
  await destination();
  const full = new DeliveryShares();
  for (let taken = 0; full.free() > 1; taken += 1)
    full.add(String(taken), new URL(`http://host-${taken}.example/`));
  const elsewhere = count(2).map((each) => ({ ...each, callbackUrl: 'http://127.0.0.1:9/elsewhere' }));
  expect((await write([...count(2), ...elsewhere], full)).leased).toHaveLength(1);
});

it('is not for a delivery that only says that its endpoint is disabled', async () => {
  await write([message()]);
  const [row] = await house.database.query<{ id: string }[]>(
    `INSERT INTO webhook_endpoint (id, client_id, url, event_types, signatures, verified_at)
     VALUES (uuid_v7(), $1, $2, '{other}', '{v1}', now()) RETURNING id`,
    [client.id, URL_OF_ITS_OWN],
  );
  await house.database.query(
    `INSERT INTO webhook_destination (id, client_id, endpoint_id, address, origin, max_concurrency, max_per_second,
       concurrency, disabled_reason, disabled_at)
     VALUES ($1, $2, $1, $3, 'http://127.0.0.1:9', 4, 10, 4, 'owner', now())`,
    [row!.id, client.id, URL_OF_ITS_OWN],
  );
  expect((await write([message()])).leased).toEqual([]);
  expect((await client.deliveries()).at(-1)).toMatchObject({
    state: 'EXHAUSTED',
    failure: 'endpoint_disabled',
  });
});

it('is one for an endpoint whose URL is that of the job too', async () => {
  const id = newId();
  await house.database.query(
    `INSERT INTO webhook_endpoint (id, client_id, url, event_types, signatures, verified_at)
     VALUES ($1, $2, $3, '{*}', '{v1}', now())`,
    [id, client.id, URL_OF_ITS_OWN],
  );
  await house.database.query(
    `INSERT INTO webhook_destination (id, client_id, endpoint_id, address, origin, max_concurrency, max_per_second, concurrency)
     VALUES ($1, $2, $1, $3, 'http://127.0.0.1:9', 4, 10, 4)`,
    [id, client.id, URL_OF_ITS_OWN],
  );
  expect((await write(count(2))).leased).toHaveLength(2);
  expect(await client.deliveries()).toHaveLength(2);
});

it('takes no more places of the worker than it can use', async () => {
  await destination();
  const shares = new DeliveryShares();
  expect((await write(count(50), shares)).leased).toHaveLength(CONCURRENCY);
  expect(shares.free()).toBe(SLOTS - CONCURRENCY);
});

describe('a claim', () => {
  const claims = (): DeliveryClaims => new DeliveryClaims(house.database, new MessageBodies());
  const claim = (shares: DeliveryShares) =>
    claims().claim({ worker: 'w', leaseMs: 10_000 }, shares, shares.reserve());

  it('says that there may be more when it passed over what has no room for the sake of others', async () => {
    await house.database.query('DELETE FROM delivery');
    await destination();
    await write(count(CONCURRENCY + 1));
    const shares = new DeliveryShares();
    for (let attempts = 0; attempts <= HOST_SHARE / 2; attempts += 1)
      shares.add('another', new URL('http://somewhere.example'));
    expect(await claim(shares)).toEqual({ claimed: [], open: true });
  });

  it('says that there is nothing when nothing is due', async () => {
    await house.database.query('DELETE FROM delivery');
    expect(await claim(new DeliveryShares())).toEqual({ claimed: [], open: false });
  });
});
