import { Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { newId } from '../../src/common/ids';
import { Claim, ClaimedDelivery, DeliveryClaims } from '../../src/webhooks/deliveries/delivery-claims';
import { DeliveryMetrics } from '../../src/webhooks/deliveries/delivery-metrics';
import { DeliveryRepairsService } from '../../src/webhooks/deliveries/delivery-repairs.service';
import type { DeliveryOutcome } from '../../src/webhooks/deliveries/delivery-attempt.service';
import { DeliveryOutcomes } from '../../src/webhooks/deliveries/delivery-outcomes';
import { DeliveryShares, HOST_SHARE } from '../../src/webhooks/deliveries/delivery-shares';
import { DestinationHealth } from '../../src/webhooks/deliveries/destination-health';
import type { CallbackAnswer } from '../../src/webhooks/egress/callback-client.service';
import { RATE_PAUSE_MS } from '../../src/webhooks/deliveries/destination';
import { CallbackFailure } from '../../src/webhooks/egress/callback-failure';
import { type NewMessage, writeMessages } from '../../src/webhooks/deliveries/messages';
import { waitFor } from '../support/services';
import { callbackStory } from './callback-story';

/** What a worker is given of the deliveries, and how what it made of them is stored: written by hand, delivered by nobody. */
const URL_OF_ITS_OWN = 'http://127.0.0.1:9/own';
const CONCURRENCY = 4;

const story = callbackStory({ ROLE: 'api' });

beforeEach(async () => {
  await story.query('DELETE FROM delivery');
});

const message = (): NewMessage => ({
  id: newId(),
  clientId: story.client.id,
  jobId: null,
  type: 'noop.completed',
  body: Buffer.from('{}'),
  occurredAt: new Date(),
  callbackUrl: URL_OF_ITS_OWN,
});

const write = (messages: NewMessage[]): Promise<void> =>
  story.harness.database.transaction((manager) => writeMessages(manager, messages, 60_000));

const claim = async (shares = new DeliveryShares()): Promise<Claim> =>
  new DeliveryClaims(story.harness.database).claim({ worker: 'w', leaseMs: 10_000 }, shares);

const count = (length: number): NewMessage[] => Array.from({ length }, message);

/** The client's destination, to which nothing is to be delivered yet. */
async function destination(change = 'created_at = created_at'): Promise<void> {
  await write([message()]);
  await story.query('DELETE FROM delivery WHERE client_id = $1', [story.client.id]);
  await story.query(
    `UPDATE webhook_destination SET max_concurrency = ${CONCURRENCY}, concurrency = ${CONCURRENCY} WHERE client_id = $1`,
    [story.client.id],
  );
  await story.query(`UPDATE webhook_destination SET ${change} WHERE client_id = $1`, [story.client.id]);
}

/** An endpoint of the client, with its destination. */
async function endpoint(eventTypes = '{*}', change = 'created_at = created_at'): Promise<string> {
  const id = newId();
  await story.query(
    `INSERT INTO webhook_endpoint (id, client_id, url, event_types, signatures, verified_at)
     VALUES ($1, $2, $3, $4, '{v1}', now())`,
    [id, story.client.id, URL_OF_ITS_OWN, eventTypes],
  );
  await story.query(
    `INSERT INTO webhook_destination (id, client_id, endpoint_id, address, origin, max_concurrency, max_per_second, concurrency)
     VALUES ($1, $2, $1, $3, 'http://127.0.0.1:9', ${CONCURRENCY}, 10, ${CONCURRENCY})`,
    [id, story.client.id, URL_OF_ITS_OWN],
  );
  await story.query(`UPDATE webhook_destination SET ${change} WHERE id = $1`, [id]);
  return id;
}

/** Does something while the endpoint is being removed, once that holds its rows and before it has removed them. */
async function whileRemoved<T>(id: string, work: () => Promise<T>): Promise<T> {
  let working: Promise<T> | undefined;
  await story.harness.database.transaction(async (manager: EntityManager) => {
    await manager.query(
      `SELECT FROM webhook_endpoint e JOIN webhook_destination t ON t.endpoint_id = e.id WHERE e.id = $1
       FOR UPDATE OF e, t`,
      [id],
    );
    working = work();
    working.catch(() => undefined);
    await waitFor(
      async () =>
        (
          await story.query<unknown[]>(
            `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
          )
        ).length > 0,
      { what: 'somebody to wait for the removal' },
    );
    await manager.query('DELETE FROM webhook_endpoint WHERE id = $1', [id]);
  });
  return working!;
}

describe('a claim', () => {
  it('is a lease, with what the attempt needs', async () => {
    const sent = message();
    await write([sent]);
    const { claimed } = await claim();
    const [row] = await story.query<Record<string, unknown>[]>(
      `SELECT *, lease_until BETWEEN now() + interval '5 s' AND now() + interval '10 s' AS leased_for_long
     FROM delivery WHERE client_id = $1`,
      [story.client.id],
    );
    expect(row).toMatchObject({ state: 'DELIVERING', attempt: 1, lease_owner: 'w', leased_for_long: true });
    expect(claimed).toEqual([
      {
        id: row!['id'],
        attempt: 1,
        failures: 0,
        client_id: story.client.id,
        destination_id: row!['destination_id'],
        endpoint_id: null,
        url: URL_OF_ITS_OWN,
        message_id: sent.id,
        event_type: sent.type,
        body: sent.body,
        job_id: null,
        request_id: null,
      },
    ]);
  });

  it('goes to the first ones, as many as may be under way, and spends the rate', async () => {
    await destination(`rate_until = now() - interval '1 h', max_per_second = 10`);
    const messages = count(CONCURRENCY + 3);
    await write(messages);
    const { claimed } = await claim();
    expect(claimed.map(({ message_id }) => message_id)).toEqual(
      messages.slice(0, CONCURRENCY).map(({ id }) => id),
    );
    const [row] = await story.query<{ spent: number }[]>(
      `SELECT extract(epoch FROM rate_until - now())::float8 AS spent FROM webhook_destination WHERE client_id = $1`,
      [story.client.id],
    );
    expect(row!.spent).toBeGreaterThan(CONCURRENCY / 10 - 0.3);
    expect(row!.spent).toBeLessThanOrEqual(CONCURRENCY / 10);
  });

  it('counts what is under way already', async () => {
    await destination();
    await write(count(CONCURRENCY - 1));
    expect((await claim()).claimed).toHaveLength(CONCURRENCY - 1);
    await write(count(3));
    expect((await claim()).claimed).toHaveLength(1);
  });

  it.each([
    ['has room for all of them', 'failures = 0', CONCURRENCY],
    ['asked for less, and got half as much twice', 'concurrency = 2', 2],
    ['rests', `paused_until = now() + interval '1 min'`, 0],
    ['is disabled by its owner', `disabled_reason = 'owner', disabled_at = now()`, 0],
    ['has an open circuit that is to be probed', 'failures = 5', 1],
    ['has just recovered', 'epoch = epoch + 1, concurrency = 1', 1],
    ['has spent its rate but for two', `max_per_second = 3, rate_until = now() + interval '0.3 s'`, 2],
  ])('of a destination that %s', async (_what, change, expected) => {
    await destination(change);
    await write(count(CONCURRENCY + 1));
    expect((await claim()).claimed).toHaveLength(expected);
  });

  it('is for none, and waits for nobody, while another worker hands that destination out', async () => {
    await destination();
    await write(count(2));
    await story.harness.database.transaction(async (other) => {
      await other.query('SELECT FROM webhook_destination WHERE client_id = $1 FOR NO KEY UPDATE', [
        story.client.id,
      ]);
      expect((await claim()).claimed).toEqual([]);
    });
    const rows = await story.client.deliveries();
    expect(rows.filter(({ state }) => state === 'PENDING')).toHaveLength(2);
  });

  it('keeps to the share of its host, and to the slots of its worker', async () => {
    await destination();
    await write(count(CONCURRENCY));
    const shares = new DeliveryShares();
    for (let taken = 0; taken < HOST_SHARE - 2; taken += 1)
      shares.add('another', new URL('http://127.0.0.1/'));
    expect((await claim(shares)).claimed).toHaveLength(2);

    await story.query('DELETE FROM delivery');
    const full = new DeliveryShares();
    for (let taken = 0; full.free() > 1; taken += 1)
      full.add(String(taken), new URL(`http://host-${taken}.example/`));
    const elsewhere = count(2).map((each) => ({ ...each, callbackUrl: 'http://127.0.0.1:9/elsewhere' }));
    await write([...count(2), ...elsewhere]);
    expect((await claim(full)).claimed).toHaveLength(1);
  });

  it('is not for a delivery that only says that its endpoint is disabled', async () => {
    await endpoint('{other}', `disabled_reason = 'owner', disabled_at = now()`);
    await write([message()]);
    expect((await claim()).claimed).toEqual([]);
    expect((await story.client.deliveries()).at(-1)).toMatchObject({
      state: 'EXHAUSTED',
      failure: 'endpoint_disabled',
    });
  });

  it('is one for an endpoint whose URL is that of the job too', async () => {
    await endpoint();
    await write(count(2));
    expect((await claim()).claimed).toHaveLength(2);
    expect(await story.client.deliveries()).toHaveLength(2);
  });

  it('says that there may be more when it passed over what has no room for the sake of others', async () => {
    await destination();
    await write(count(CONCURRENCY + 1));
    await claim();
    const shares = new DeliveryShares();
    for (let attempts = 0; attempts <= HOST_SHARE / 2; attempts += 1)
      shares.add('another', new URL('http://somewhere.example'));
    expect(await claim(shares)).toMatchObject({ claimed: [], open: true });
  });

  it('says that there is nothing when nothing is due', async () => {
    expect(await claim()).toEqual({
      claimed: [],
      open: false,
      isFirst: true,
      isLast: true,
      pauseMs: Infinity,
    });
  });

  it('says how long the rate of a destination keeps back what is due', async () => {
    await destination(`max_per_second = 1, rate_until = now() + interval '30 s'`);
    await write(count(2));
    const { claimed, open, pauseMs } = await claim();
    expect({ claimed, open }).toEqual({ claimed: [], open: false });
    expect(pauseMs).toBeGreaterThan(10_000);
    expect(pauseMs).toBeLessThanOrEqual(30_000);
  });

  it.each([
    ['1 h ago', '-1 h', 100, 8, 0, 0],
    ['for eight more', '0.92 s', 100, 8, 0, 0],
    ['for five more, so that three are waited for', '0.95 s', 100, 8, 0, 30],
    ['for five more, as many as may be under way', '0.95 s', 100, 5, 0, 0],
    ['for nine more of the ten of a tenth of a second', '0.91 s', 100, 256, 0, 10],
    ['for no more of five a second', '1 s', 5, 8, 0, 200],
    ['for the probe of an open circuit', '0.99 s', 100, 8, 5, 0],
  ])(
    'waits for a tenth of a second of a rate that is spent %s',
    async (_what, until, perSecond, atOnce, failures, ms) => {
      const [row] = await story.query<{ pause: number }[]>(
        `SELECT ${RATE_PAUSE_MS} AS pause
       FROM (SELECT now() + $1::interval AS rate_until, $2::int AS max_per_second, $3::int AS concurrency, $4::int AS failures) t`,
        [until, perSecond, atOnce, failures],
      );
      expect(row!.pause).toBe(ms);
    },
  );
});

describe('an outcome', () => {
  const failed = (delivery: ClaimedDelivery, words: Partial<CallbackAnswer> = {}): DeliveryOutcome => ({
    delivery,
    startedAt: new Date(),
    answer: {
      failure: CallbackFailure.HttpStatus,
      status: 500,
      address: '127.0.0.1',
      timings: { total: 1 },
      detail: null,
      response: '',
      retryAfter: null,
      date: null,
      ...words,
    },
    nextAttemptIn: 1_000,
    retryAfter: null,
  });

  /** All at once, as those of one worker that end together. */
  async function store(...outcomes: DeliveryOutcome[]): Promise<void> {
    const health = new DestinationHealth(story.harness.config);
    const metrics = story.harness.app.get(DeliveryMetrics);
    const writer = new DeliveryOutcomes(story.harness.database, health, metrics);
    await Promise.all(outcomes.map((outcome) => writer.write(outcome, Date.now() + 60_000)));
  }

  const stored = async (): Promise<{ detail: string | null; outcome: string; status: number }[]> =>
    story.query(
      `SELECT a.detail, a.outcome, a.status FROM delivery_attempt a JOIN delivery d ON d.id = a.delivery_id
       WHERE d.client_id = $1 ORDER BY d.position`,
      [story.client.id],
    );

  const three = async (): Promise<ClaimedDelivery[]> => {
    await destination();
    await write(count(3));
    return (await claim()).claimed;
  };

  beforeEach(() => {
    for (const level of ['warn', 'error'] as const)
      jest.spyOn(Logger.prototype, level).mockImplementation(() => undefined);
  });

  afterEach(() => jest.restoreAllMocks());

  it('is stored without its answer where Postgres refuses that, and the others as they are', async () => {
    const [a, b, c] = await three();
    const detail = 'It was closed.';
    await store(failed(a!, { detail }), failed(b!, { detail: 'a NUL: \0' }), failed(c!, { detail }));
    expect(await stored()).toEqual([
      { detail, outcome: 'http_status', status: 500 },
      { detail: null, outcome: 'http_status', status: 500 },
      { detail, outcome: 'http_status', status: 500 },
    ]);
  });

  it('is given up where it is refused even so, and only that', async () => {
    const [a, b, c] = await three();
    await store(failed(a!), failed(b!, { status: 100_000 }), failed(c!));
    expect(await stored()).toHaveLength(2);
    expect((await story.client.deliveries()).map(({ state }) => state)).toEqual([
      'PENDING',
      'DELIVERING',
      'PENDING',
    ]);
  });

  it('is kept while the database is away between two of them', async () => {
    const [a, b, c] = await three();
    const createQueryRunner = story.harness.database.createQueryRunner.bind(story.harness.database);
    let transactions = 0;
    jest.spyOn(story.harness.database, 'createQueryRunner').mockImplementation(() => {
      transactions += 1;
      // That of all, which is refused for one of them; that of the first; and then this one.
      if (transactions === 3) throw new Error('connection lost');
      return createQueryRunner();
    });
    await store(failed(a!), failed(b!, { detail: '\0' }), failed(c!));
    expect(await stored()).toHaveLength(3);
  });

  it('from which its destination has to learn waits for the removal of its endpoint, and neither is in the way of the other', async () => {
    const id = await endpoint();
    await write([{ ...message(), callbackUrl: null }]);
    const { claimed } = await claim();
    await whileRemoved(id, () => store(failed(claimed[0]!)));
    expect(await story.client.deliveries()).toMatchObject([
      { state: 'EXHAUSTED', failure: 'http_status', attempt: 1 },
    ]);
  });
});

it('a message that is written while its endpoint is removed waits for that, and finds no endpoint', async () => {
  const id = await endpoint();
  await whileRemoved(id, () => write([{ ...message(), callbackUrl: null }]));
  expect(await story.client.deliveries()).toEqual([]);
});

describe('when a destination is next due', () => {
  const IDLE = `next_due_at = now() - interval '1 min', rate_until = now() - interval '1 min'`;
  const nextDue = async (): Promise<string> => {
    const [row] = await story.query<{ at: string }[]>(
      `SELECT CASE WHEN next_due_at = 'infinity' THEN 'never' WHEN next_due_at > now() THEN 'later' ELSE 'now' END AS at
       FROM webhook_destination WHERE client_id = $1`,
      [story.client.id],
    );
    return row!.at;
  };

  const repair = (): Promise<void> =>
    new DeliveryRepairsService(story.harness.database, story.harness.app.get(DeliveryMetrics)).run(
      new AbortController().signal,
    );

  it('is found out by repairs, and known to whatever makes something due', async () => {
    await destination(IDLE);
    await repair();
    expect(await nextDue()).toBe('never');
    await write([message()]);
    expect(await nextDue()).toBe('now');
    await story.query(`UPDATE delivery SET due_at = now() + interval '1 h' WHERE client_id = $1`, [
      story.client.id,
    ]);
    expect((await claim()).claimed).toEqual([]);
    // It is busy until nothing was claimed of it for a while.
    await repair();
    expect(await nextDue()).toBe('now');
    await story.query(`UPDATE webhook_destination SET ${IDLE} WHERE client_id = $1`, [story.client.id]);
    await repair();
    expect(await nextDue()).toBe('later');
    // What a repair or a clock does.
    await story.query(`UPDATE delivery SET due_at = now() WHERE client_id = $1`, [story.client.id]);
    expect(await nextDue()).toBe('now');
    expect((await claim()).claimed).toHaveLength(1);
  });

  it.each([
    ['disabled by its owner', `disabled_reason = 'owner', disabled_at = now()`],
    ['resting', `paused_until = now() + interval '1 h'`],
  ])('is found out of one that is %s, too', async (_what, change) => {
    await destination(IDLE);
    await story.query(`UPDATE webhook_destination SET ${change} WHERE client_id = $1`, [story.client.id]);
    await repair();
    expect(await nextDue()).toBe('never');
  });

  it('stays where something is due, of a recovery too', async () => {
    await destination();
    await write([message()]);
    await story.query(`UPDATE webhook_destination SET ${IDLE} WHERE client_id = $1`, [story.client.id]);
    await repair();
    expect(await nextDue()).toBe('now');
    await story.query(`UPDATE delivery SET due_at = now() + interval '1 h' WHERE client_id = $1`, [
      story.client.id,
    ]);
    await story.query(`UPDATE webhook_destination SET epoch = epoch + 1, ${IDLE} WHERE client_id = $1`, [
      story.client.id,
    ]);
    await repair();
    expect(await nextDue()).toBe('now');
  });

  it('is not put off by repairs that do not see yet what is being written', async () => {
    await destination(IDLE);
    await story.harness.database.transaction(async (manager) => {
      await writeMessages(manager, [message()], 60_000);
      await repair();
    });
    expect(await nextDue()).toBe('now');
    expect((await claim()).claimed).toHaveLength(1);
  });

  it('is not put off either by those that do not see what is about to be made due', async () => {
    await destination();
    await write([message()]);
    await story.query(`UPDATE delivery SET due_at = now() + interval '1 h' WHERE client_id = $1`, [
      story.client.id,
    ]);
    await story.query(`UPDATE webhook_destination SET ${IDLE} WHERE client_id = $1`, [story.client.id]);
    await story.harness.database.transaction(async (manager) => {
      await manager.query(`UPDATE delivery SET due_at = now() WHERE client_id = $1`, [story.client.id]);
      await repair();
    });
    expect(await nextDue()).toBe('now');
    expect((await claim()).claimed).toHaveLength(1);
  });

  it('keeps claims away until then', async () => {
    await destination(`next_due_at = now() + interval '1 h'`);
    const { claimed, open } = await claim();
    expect([claimed, open]).toEqual([[], false]);
  });
});
