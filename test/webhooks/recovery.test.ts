import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../support/services';
import type { Json, TestClient } from './callback-harness';
import { callbackStory } from './callback-story';
import { answer } from './test-receiver';

/** What receivers missed, caught up by one call. */
const story = callbackStory({ CALLBACK_RETRY_SCHEDULE: '1s', LOG_LEVEL: 'error' });

const SINCE = '2020-01-01T00:00:00Z';
const OF_JOBS = { event_types: ['test.noop.*'] };

/** The events of the client's jobs, in the order of the feed, once there are so many. */
async function jobEvents(count: number, client = story.client): Promise<Json[]> {
  return waitFor(
    async () => {
      const events: Json[] = [];
      for (let after = ''; ;) {
        const { body } = await client.call('GET', `/v1/events?page_size=100&after=${after}`);
        events.push(...body.data.filter(({ type }: Json) => type === 'test.noop.completed'));
        if (body.next_cursor === null) break;
        after = body.next_cursor;
      }
      return events.length >= count && events;
    },
    { what: `${count} events of jobs` },
  );
}

async function submit(count: number, client = story.client): Promise<Json[]> {
  for (let index = 0; index < count; index += 20)
    await Promise.all(Array.from({ length: Math.min(20, count - index) }, () => client.submit()));
  return jobEvents(count, client);
}

const DELIVERED = `UPDATE delivery SET state = 'DELIVERED', failure = NULL WHERE client_id = $1`;

/** As if its attempts had been used up. */
async function giveUpAll(client = story.client): Promise<void> {
  await waitFor(async () => (await client.deliveries()).every(({ state }) => state === 'DELIVERED'), {
    what: 'all to be delivered',
  });
  await story.query(
    `UPDATE delivery SET state = 'EXHAUSTED', failure = 'http_error' WHERE client_id = $1 AND state = 'DELIVERED'`,
    [client.id],
  );
  story.receiver.ledger.length = 0;
}

async function accepted(path: string, body: object, client = story.client): Promise<Json> {
  const given = await client.call('POST', path, body);
  expect([given.status, given.body]).toEqual([202, expect.anything()]);
  expect(given.headers.get('location')).toBe(`/v1/jobs/${given.body.id}`);
  return given.body;
}

const recover = (endpointId: string, body: object = { since: SINCE }, client = story.client): Promise<Json> =>
  accepted(`/v1/webhooks/endpoints/${endpointId}/recover`, body, client);

const redeliver = (body: object): Promise<Json> => accepted('/v1/webhooks/deliveries/redeliver', body);

const jobNow = async (id: string, client: TestClient): Promise<Json> =>
  (await client.call('GET', `/v1/jobs/${id}`)).body;

async function ended({ id }: Json, client = story.client): Promise<Json> {
  return waitFor(
    async () => {
      const job = await jobNow(id, client);
      return job.finished_at !== null && job;
    },
    { what: `job ${id} to end`, timeoutMs: 30_000 },
  );
}

const idsAt = (path: string): unknown[] =>
  story.receiver.at(path).map(({ headers }) => headers['webhook-id']);
const ids = (events: Json[]): unknown[] => events.map(({ id }) => id);

describe('an endpoint is recovered', () => {
  it('in the order of the feed, with the same ids and bytes, by one call', async () => {
    const { id } = await story.register('/dead', { ...OF_JOBS, max_per_second: 10_000 });
    const events = await submit(150);
    await giveUpAll();
    await story.client.call('PATCH', `/v1/webhooks/endpoints/${id}`, { max_concurrency: 1 });
    const job = await ended(await recover(id));
    expect(job).toMatchObject({
      type: 'webhooks.recover',
      status: 'COMPLETED',
      progress: 100,
      result: { events: 150, resent: 150, delivered: 150, failed: 0, waiting: 0 },
    });
    expect(idsAt('/dead')).toEqual(ids(events));
    expect(story.receiver.at('/dead').map(({ body }) => body.toString())).toEqual(
      events.map(({ body }) => body),
    );
    // There is nothing left to recover, and what came anyway is not sent again.
    expect((await ended(await recover(id))).result).toMatchObject({ resent: 0 });
    const audited = await story.query<{ details: Json }[]>(
      `SELECT details FROM audit_entry WHERE action = 'delivery.resend_requested' AND client_id = $1 ORDER BY id`,
      [story.client.id],
    );
    expect(audited[0]!.details).toMatchObject({ job_id: job.id, endpoint_id: id, only: 'failed' });
  });

  it('whole, where the numbers of its feed get another digit', async () => {
    const { id } = await story.register('/digits', { ...OF_JOBS, max_concurrency: 1 });
    const events = await submit(4);
    await giveUpAll();
    await story.query(
      `UPDATE webhook_message m SET transaction_id = (99 + (n - 1) / 2)::text::xid8, position = 999999997 + n
       FROM unnest($1::uuid[]) WITH ORDINALITY AS e(id, n) WHERE m.id = e.id`,
      [ids(events)],
    );
    expect((await story.client.call('GET', '/v1/events?newest=true')).body.data).toMatchObject([
      { id: events.at(-1)?.['id'] },
    ]);
    expect((await ended(await recover(id))).result).toMatchObject({ events: 4, delivered: 4 });
    expect(idsAt('/digits')).toEqual(ids(events));
  });

  it('of what it never was to get, where that is asked for, and of nothing that it does not want', async () => {
    const events = await submit(12);
    await story.register('/other');
    const { id } = await story.register('/new', OF_JOBS);
    const all = await story.register('/all');
    await story.client.call('POST', `/v1/webhooks/endpoints/${id}/test`);
    await story.called('/new');
    story.receiver.ledger.length = 0;
    expect((await ended(await recover(id))).result).toMatchObject({ resent: 0 });
    const job = await ended(await recover(id, { since: SINCE, only: 'missing' }));
    expect(job.result).toMatchObject({ resent: 12, delivered: 12 });
    expect(idsAt('/new').sort()).toEqual(ids(events).sort());
    // Not the test event of the other one, though it wants all; nor what is about itself.
    await ended(await recover(all.id, { since: SINCE, only: 'missing' }));
    const types = story.receiver.at('/all').map(({ body }) => JSON.parse(body.toString()).type);
    expect(types).toContain('test.noop.completed');
    expect(types).not.toContain('webhook.test');
    const twice = await ended(await recover(id, { since: SINCE, only: 'missing' }));
    expect(twice.result).toMatchObject({ resent: 0 });
  });

  it('of all that happened in a window, and of nothing else', async () => {
    const { id } = await story.register('/window', OF_JOBS);
    const events: Json[] = [];
    for (let index = 0; index < 6; index += 1) {
      await story.client.submit();
      events.push((await jobEvents(index + 1)).at(-1));
      await waitFor(() => Date.now() > Date.parse(events.at(-1).timestamp), { what: 'another millisecond' });
    }
    await waitFor(() => story.receiver.at('/window').length === 6, { what: 'all of them' });
    await story.client.allEnded(6);
    story.receiver.ledger.length = 0;
    const since = events[2].timestamp;
    const until = events[4].timestamp;
    const failed = await ended(await recover(id, { since, until }));
    expect(failed.result).toMatchObject({ events: 2, resent: 0 });
    const job = await ended(await recover(id, { since, until, only: 'all' }));
    expect(job.result).toEqual({ events: 2, resent: 2, delivered: 2, failed: 0, waiting: 0 });
    expect(idsAt('/window').sort()).toEqual(ids(events.slice(2, 4)).sort());
  });

  it('once it works again, where it did not when it was asked for', async () => {
    story.receiver.on('/down', answer(503));
    const { id } = await story.register('/down', { ...OF_JOBS, max_concurrency: 1 });
    const events = await submit(8);
    await waitFor(async () => (await story.client.endpoint(id)).consecutive_failures >= 5, {
      what: 'its circuit to open',
    });
    const job = await ended(await recover(id));
    expect(job.status).toBe('COMPLETED');
    const { resent, delivered, failed, waiting } = job.result as Record<string, number>;
    expect([delivered, failed! + waiting!]).toEqual([0, resent]);
    story.receiver.on('/down', answer(204));
    await ended(await recover(id));
    await waitFor(async () => (await story.client.deliveries()).every(({ state }) => state === 'DELIVERED'), {
      what: 'all to be delivered',
      timeoutMs: 30_000,
    });
    expect(new Set(idsAt('/down'))).toEqual(new Set(ids(events)));
  });

  it('whole, once a transaction has ended that is older than some of it', async () => {
    const { id } = await story.register('/late', OF_JOBS);
    await submit(1);
    const held = await story.harness.database.transaction(async (open) => {
      await open.query('SELECT pg_current_xact_id()');
      await story.client.submit();
      await story.client.submit();
      await story.called('/late', 3);
      await giveUpAll();
      expect(await jobEvents(1)).toHaveLength(1);
      const job = await recover(id);
      await waitFor(async () => (await jobNow(job.id, story.client)).status === 'IN_PROGRESS', {
        what: 'the recovery to begin',
      });
      await sleep(1_000);
      expect((await jobNow(job.id, story.client)).finished_at).toBeNull();
      return job;
    });
    expect((await ended(held)).result).toMatchObject({ events: 3, delivered: 3 });
    expect(idsAt('/late')).toHaveLength(3);
  });

  it('until it is cancelled, no further than what is under way', async () => {
    const { id } = await story.register('/slow', { ...OF_JOBS, max_per_second: 10_000 });
    await submit(300);
    await giveUpAll();
    await story.client.call('PATCH', `/v1/webhooks/endpoints/${id}`, {
      max_per_second: 10,
      max_concurrency: 1,
    });
    const job = await recover(id);
    await story.called('/slow', 5);
    const running = await jobNow(job.id, story.client);
    expect(running.status).toBe('IN_PROGRESS');
    expect((await story.client.call('DELETE', `/v1/jobs/${job.id}`)).status).toBe(202);
    expect((await ended(job)).status).toBe('CANCELLED');
    const states = (await story.client.deliveries()).map(({ state }) => state);
    expect(states.filter((state) => state === 'EXHAUSTED').length).toBeGreaterThanOrEqual(300 - 256 - 1);
  });

  it.each(['failed', 'all'])('of %s from where it was, by another worker after a crash', async (only) => {
    const path = `/resumed-${only}`;
    const { id } = await story.register(path, { ...OF_JOBS, max_per_second: 10_000 });
    const events = await submit(150);
    await giveUpAll();
    if (only === 'all') await story.query(DELIVERED, [story.client.id]);
    await story.client.call('PATCH', `/v1/webhooks/endpoints/${id}`, {
      max_concurrency: 1,
      max_per_second: 100,
    });
    const job = await recover(id, { since: SINCE, only });
    await story.called(path, 40);
    // Its worker is taken to be dead; what that still does is fenced off.
    await story.query(
      `UPDATE job SET state = 'PENDING', lease_owner = NULL, lease_until = NULL, crashes = crashes + 1 WHERE id = $1`,
      [job.id],
    );
    const done = await ended(job);
    expect(done).toMatchObject({
      status: 'COMPLETED',
      attempt: 2,
      result: { events: 150, resent: 150, delivered: 150 },
    });
    expect(idsAt(path)).toEqual(ids(events));
  });

  it('in the order of the feed, whatever of it was given up, was delivered, or never was to be', async () => {
    const { id } = await story.register('/mixed', { ...OF_JOBS, max_per_second: 10_000 });
    const events = await submit(30);
    await giveUpAll();
    for (const [sql, ids] of [
      [DELIVERED + ' AND message_id = ANY($2)', events.filter((_, index) => index % 3 === 0)],
      [
        'DELETE FROM delivery WHERE client_id = $1 AND message_id = ANY($2)',
        events.filter((_, index) => index % 3 === 1),
      ],
    ] as const)
      await story.query(sql, [story.client.id, ids.map((event) => event.id)]);
    await story.client.call('PATCH', `/v1/webhooks/endpoints/${id}`, { max_concurrency: 1 });
    const job = await ended(await recover(id, { since: SINCE, only: 'all' }));
    expect(job.result).toMatchObject({ resent: 30, delivered: 30 });
    expect(idsAt('/mixed')).toEqual(ids(events));
  });

  it('by one at first, and by more once that one has ended', async () => {
    const { id } = await story.register('/asked', OF_JOBS);
    await submit(10);
    await giveUpAll();
    const unanswered: ServerResponse[] = [];
    story.receiver.on('/asked', (_received, response) => void unanswered.push(response));
    const job = await recover(id);
    await story.called('/asked');
    await story.othersAreDelivered();
    expect(unanswered.length).toBe(1);
    story.receiver.on('/asked', answer(204));
    unanswered[0]!.writeHead(204).end();
    expect((await ended(job)).result).toMatchObject({ resent: 10, delivered: 10 });
  });

  it('but for what was delivered, or made due, after it had been read', async () => {
    const { id } = await story.register('/read', OF_JOBS);
    const events = await submit(5);
    await giveUpAll();
    const unanswered: ServerResponse[] = [];
    story.receiver.on('/read', (_received, response) => void unanswered.push(response));
    const job = await recover(id);
    await story.called('/read');
    // All of them are read by now, and only the first was made due: the others wait until it has ended.
    const others = ids(events).filter((event) => event !== idsAt('/read')[0]);
    const becomes = (change: string, which: unknown[]): Promise<unknown> =>
      story.query(`UPDATE delivery SET ${change} WHERE client_id = $1 AND message_id = ANY($2)`, [
        story.client.id,
        which,
      ]);
    await becomes(`state = 'DELIVERED', failure = NULL`, others.slice(0, 2));
    await becomes(`state = 'PENDING', finished_at = NULL, failures = 0, due_at = '2999-01-01'`, [others[2]]);
    story.receiver.on('/read', answer(204));
    unanswered[0]!.writeHead(204).end();
    expect((await ended(job)).result).toMatchObject({ events: 5, resent: 2, delivered: 2 });
    expect(idsAt('/read')).toHaveLength(2);
    expect(idsAt('/read')[1]).toBe(others[3]);
  });

  it('with what was given up after it had been read', async () => {
    const { id } = await story.register('/given-up', OF_JOBS);
    const events = await submit(3);
    await giveUpAll();
    // As if they were between two attempts.
    await story.query(
      `UPDATE delivery SET state = 'PENDING', failures = 1, finished_at = NULL, due_at = '2999-01-01', give_up_at = '2999-01-01'
       WHERE client_id = $1`,
      [story.client.id],
    );
    const unanswered: ServerResponse[] = [];
    story.receiver.on('/given-up', (_received, response) => void unanswered.push(response));
    const job = await recover(id);
    await story.called('/given-up');
    await story.query(
      `UPDATE delivery SET state = 'EXHAUSTED', finished_at = now() WHERE client_id = $1 AND message_id <> $2`,
      [story.client.id, idsAt('/given-up')[0]],
    );
    story.receiver.on('/given-up', answer(204));
    unanswered[0]!.writeHead(204).end();
    expect((await ended(job)).result).toMatchObject({ resent: 3, delivered: 3 });
    expect(idsAt('/given-up').sort()).toEqual(ids(events).sort());
  });

  it('beside other jobs, of which it takes no slot', async () => {
    await story.withHarness({ JOB_CONCURRENCY: '1', LOG_LEVEL: 'error' }, async (harness) => {
      const client = await harness.client();
      const { id } = await story.register('/hanging', OF_JOBS, client);
      await submit(3, client);
      await waitFor(async () => (await client.deliveries()).every(({ state }) => state === 'DELIVERED'), {
        what: 'all to be delivered',
      });
      story.receiver.on('/hanging', () => undefined);
      const job = await recover(id, { since: SINCE, only: 'all' }, client);
      await story.called('/hanging', 4);
      await submit(6, client);
      expect(await jobNow(job.id, client)).toMatchObject({ status: 'IN_PROGRESS', result: null });
      story.receiver.on('/hanging', answer(204));
    });
  });

  it('never of what belongs to others, gets nothing, or makes no sense', async () => {
    const { id } = await story.register('/strict');
    const path = `/v1/webhooks/endpoints/${id}/recover`;
    const other = await story.harness.client();
    const refusal = async (body: object, client = story.client): Promise<unknown[]> => {
      const { status, body: problem } = await client.call('POST', path, body);
      return [status, problem.errors?.[0]?.field ?? problem.code];
    };
    expect(await refusal({ since: SINCE }, other)).toEqual([404, 'not_found']);
    expect(await refusal({})).toEqual([422, 'since']);
    expect(await refusal({ since: 'yesterday' })).toEqual([422, 'since']);
    expect(await refusal({ since: SINCE, until: SINCE })).toEqual([422, 'until']);
    expect(await refusal({ since: '2999-01-01' })).toEqual([422, 'until']);
    expect(await refusal({ since: SINCE, only: 'some' })).toEqual([422, 'only']);
    expect(await refusal({ since: SINCE, everything: true })).toEqual([422, 'everything']);
    await story.client.call('PATCH', `/v1/webhooks/endpoints/${id}`, { enabled: false });
    expect(await refusal({ since: SINCE })).toEqual([409, 'endpoint_not_enabled']);
  });
});

describe('deliveries are made again', () => {
  it('by their end, their endpoint and their type', async () => {
    const one = await story.register('/one', OF_JOBS);
    await story.register('/two', OF_JOBS);
    await Promise.all(['/own', '/own'].map((path) => story.client.submit(story.receiver.url(path))));
    const events = await jobEvents(2);
    await story.client.allEnded(6);
    story.receiver.ledger.length = 0;
    const again = async (filter: object): Promise<number> =>
      (await ended(await redeliver({ filter, since: SINCE }))).result.resent;
    expect(await again({})).toBe(0);
    expect(await again({ status: ['DELIVERED'], event_types: ['orders.*'] })).toBe(0);
    expect(await again({ status: ['DELIVERED'], endpoint_id: one.id, event_types: ['test.*'] })).toBe(2);
    expect(idsAt('/one').sort()).toEqual(ids(events).sort());
    expect([idsAt('/two'), idsAt('/own')]).toEqual([[], []]);
    await giveUpAll();
    expect(await again({})).toBe(6);
    expect(['/one', '/two', '/own'].map((path) => idsAt(path).sort())).toEqual(
      Array(3).fill(ids(events).sort()),
    );
  });

  it('never by what is not theirs, or no filter', async () => {
    const { id } = await story.register('/mine');
    const other = await story.harness.client();
    const path = '/v1/webhooks/deliveries/redeliver';
    const refusal = async (body: object): Promise<unknown[]> => {
      const { status, body: problem } = await other.call('POST', path, body);
      return [status, problem.errors?.[0]?.field ?? problem.code];
    };
    expect(await refusal({ filter: { endpoint_id: id }, since: SINCE })).toEqual([404, 'not_found']);
    expect(await refusal({ since: SINCE })).toEqual([422, 'filter']);
    expect(await refusal({ filter: { status: ['PENDING'] }, since: SINCE })).toEqual([422, 'filter.status']);
    expect(await refusal({ filter: { event_types: ['*x'] }, since: SINCE })).toEqual([
      422,
      'filter.event_types',
    ]);
  });
});
