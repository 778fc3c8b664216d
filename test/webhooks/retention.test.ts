import { emptyTestRedis, waitFor } from '../support/services';
import { createTestDatabase, TestDatabase } from '../support/test-database';
import { CallbackHarness, TestClient } from './callback-harness';
import { answer, TestReceiver } from './test-receiver';

let database: TestDatabase;
let redisUrl: string;
let harness: CallbackHarness;
let receiver: TestReceiver;
let client: TestClient;

const start = (): Promise<CallbackHarness> =>
  CallbackHarness.start(
    { databaseUrl: database.url, redisUrl },
    { CALLBACK_RETRY_SCHEDULE: '1h', WEBHOOK_MASTER_KEYS: Buffer.alloc(32, 3).toString('base64') },
  );

beforeAll(async () => {
  database = await createTestDatabase();
  redisUrl = await emptyTestRedis();
  harness = await start();
  receiver = await TestReceiver.start();
});

beforeEach(async () => {
  client = await harness.client();
});

afterAll(async () => {
  await receiver.stop();
  await harness.stop();
  await database.drop();
});

/** What is kept of each URL of the client: events, deliveries, attempts, destinations. */
async function kept(): Promise<Record<string, number[]>> {
  const rows = await harness.database.query<{ path: string; counts: number[] }[]>(
    `SELECT d.url AS path, ARRAY[count(DISTINCT m.id), count(DISTINCT d.id), count(a), count(DISTINCT t.id)]::int[] AS counts
     FROM delivery d LEFT JOIN webhook_message m ON m.id = d.message_id
     LEFT JOIN delivery_attempt a ON a.delivery_id = d.id LEFT JOIN webhook_destination t ON t.id = d.destination_id
     WHERE d.client_id = $1 GROUP BY d.url`,
    [client.id],
  );
  return Object.fromEntries(rows.map(({ path, counts }) => [new URL(path).pathname, counts]));
}

const countAll = async (): Promise<Record<string, number>> =>
  Object.fromEntries(
    await Promise.all(
      ['webhook_message', 'delivery', 'delivery_attempt', 'webhook_destination'].map(async (table) => {
        const rows = await harness.database.query<{ count: number }[]>(
          `SELECT count(*)::int AS count FROM ${table}`,
        );
        return [table, rows[0]!.count] as const;
      }),
    ),
  );

it('an event of 31 days ago goes with its deliveries, attempts and destination; what is young or undelivered stays', async () => {
  receiver.on('/undelivered', answer(500));
  const before = await countAll();
  for (const path of ['/old', '/undelivered', '/young']) await client.submit(receiver.url(path));
  await waitFor(
    async () => {
      const rows = await client.deliveries();
      return rows.length === 3 && rows.every(({ attempt, state }) => attempt === 1 && state !== 'DELIVERING');
    },
    { what: 'the attempts' },
  );
  const [oldEvent] = await harness.database.query<{ id: string }[]>(
    `SELECT message_id AS id FROM delivery WHERE url LIKE '%/old'`,
  );
  await harness.database.query(
    `UPDATE webhook_message SET created_at = now() - interval '31 days' WHERE id IN (
       SELECT message_id FROM delivery WHERE url NOT LIKE '%/young')`,
  );
  await harness.database.query(`UPDATE webhook_destination SET created_at = now() - interval '31 days'`);
  const second = await start();
  try {
    await waitFor(async () => !('/old' in (await kept())), { what: 'the old event to be removed' });
    expect(await kept()).toEqual({ '/undelivered': [1, 1, 1, 1], '/young': [1, 1, 1, 1] });
    await waitFor(async () => (await countAll())['webhook_destination'] === 2, { what: 'its destination' });
    expect(await countAll()).toEqual({
      webhook_message: before['webhook_message']! + 2,
      delivery: before['delivery']! + 2,
      delivery_attempt: before['delivery_attempt']! + 2,
      webhook_destination: before['webhook_destination']! + 2,
    });
    const { body } = await client.call('GET', '/v1/webhooks/deliveries');
    expect(body.data).toHaveLength(2);
    expect((await client.call('GET', `/v1/events?after=${oldEvent!.id}`)).status).toBe(410);
  } finally {
    await second.stop();
  }
});

it('a client that is removed leaves nothing of its callbacks', async () => {
  const before = await countAll();
  await client.call('POST', '/v1/webhooks/endpoints', { url: receiver.url('/left') });
  await client.submit(receiver.url('/also-left'));
  await client.allEnded(2);
  expect((await countAll())['delivery_attempt']).toBe(before['delivery_attempt']! + 2);
  await harness.database.query('DELETE FROM client WHERE id = $1', [client.id]);
  expect(await countAll()).toEqual(before);
});

it('an endpoint that is removed during an attempt is not called again', async () => {
  let finish = (): void => undefined;
  receiver.on('/removed', (_received, response) => {
    finish = () => response.writeHead(500).end();
  });
  const { body } = await client.call('POST', '/v1/webhooks/endpoints', { url: receiver.url('/removed') });
  await client.submit();
  await waitFor(() => receiver.at('/removed').length === 1, { what: 'the attempt' });
  await client.call('DELETE', `/v1/webhooks/endpoints/${String(body.id)}`);
  finish();
  await client.allEnded(1);
  expect((await client.deliveries())[0]).toMatchObject({ state: 'EXHAUSTED', failure: 'http_status' });
});
