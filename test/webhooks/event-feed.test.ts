import { emptyTestRedis, waitFor } from '../support/services';
import { createTestDatabase, TestDatabase } from '../support/test-database';
import { CallbackHarness } from './callback-harness';
import { TestReceiver } from './test-receiver';

/** More than one transaction of the fan-out takes. */
const BACKLOG = 300;

let database: TestDatabase;
let harness: CallbackHarness;
let receiver: TestReceiver;

beforeAll(async () => {
  database = await createTestDatabase();
  harness = await CallbackHarness.start({ databaseUrl: database.url, redisUrl: await emptyTestRedis() });
  receiver = await TestReceiver.start();
});

afterAll(async () => {
  await receiver.stop();
  await harness.stop();
  await database.drop();
});

it('shows the events of one client while a worker that cannot sign yet has a backlog of another', async () => {
  const [busy, reader] = [await harness.client(), await harness.client()];
  const { body: endpoint } = await reader.call('POST', '/v1/webhooks/endpoints', { url: receiver.url() });
  await harness.database.transaction(async (manager) => {
    // Nobody can be given a key. A lock that gives this transaction no number of its own, which would hold the feed back.
    await manager.query('LOCK TABLE webhook_secret IN SHARE MODE');
    // On another connection: it commits while the lock is held.
    await harness.database.query(
      `WITH ended AS (
         INSERT INTO job (id, client_id, type, state, request, parameters, max_failures, max_crashes, steps, deadline_at,
           result, finished_at, callback_url)
         SELECT uuid_v7(), $1, 'test.noop', 'COMPLETED', '{}', '{}', 1, 1, '{only}', now(), '{}', now(), $2
         FROM generate_series(1, ${BACKLOG}) RETURNING id
       )
       INSERT INTO job_event (job_id, client_id, type, round, attempt, terminal, data)
       SELECT id, $1, 'test.noop.completed', 0, 1, true, '{"status": "COMPLETED"}' FROM ended`,
      [busy.id, receiver.url('/busy')],
    );
    await waitFor(
      async () => {
        const [row] = await harness.database.query<{ waiting: boolean }[]>(
          `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
             AND query LIKE '%webhook_secret%') AS waiting`,
        );
        return row?.waiting;
      },
      { what: 'the worker to wait for the keys that sign' },
    );
    await reader.call('POST', `/v1/webhooks/endpoints/${endpoint.id}/test`);
    await waitFor(
      async () => (await reader.call('GET', '/v1/events')).body.data[0]?.type === 'webhook.test',
      { what: "the reader's event in its feed", timeoutMs: 10_000 },
    );
  });
  await busy.allEnded(BACKLOG);
});
