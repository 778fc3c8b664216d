import { waitFor } from '../support/services';
import { callbackStory } from './callback-story';

/** More than one transaction of the fan-out takes. */
const BACKLOG = 300;

const story = callbackStory();

it('shows the events of one client while a worker that cannot sign yet has a backlog of another', async () => {
  const [busy, reader] = [await story.harness.client(), await story.harness.client()];
  const endpoint = await story.register('/hook', {}, reader);
  await story.harness.database.transaction(async (manager) => {
    // Nobody can be given a key. A lock that gives this transaction no number of its own, which would hold the feed back.
    await manager.query('LOCK TABLE webhook_secret IN SHARE MODE');
    // On another connection: it commits while the lock is held.
    await story.query(
      `WITH ended AS (
         INSERT INTO job (id, client_id, type, state, request, parameters, max_failures, max_crashes, steps, deadline_at,
           result, finished_at, callback_url)
         SELECT uuid_v7(), $1, 'test.noop', 'COMPLETED', '{}', '{}', 1, 1, '{only}', now(), '{}', now(), $2
         FROM generate_series(1, ${BACKLOG}) RETURNING id
       )
       INSERT INTO job_event (job_id, client_id, type, round, attempt, terminal, data)
       SELECT id, $1, 'test.noop.completed', 0, 1, true, '{"status": "COMPLETED"}' FROM ended`,
      [busy.id, story.receiver.url('/busy')],
    );
    await waitFor(
      async () => {
        const [row] = await story.query<{ waiting: boolean }[]>(
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
