import { newId } from '../../src/common/ids';
import type { DataSource } from 'typeorm';
import { waitFor } from '../support/services';
import { createTestDatabase } from '../support/test-database';
import { CallbackHarness, Json, TestClient } from './callback-harness';
import { callbackStory } from './callback-story';

const SETTINGS = { CALLBACK_RETRY_SCHEDULE: '1s,1s', CALLBACK_TIMEOUT_SECONDS: '60', LOG_LEVEL: 'error' };

/** More than one transaction of the fan-out takes. */
const BACKLOG = 300;

const story = callbackStory(SETTINGS);

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

describe('GET /v1/events', () => {
  it('reads the same ids and bytes as were called back, in pages, and refuses an event that is not kept', async () => {
    for (let index = 0; index < 5; index += 1) await story.client.submit(story.receiver.url());
    await story.client.allEnded(5);
    await story.client.feed(5);
    const read: Json[] = [];
    for (let after: string | null = ''; after !== null;) {
      const { body } = await story.client.call('GET', `/v1/events?page_size=2&after=${after}`);
      read.push(...body.data);
      after = body.next_cursor;
    }
    expect(read).toHaveLength(5);
    const byId = new Map(
      story.receiver.at().map(({ headers, body }) => [headers['webhook-id'], body.toString()]),
    );
    for (const { id, body } of read) expect(byId.get(id)).toBe(body);
    expect((await story.client.call('GET', `/v1/events?after=${read.at(-1).id}`)).body).toEqual({
      data: [],
      next_cursor: null,
    });
    expect((await story.client.call('GET', `/v1/events?after=${story.client.id}`)).status).toBe(410);
    expect((await story.client.call('GET', '/v1/events?after=x')).status).toBe(400);
  });

  it('does not pass a transaction that is still open: what it will write comes later, and nothing is skipped', async () => {
    const open = story.harness.database.createQueryRunner();
    await open.startTransaction();
    const hidden = newId();
    await open.query(
      `INSERT INTO webhook_message (id, client_id, type, body, occurred_at) VALUES ($1, $2, 'test', 'x', now())`,
      [hidden, story.client.id],
    );
    await story.client.submit(story.receiver.url());
    await waitFor(() => story.receiver.at()[0], { what: 'the callback' });
    expect((await story.client.call('GET', '/v1/events')).body.data).toEqual([]);
    await open.commitTransaction();
    await open.release();
    const read = await story.client.feed(2);
    expect(read.map(({ id }) => id)).toEqual([hidden, story.receiver.at()[0]!.headers['webhook-id']]);
  });
});

describe('the feed without a cursor', () => {
  it('begins at the oldest event for a reader who has no id yet', async () => {
    const job = await story.client.submit();
    const { status, body } = await waitFor(
      async () => {
        const answered = await story.client.call('GET', '/v1/events?after=');
        return (answered.status !== 200 || answered.body.data.length > 0) && answered;
      },
      { what: 'the event' },
    );
    expect([status, body.data?.[0]?.job_id]).toEqual([200, job.id]);
    expect((await story.client.call('GET', '/v1/events?after=x')).status).toBe(400);
  });
});

describe('the newest event of the feed', () => {
  it('is where a reader begins who wants what happens from now on', async () => {
    const newest = async (): Promise<Json> => (await story.client.call('GET', '/v1/events?newest=true')).body;
    expect(await newest()).toEqual({ data: [], next_cursor: null });
    for (let count = 1; count <= 2; count += 1) {
      const job = await story.client.submit();
      const last = (await story.client.feed(count)).at(-1);
      expect(last.job_id).toBe(job.id);
      expect(await newest()).toEqual({ data: [last], next_cursor: null });
    }
    const { status, body } = await story.client.call(
      'GET',
      `/v1/events?newest=true&after=${story.client.id}`,
    );
    expect([status, body.errors?.[0].field]).toEqual([400, 'newest']);
  });
});

describe('an owner who disables and enables an endpoint', () => {
  it('reads both in the feed', async () => {
    const { id } = await story.register('/switched');
    await story.client.call('PATCH', `/v1/webhooks/endpoints/${id}`, { enabled: false });
    await story.client.call('PATCH', `/v1/webhooks/endpoints/${id}`, { enabled: true, description: 'x' });
    await story.client.call('PATCH', `/v1/webhooks/endpoints/${id}`, { enabled: true });
    expect((await story.client.feed(2)).map(({ type }) => type)).toEqual([
      'webhook.endpoint.disabled',
      'webhook.endpoint.enabled',
    ]);
  });
});

describe('a dump that was restored into another cluster', () => {
  it('keeps the order of the events, hides none, and what happens next comes after them', async () => {
    const own = await createTestDatabase();
    const first = await CallbackHarness.start({ databaseUrl: own.url, redisUrl: story.redisUrl }, SETTINGS);
    const reader = await first.client('restored');
    for (let index = 0; index < 5; index += 1) await reader.submit(story.receiver.url('/restored'));
    await reader.allEnded(5);
    // Of jobs alone: no other start can open the secret of the first, and says so of what it gives up.
    const feed = async (of: TestClient, count: number, after = ''): Promise<string[]> =>
      (await of.feed(count, after)).flatMap(({ id, type }) => (type === 'test.noop.completed' ? [id] : []));
    const before = await feed(reader, 5);
    expect(before).toHaveLength(5);
    await first.database.query(
      `UPDATE webhook_message SET transaction_id = (transaction_id::text::bigint + 1000000)::text::xid8`,
    );
    expect(await feed(reader, 0)).toEqual([]);
    const versionsOf = (database: DataSource): Promise<unknown[]> =>
      database.query('SELECT id, xmin, ctid, transaction_id FROM webhook_message ORDER BY id');
    const versions = await versionsOf(first.database);
    await first.stop();
    const second = await CallbackHarness.start({ databaseUrl: own.url, redisUrl: story.redisUrl }, SETTINGS);
    const again = await second.client('restored');
    // However many there were: the start rewrote none of them.
    expect(await versionsOf(second.database)).toEqual(versions);
    expect(await feed(again, 5)).toEqual(before);
    await again.submit(story.receiver.url('/restored'));
    await again.allEnded(6);
    const after = await feed(again, 1, before.at(-1));
    expect(after).toHaveLength(1);
    expect(await feed(again, 6)).toEqual([...before, ...after]);
    await second.stop();
    // A third start has nothing to mend, and one after another restore begins above what is there by then.
    const third = await CallbackHarness.start({ databaseUrl: own.url, redisUrl: story.redisUrl }, SETTINGS);
    expect(await feed(await third.client('restored'), 6)).toEqual([...before, ...after]);
    await third.database.query(
      `UPDATE webhook_message SET transaction_id = (transaction_id::text::bigint + 1000000)::text::xid8`,
    );
    await third.stop();
    const fourth = await CallbackHarness.start({ databaseUrl: own.url, redisUrl: story.redisUrl }, SETTINGS);
    const last = await fourth.client('restored');
    await last.submit(story.receiver.url('/restored'));
    await last.allEnded(7);
    const all = await feed(last, 7);
    expect(all.slice(0, 6)).toEqual([...before, ...after]);
    await fourth.stop();
    await own.drop();
  });
});
