import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { OrderReports, VerificationError, verifyDeliveryProof } from '../../sdk/src/index.ts';
import { waitFor } from '../support/services';
import { ApiAnswer, Json } from './callback-harness';
import { callbackStory } from './callback-story';

/** What became of the events of a window, signed. */
const story = callbackStory({ LOG_LEVEL: 'error' });

const DAY = { since: '2026-01-01T00:00:00.000Z', until: '2026-01-02T00:00:00.000Z' };

/** Events of that day, as many as there are minutes given, written to the feed when they happened or so much later. */
async function eventsAt(
  minutes: number[],
  { lateMinutes = 0, clientId = story.client.id } = {},
): Promise<string[]> {
  const rows = await story.query<{ id: string }[]>(
    `INSERT INTO webhook_message (id, client_id, type, body, occurred_at, created_at)
     SELECT uuid_v7(), $1, 'test.noop.completed', '{}', at, at + make_interval(mins => $3) FROM (
       SELECT $4::timestamptz + make_interval(mins => minute) AS at
       FROM unnest($2::int[]) WITH ORDINALITY AS u(minute, place) ORDER BY place) times
     RETURNING id`,
    [clientId, minutes, lateMinutes, DAY.since],
  );
  return rows.map(({ id }) => id);
}

const proofPath = (endpointId: string, { since, until } = DAY): string =>
  `/v1/webhooks/endpoints/${endpointId}/proof?since=${since}&until=${until}`;

const proofOf = (endpointId: string, window = DAY): Promise<ApiAnswer> =>
  story.client.call('GET', proofPath(endpointId, window));

const jwksOf = async (endpointId: string): Promise<Json> =>
  (await story.client.call('GET', `/.well-known/jwks.json?endpoint_id=${endpointId}`)).body;

/** By `jose` in a process of its own. */
async function verifiedByJose(endpointId: string): Promise<Json> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(__dirname, 'verify-proof.mjs'),
    story.harness.url + proofPath(endpointId),
    `${story.harness.url}/.well-known/jwks.json?endpoint_id=${endpointId}`,
    story.client.key,
  ]);
  return JSON.parse(stdout);
}

it('names every event of a window and what became of it, and verifies with jose alone', async () => {
  const { id } = await story.register('/proven', { event_types: ['test.*'] });
  const [before] = await eventsAt([-1]);
  const all = await eventsAt([0, 1, 2, 3, 4, 5]);
  const [late, lateOutside] = [
    await eventsAt([700], { lateMinutes: 4_000 }),
    await eventsAt([1440], { lateMinutes: 90 }),
  ];
  await eventsAt([1440]);
  const other = await story.harness.client();
  await eventsAt([1], { clientId: other.id });
  const [delivered, failed, waiting, missing, unwanted, erased] = all;
  await story.query(
    `INSERT INTO delivery (id, message_id, client_id, destination_id, endpoint_id, url, state, due_at, give_up_at, finished_at)
     SELECT uuid_v7(), m.id, $1, $2, $2, 'http://127.0.0.1/', m.state, now() + interval '1 h', now() + interval '1 d', m.at
     FROM (VALUES ($3::uuid, 'DELIVERED', $6::timestamptz), ($4, 'EXHAUSTED', $6), ($5, 'PENDING', NULL)) AS m(id, state, at)`,
    [story.client.id, id, delivered, failed, waiting, '2026-01-03T00:00:00Z'],
  );
  await story.query(`UPDATE webhook_message SET type = 'orders.report.failed' WHERE id = $1`, [unwanted]);
  await story.query(`UPDATE webhook_message SET body = NULL WHERE id = $1`, [erased]);
  const { payload, protectedHeader, type } = await verifiedByJose(id);
  const at = '2026-01-03T00:00:00.000Z';
  expect(type).toContain('application/jose');
  expect(payload).toEqual({
    iss: story.harness.config.publicUrl,
    sub: id,
    iat: expect.any(Number),
    url: story.receiver.url('/proven'),
    event_types: ['test.*'],
    tags: [],
    ...DAY,
    complete: false,
    counts: { delivered: 1, failed: 1, pending: 1, missing: 2, not_selected: 1, erased: 1 },
    events: [
      { id: delivered, outcome: 'delivered', at },
      { id: failed, outcome: 'failed', at },
      { id: waiting, outcome: 'pending', at: null },
      { id: missing, outcome: 'missing', at: null },
      { id: unwanted, outcome: 'not_selected', at: null },
      { id: erased, outcome: 'erased', at: null },
      // Written days after it happened; and the ones before and after the window are of no concern.
      { id: late[0], outcome: 'missing', at: null },
    ],
  });
  expect([before, lateOutside[0]].every((each) => !JSON.stringify(payload).includes(String(each)))).toBe(
    true,
  );
  const { keys } = await jwksOf(id);
  expect(keys.map(({ kid }: Json) => kid)).toEqual([protectedHeader.kid]);
  // The key signs no callback of an endpoint that did not ask for it.
  await story.client.submit();
  await story.called('/proven');
  expect(story.receiver.at('/proven')[0]!.headers['webhook-signature']).toMatch(/^v1,[^ ]+$/);
});

/** Something that is to be an event. */
async function happens(what: string): Promise<void> {
  if (what.includes('job')) {
    const job = await story.client.submit();
    const state = async (): Promise<Json> => (await story.client.call('GET', `/v1/jobs/${job.id}`)).body;
    await waitFor(async () => (await state()).status === 'COMPLETED', { what: 'the job to end' });
    return;
  }
  for (const change of [
    `state = 'PENDING', finished_at = NULL, due_at = 'infinity'`,
    `state = 'EXHAUSTED', finished_at = now()`,
  ])
    await story.query(`UPDATE delivery SET ${change} WHERE client_id = $1`, [story.client.id]);
}

it.each(['of a job that has just ended', 'of a delivery that was just given up'])(
  'waits for an event %s, which is not in the feed yet',
  async (what) => {
    const { id } = await story.register('/written');
    await story.client.submit();
    await story.client.allEnded(1);
    const since = new Date(Date.now() - 60_000).toISOString();
    // Nobody can write an event meanwhile.
    const writer = story.harness.database.createQueryRunner();
    await writer.startTransaction();
    let until: string;
    try {
      await writer.query('LOCK TABLE webhook_message IN SHARE MODE');
      await happens(what);
      const from = Date.now();
      await waitFor(() => Date.now() > from, { what: 'another millisecond' });
      until = new Date().toISOString();
      const early = await proofOf(id, { since, until });
      expect([early.status, early.body.code, early.headers.get('retry-after')]).toEqual([
        503,
        'window_not_written',
        '1',
      ]);
    } finally {
      await writer.commitTransaction();
      await writer.release();
    }
    await waitFor(async () => (await proofOf(id, { since, until })).status === 200, { what: 'the proof' });
  },
);

it('says that a window is complete once it is recovered, by the SDK from end to end', async () => {
  const client = new OrderReports({ baseUrl: story.harness.url, apiKey: story.client.key });
  const since = new Date(Date.now() - 60_000).toISOString();
  await story.client.submit();
  await story.client.submit();
  const events = await story.client.feed(2);
  const { id } = await story.register('/complete', { event_types: ['test.*'] });
  const window = { since, until: new Date(Date.parse(events[1].timestamp) + 1).toISOString() };
  const { proof: before } = await client.webhooks.proof(id, window);
  expect([before.complete, before.counts.missing]).toEqual([false, 2]);
  const job = await (await client.webhooks.recover(id, { since, only: 'missing' })).done();
  expect(job.result).toMatchObject({ resent: 2, delivered: 2 });
  const { proof, jws } = await client.webhooks.proof(id, window);
  expect(proof).toMatchObject({ complete: true, counts: { delivered: 2, missing: 0 } });
  expect(proof.events.map((event) => event.id)).toEqual(events.map((event) => event.id));

  const keys = await jwksOf(id);
  const refused = (given: string, set = keys, expected: object = {}): Promise<unknown> =>
    verifyDeliveryProof(given, set, { endpointId: id, ...expected }).then(
      () => 'verified',
      (error: unknown) => error instanceof VerificationError,
    );
  expect(await refused(jws)).toBe('verified');
  const [head = '', body = '', signature = ''] = jws.split('.');
  const changed = Buffer.from(JSON.stringify({ ...proof, complete: false })).toString('base64url');
  const hmac = Buffer.from(JSON.stringify({ alg: 'none', kid: keys.keys[0].kid })).toString('base64url');
  const forgeries = [
    `${head}.${changed}.${signature}`,
    `${hmac}.${body}.`,
    `${head}.${body}.${Buffer.alloc(64).toString('base64url')}`,
    `${head}.${body}`,
    `${jws}.${body}`,
    'nothing',
    '',
  ];
  expect(await Promise.all(forgeries.map((each) => refused(each)))).toEqual(forgeries.map(() => true));
  expect(await refused(jws, { keys: [] })).toBe(true);
  expect(await refused(jws, keys, { endpointId: story.client.id })).toBe(true);
  expect(await refused(jws, keys, { until: DAY.until })).toBe(true);
});

it('is refused where it would say too much, too early, or of others', async () => {
  const { id } = await story.register('/bounded', { event_types: ['test.*'] });
  await eventsAt(Array.from({ length: 10_000 }, (_, index) => index % 1_000));
  expect((await proofOf(id)).status).toBe(200);
  await eventsAt([1_001]);
  expect((await proofOf(id)).body).toMatchObject({ code: 'window_too_large', errors: [{ field: 'until' }] });
  expect((await proofOf(id, { ...DAY, until: '2026-01-01T10:00:00Z' })).status).toBe(200);
  const refusal = async (window: typeof DAY): Promise<unknown> => {
    const { status, body } = await proofOf(id, window);
    return [status, body.errors[0].field];
  };
  expect(await refusal({ ...DAY, until: DAY.since })).toEqual([422, 'until']);
  expect(await refusal({ ...DAY, until: '2999-01-01' })).toEqual([422, 'until']);
  expect(await refusal({ ...DAY, since: 'yesterday' })).toEqual([400, 'since']);
  const other = await story.harness.client();
  expect((await other.call('GET', proofPath(id))).status).toBe(404);
});
