import { freePort, waitFor } from '../support/services';
import type { Json } from './callback-harness';
import { callbackStory } from './callback-story';
import { answer } from './test-receiver';

/** Events about deliveries that were given up, and about receivers that work again. */
const story = callbackStory({
  CALLBACK_RETRY_SCHEDULE: '1s',
  CALLBACK_TIMEOUT_SECONDS: '1',
  LOG_LEVEL: 'error',
});

const EXHAUSTED = 'webhook.delivery.exhausted';
const RECOVERED = 'webhook.endpoint.recovered';
const OF_JOBS = { event_types: ['test.noop.*'] };
const OF_WEBHOOKS = { event_types: ['webhook.*'] };

const dataAt = (path: string): Json[] =>
  story.receiver.at(path).map(({ body }) => JSON.parse(body.toString()));

/** So many deliveries there are at least, and nothing is left that could become an event, or be delivered. */
const settled = (deliveries: number): Promise<unknown> =>
  waitFor(
    async () => {
      const [counts] = await story.query<{ all: number; open: number; queued: number }[]>(
        `SELECT count(*)::int AS all, count(*) FILTER (WHERE finished_at IS NULL)::int AS open,
           (SELECT count(*)::int FROM exhausted_delivery) AS queued
         FROM delivery WHERE client_id = $1`,
        [story.client.id],
      );
      return counts!.all >= deliveries && counts!.open === 0 && counts!.queued === 0;
    },
    { what: 'all to end', timeoutMs: 30_000 },
  );

/** All events of this client of a type, once nothing more can come. */
async function eventsOf(type: string, deliveries: number): Promise<Json[]> {
  await settled(deliveries);
  // An event is in the feed once every transaction that began before its own has ended.
  const [{ written }] = await story.query<[{ written: number }]>(
    'SELECT count(*)::int AS written FROM webhook_message WHERE client_id = $1',
    [story.client.id],
  );
  return (await story.client.feed(written)).filter((event: Json) => event.type === type);
}

const openCircuit = (endpointId: string): Promise<unknown> =>
  story.query(
    `UPDATE webhook_destination SET failures = 5, failing_since = '2026-01-01T00:00:00Z' WHERE endpoint_id = $1`,
    [endpointId],
  );

describe('a delivery that was given up', () => {
  it('is an event, in the feed and at the other endpoints', async () => {
    story.receiver.on('/broken', answer(500));
    const { id } = await story.register('/broken', { event_types: ['*'] });
    await story.register('/watching', OF_WEBHOOKS);
    await story.register('/elsewhere', OF_JOBS);
    const job = await story.client.submit();
    await story.called('/watching');
    const [event, ...more] = await eventsOf(EXHAUSTED, 3);
    expect(more).toEqual([]);
    const delivery = (await story.client.deliveries()).find(({ state }) => state === 'EXHAUSTED')!;
    const given = await story.client.delivery(delivery.id);
    expect(event).toMatchObject({ job_id: job.id, timestamp: given.finished_at });
    expect(JSON.parse(event.body)).toEqual({
      type: EXHAUSTED,
      timestamp: given.finished_at,
      data: {
        delivery_id: delivery.id,
        event_id: given.event_id,
        event_type: 'test.noop.completed',
        endpoint_id: id,
        job_id: job.id,
        attempts: 2,
        failure: 'http_status',
      },
    });
    const [callback, ...others] = story.receiver.at('/watching');
    expect(others).toEqual([]);
    expect([callback!.headers['webhook-id'], callback!.body.toString()]).toEqual([event.id, event.body]);
    // What it is about does not get it, whatever it wants; nor does who does not want it.
    expect(new Set(dataAt('/broken').map(({ type }) => type))).toEqual(new Set(['test.noop.completed']));
    expect(dataAt('/elsewhere').map(({ type }) => type)).toEqual(['test.noop.completed']);
    // Made again, and given up again, it is another one.
    expect((await story.client.call('POST', `/v1/webhooks/deliveries/${delivery.id}/redeliver`)).status).toBe(
      202,
    );
    await story.called('/watching', 2);
    expect(dataAt('/watching').map(({ data }) => [data.delivery_id, data.attempts])).toEqual([
      [delivery.id, 2],
      [delivery.id, 4],
    ]);
  });

  it('is no event again, when that event cannot be delivered either', async () => {
    for (const path of ['/dead-1', '/dead-2']) {
      story.receiver.on(path, answer(500));
      await story.register(path);
    }
    await story.client.submit();
    await settled(4);
    const types = (await story.client.feed(3)).map(({ type }) => type);
    expect(types.toSorted()).toEqual(['test.noop.completed', EXHAUSTED, EXHAUSTED]);
    expect(await eventsOf(EXHAUSTED, 4)).toHaveLength(2);
    expect((await story.client.deliveries()).map(({ state }) => state)).toEqual(Array(4).fill('EXHAUSTED'));
  });

  it('to the callback_url of a job reveals no more than its log does', async () => {
    await story.register('/owner', OF_WEBHOOKS);
    story.receiver.on('/unwanted', answer(410));
    await story.client.submit(`http://127.0.0.1:${await freePort()}/`);
    await story.client.submit(story.receiver.url('/unwanted'));
    await story.called('/owner', 2);
    const failures = dataAt('/owner').map(({ data }) => [data.endpoint_id, data.attempts, data.failure]);
    expect(failures.toSorted()).toEqual([
      [null, 1, 'gone'],
      [null, 2, 'unreachable'],
    ]);
  });

  it('is for those endpoints whose tags its job has', async () => {
    story.receiver.on('/broken', answer(500));
    await story.register('/broken', OF_JOBS);
    await story.register('/of-tag', { ...OF_WEBHOOKS, tags: ['urgent'] });
    await story.register('/of-all', OF_WEBHOOKS);
    await story.client.submit();
    const tagged = await story.client.submit(undefined, {}, ['urgent', 'other']);
    expect(await eventsOf(EXHAUSTED, 5)).toHaveLength(2);
    expect(story.receiver.at('/of-all')).toHaveLength(2);
    expect(dataAt('/of-tag').map(({ data }) => data.job_id)).toEqual([tagged.id]);
  });

  it('is none where its owner, or the receiver itself, wants nothing any more', async () => {
    const gone = await story.register('/gone', OF_JOBS);
    const off = await story.register('/off', OF_JOBS);
    const removed = await story.register('/removed', OF_JOBS);
    const test = await story.register('/tested', { event_types: ['none.of.it'] });
    story.receiver.on('/gone', answer(410));
    for (const path of ['/off', '/removed', '/tested']) story.receiver.on(path, answer(503));
    for (const { id } of [off, removed])
      await story.query(
        `UPDATE webhook_destination SET paused_until = now() + interval '1 h' WHERE endpoint_id = $1`,
        [id],
      );
    await story.client.submit();
    expect((await story.client.call('POST', `/v1/webhooks/endpoints/${test.id}/test`)).status).toBe(202);
    await waitFor(async () => (await story.client.endpoint(gone.id)).disabled_reason === 'gone', {
      what: 'the 410',
    });
    await story.client.call('PATCH', `/v1/webhooks/endpoints/${off.id}`, { enabled: false });
    await story.client.call('DELETE', `/v1/webhooks/endpoints/${removed.id}`);
    await story.query('UPDATE delivery SET give_up_at = now() WHERE endpoint_id = $1', [off.id]);
    expect(await eventsOf(EXHAUSTED, 4)).toEqual([]);
    const ends = (await story.client.deliveries()).map(({ state, failure }) => `${state} ${failure}`);
    expect(ends.toSorted()).toEqual(
      ['endpoint_removed', 'gone', 'null', 'throttled'].map((failure) => `EXHAUSTED ${failure}`),
    );
  });

  it('among thousands becomes an event like each of them, a few in one transaction', async () => {
    const { id } = await story.register('/resting', OF_JOBS);
    await story.query(
      `UPDATE webhook_destination SET paused_until = now() + interval '1 h', failures = 5 WHERE endpoint_id = $1`,
      [id],
    );
    await story.client.submit();
    await waitFor(async () => (await story.client.deliveries()).length === 1, { what: 'the delivery' });
    const copies = `WITH copies AS (SELECT uuid_v7() AS id FROM generate_series(1, 999)), written AS (
        INSERT INTO webhook_message (id, client_id, type, body, occurred_at)
        SELECT copies.id, client_id, type, body, occurred_at FROM copies, webhook_message WHERE client_id = $1 RETURNING id
      ) INSERT INTO delivery (id, message_id, client_id, destination_id, endpoint_id, url, give_up_at)
        SELECT uuid_v7(), written.id, client_id, destination_id, endpoint_id, url, give_up_at
        FROM written, delivery WHERE client_id = $1`;
    await story.query(copies, [story.client.id]);
    await story.query('UPDATE delivery SET give_up_at = now() WHERE client_id = $1', [story.client.id]);
    await settled(1_000);
    const transactions = await story.query<{ events: number }[]>(
      `SELECT count(*)::int AS events FROM webhook_message WHERE client_id = $1 AND type = $2 GROUP BY transaction_id`,
      [story.client.id, EXHAUSTED],
    );
    const counts = transactions.map(({ events }) => events);
    expect(counts.reduce((sum, events) => sum + events, 0)).toBe(1_000);
    expect(Math.max(...counts)).toBeLessThanOrEqual(128);
    // None was tried.
    const [{ body }] = await story.query<[{ body: Buffer }]>(
      'SELECT body FROM webhook_message WHERE client_id = $1 AND type = $2 LIMIT 1',
      [story.client.id, EXHAUSTED],
    );
    expect(JSON.parse(body.toString()).data).toMatchObject({ attempts: 0, failure: null });
  });
});

describe('an endpoint that works again', () => {
  it('is an event, once for each time that its circuit was open', async () => {
    const { id, url } = await story.register('/flaky');
    await story.register('/watching', OF_WEBHOOKS);
    story.receiver.on('/flaky', answer(500));
    const job = (): Promise<unknown> => story.client.submit();
    await Promise.all(Array.from({ length: 5 }, job));
    const state = (): Promise<Json> => story.client.endpoint(id);
    await waitFor(async () => (await state()).consecutive_failures >= 5, { what: 'its circuit to open' });
    const { failing_since } = await state();
    story.receiver.on('/flaky', answer(204));
    await job();
    await waitFor(async () => (await state()).consecutive_failures === 0, {
      what: 'a success',
      timeoutMs: 30_000,
    });
    const [event, ...more] = await eventsOf(RECOVERED, 7);
    expect(more).toEqual([]);
    expect(JSON.parse(event.body)).toEqual({
      type: RECOVERED,
      timestamp: event.timestamp,
      data: { endpoint_id: id, url, failing_since },
    });
    // One failure opens no circuit.
    story.receiver.on('/flaky', (_received, response) => {
      story.receiver.on('/flaky', answer(204));
      response.writeHead(500).end();
    });
    const before = story.receiver.at('/flaky').length;
    await job();
    await story.called('/flaky', before + 2);
    expect(await eventsOf(RECOVERED, 8)).toHaveLength(1);
    const notified = story.receiver.at('/watching').filter(({ body }) => body.includes(RECOVERED));
    expect(notified.map(({ headers, body }) => [headers['webhook-id'], body.toString()])).toEqual([
      [event.id, event.body],
    ]);
    // It wants everything, and what is about itself it knows.
    expect(dataAt('/flaky').map(({ type }) => type)).not.toContain(RECOVERED);
  });

  it('since it was notified of the recovery of another notifies nobody in turn', async () => {
    const one = await story.register('/one', { event_types: ['test.noop.*', RECOVERED] });
    const other = await story.register('/other', { event_types: [RECOVERED] });
    await openCircuit(one.id);
    await openCircuit(other.id);
    await story.client.submit();
    await story.called('/other');
    const events = await eventsOf(RECOVERED, 2);
    expect((await story.client.endpoint(other.id)).consecutive_failures).toBe(0);
    expect(events.map(({ body }) => JSON.parse(body).data.endpoint_id)).toEqual([one.id]);
  });
});
