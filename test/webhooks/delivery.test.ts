import { Webhook } from 'standardwebhooks';
import { newId } from '../../src/common/ids';
import { DeliveryWorkerService } from '../../src/webhooks/deliveries/delivery-worker.service';
import { collectWarnings } from '../support/log-lines';
import { MortalRedis } from '../support/mortal-redis';
import { freePort, waitFor } from '../support/services';
import { createTestDatabase } from '../support/test-database';
import { AUTHORITY, certificate } from './certificates';
import { CallbackHarness, Json } from './callback-harness';
import { NOOP_ARTIFACT } from './noop-job';
import { answer, TestReceiver } from './test-receiver';
import { callbackStory } from './callback-story';

/** So long that none ends by a stall of the machine: what is to hang does it in a harness of its own. */
const TIMEOUT_MS = 30_000;

/** What fake timers stand in for. */
const TIMERS = [
  ...([
    'Date',
    'hrtime',
    'nextTick',
    'performance',
    'queueMicrotask',
    'setImmediate',
    'clearImmediate',
  ] as const),
  ...(['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] as const),
];

const story = callbackStory({
  CALLBACK_RETRY_SCHEDULE: '1s,1s',
  CALLBACK_TIMEOUT_SECONDS: String(TIMEOUT_MS / 1_000),
});

describe('a callback_url', () => {
  it('gets the completed job once, in the documented body', async () => {
    const job = await story.client.submit(story.receiver.url());
    const received = await waitFor(() => story.receiver.at()[0], { what: 'the callback' });
    expect(received.method).toBe('POST');
    expect(received.headers['content-type']).toBe('application/json');
    expect(JSON.parse(received.body.toString())).toEqual({
      type: 'test.noop.completed',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      status: 'COMPLETED',
      links: [{ rel: 'reports', href: `${story.harness.config.publicUrl}/v1/orders/reports/${job.id}` }],
      data: {
        id: job.id,
        status: 'COMPLETED',
        round: 0,
        metadata: {},
        tags: [],
        artifact: { ...NOOP_ARTIFACT, expires_at: expect.stringMatching(/Z$/) },
      },
    });
    await story.client.allEnded(1);
    expect(story.receiver.at()).toHaveLength(1);
  });

  it('gets a failure too', async () => {
    const job = await story.client.submit(story.receiver.url(), { fail: true });
    const received = await waitFor(() => story.receiver.at()[0], { what: 'the callback' });
    expect(JSON.parse(received.body.toString())).toMatchObject({
      type: 'test.noop.failed',
      status: 'FAILED',
      links: [
        { rel: 'status', href: `${story.harness.config.publicUrl}/v1/orders/reports/status/${job.id}` },
      ],
      data: {
        id: job.id,
        status: 'FAILED',
        error: { code: 'invalid_file', retryable: false, step: 'only', attempt: 1 },
      },
    });
  });
});

describe('a job that is cancelled', () => {
  const cancel = async (id: string): Promise<Json> =>
    (await story.client.call('DELETE', `/v1/jobs/${id}`)).body;

  it('notifies its callback_url, in the documented body', async () => {
    const job = await story.client.submit(story.receiver.url('/cancelled'), { untilCancelled: true });
    await waitFor(
      async () => (await story.client.call('GET', `/v1/jobs/${job.id}`)).body.status === 'IN_PROGRESS',
      { what: 'the job to run' },
    );
    await cancel(job.id);
    const received = await waitFor(() => story.receiver.at('/cancelled')[0], { what: 'the callback' });
    expect(JSON.parse(received.body.toString())).toEqual({
      type: 'test.noop.cancelled',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      status: 'CANCELLED',
      links: [
        { rel: 'status', href: `${story.harness.config.publicUrl}/v1/orders/reports/status/${job.id}` },
      ],
      data: { id: job.id, status: 'CANCELLED', metadata: {}, tags: [], round: 0 },
    });
    await story.client.allEnded(1);
    expect(story.receiver.at('/cancelled')).toHaveLength(1);
  });

  it('in a process that does not deliver wakes a worker, which does not wait for its next poll', async () => {
    const own = await createTestDatabase();
    // Nobody else takes its wake-ups.
    const redis = await MortalRedis.start();
    const services = { databaseUrl: own.url, redisUrl: redis.url };
    const api = await CallbackHarness.start(services, { ROLE: 'api' });
    const worker = await CallbackHarness.start(services, { ROLE: 'worker', JOB_CONCURRENCY: '1' });
    try {
      // From here on it fans nothing out unless it is woken.
      await worker.app.get(DeliveryWorkerService)['fanOutLoop'].stop();
      story.client = await api.client();
      const running = await story.client.submit(undefined, { untilCancelled: true });
      await waitFor(
        async () => (await story.client.call('GET', `/v1/jobs/${running.id}`)).body.status === 'IN_PROGRESS',
        { what: 'the first job to run' },
      );
      const waiting = await story.client.submit(story.receiver.url('/woken'));
      expect(await cancel(waiting.id)).toMatchObject({ status: 'CANCELLED' });
      await waitFor(() => story.receiver.at('/woken')[0], { what: 'the callback' });
      await cancel(running.id);
    } finally {
      await worker.stop();
      await api.stop();
      await redis.stop();
      await own.drop();
    }
  });
});

describe('the log of deliveries', () => {
  it('is narrowed by each of its filters', async () => {
    story.receiver.on('/fails', answer(500));
    const endpoint = await story.register('/registered', { event_types: ['test.noop.failed'] });
    const good = await story.client.submit(story.receiver.url('/works'));
    const bad = await story.client.submit(story.receiver.url('/fails'));
    const failed = await story.client.submit(undefined, { fail: true });
    await story.client.allEnded(3);
    const log = async (query = ''): Promise<Json[]> =>
      (await story.client.call('GET', `/v1/webhooks/deliveries${query}`)).body.data;
    const jobsOf = async (query: string): Promise<string[]> =>
      (await log(query)).map(({ job_id }) => job_id).sort();
    const all = await log();
    expect(all).toHaveLength(3);
    const eventOf = (id: string): string => all.find(({ job_id }) => job_id === id).event_id;
    expect(await jobsOf('?status=EXHAUSTED')).toEqual([bad.id]);
    expect(await jobsOf('?status=DELIVERED')).toEqual([good.id, failed.id].sort());
    expect(await jobsOf('?status=PENDING,DELIVERING')).toEqual([]);
    expect(await jobsOf('?status=EXHAUSTED&status=DELIVERED')).toHaveLength(3);
    expect(await jobsOf(`?event_id=${eventOf(good.id)}`)).toEqual([good.id]);
    expect(await jobsOf(`?job_id=${bad.id}`)).toEqual([bad.id]);
    expect(await jobsOf(`?endpoint_id=${endpoint.id}`)).toEqual([failed.id]);
    expect(await jobsOf(`?job_id=${bad.id}&status=DELIVERED`)).toEqual([]);
    expect(await jobsOf(`?event_id=${newId()}`)).toEqual([]);
  });
});

describe('an attempt that fails', () => {
  it('is repeated with the same id and the same bytes, each signed anew, until one succeeds', async () => {
    let attempts = 0;
    story.receiver.on('/flaky', (received, response, request) =>
      answer((attempts += 1) < 3 ? 500 : 204)(received, response, request),
    );
    const { body: secret } = await story.client.call('POST', '/v1/webhooks/signing-secret/rotate');
    await story.client.submit(story.receiver.url('/flaky'));
    await story.client.allEnded(1);
    const received = story.receiver.at('/flaky');
    expect(received).toHaveLength(3);
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(received.map(({ digest }) => digest)).size).toBe(1);
    // The signature covers the timestamp, which counts whole seconds: two attempts may share both.
    const timestamps = new Set(received.map(({ headers }) => headers['webhook-timestamp']));
    expect(timestamps.size).toBeGreaterThanOrEqual(2);
    expect(new Set(received.map(({ headers }) => headers['webhook-signature'])).size).toBe(timestamps.size);
    for (const { headers, body } of received) {
      expect(
        new Webhook(secret.secret).verify(body.toString(), headers as Record<string, string>),
      ).toBeTruthy();
    }
    expect(received[1]!.at - received[0]!.at).toBeGreaterThanOrEqual(790);
    const [delivery] = await story.client.deliveries();
    const { body: view } = await story.client.call('GET', `/v1/webhooks/deliveries/${delivery!.id}`);
    expect(view).toMatchObject({ status: 'DELIVERED', attempts: 3, failure: null, next_attempt_at: null });
    expect(view.attempt_log.map(({ outcome, status }: Json) => [outcome, status])).toEqual([
      ['http_status', 500],
      ['http_status', 500],
      ['delivered', 204],
    ]);
  });

  it('is given up when the schedule is used up, and can be delivered again', async () => {
    story.receiver.on('/broken', answer(500, {}, 'out of order'));
    await story.client.submit(story.receiver.url('/broken'));
    await story.client.allEnded(1);
    const [delivery] = await story.client.deliveries();
    expect(delivery).toMatchObject({ state: 'EXHAUSTED', attempt: 3, failure: 'http_status' });
    story.receiver.on('/broken', answer(204));
    const again = await story.client.call('POST', `/v1/webhooks/deliveries/${delivery!.id}/redeliver`);
    expect(again.status).toBe(202);
    await waitFor(() => story.receiver.at('/broken').length === 4, { what: 'the redelivery' });
    await story.client.allEnded(1);
    expect((await story.client.deliveries())[0]).toMatchObject({ state: 'DELIVERED', attempt: 4 });
    expect(
      new Set(
        story.receiver
          .at('/broken')
          .map(({ headers, digest }) => `${String(headers['webhook-id'])} ${digest}`),
      ).size,
    ).toBe(1);
    const { body: view } = await story.client.call('GET', `/v1/webhooks/deliveries/${delivery!.id}`);
    expect(view.attempt_log[0].response).toBe('out of order');
  });

  it.each([
    ['seconds', (): string => '3'],
    ['a date', (): string => new Date(Date.now() + 4_000).toUTCString()],
  ])('waits as long as Retry-After says in %s', async (_form, retryAfter) => {
    let attempts = 0;
    story.receiver.on('/busy', (received, response, request) =>
      answer((attempts += 1) === 1 ? 503 : 204, { 'retry-after': retryAfter() })(received, response, request),
    );
    await story.client.submit(story.receiver.url('/busy'));
    await story.client.allEnded(1);
    const [first, second] = story.receiver.at('/busy');
    expect(second!.at - first!.at).toBeGreaterThanOrEqual(2_900);
  });

  describe.each([
    ['five minutes late', -300_000],
    ['five minutes early', 300_000],
  ])('is repeated at its time by a worker that is %s', (_how, errorMs) => {
    /** That of the receiver and of the database. */
    const rightTime = (): number => performance.timeOrigin + performance.now();

    beforeEach(() => {
      const doNotFake = TIMERS.filter((name) => name !== 'Date');
      jest.useFakeTimers({ doNotFake, now: rightTime() + errorMs, advanceTimers: true });
    });
    afterEach(() => jest.useRealTimers());

    it.each([
      ['its schedule', (): Record<string, string> => ({}), 120],
      [
        'a date',
        (): Record<string, string> => ({ 'retry-after': new Date(rightTime() + 600_000).toUTCString() }),
        600,
      ],
    ])('as %s says', async (_form, headers, seconds) => {
      story.receiver.on('/clock', (...given) => answer(500, headers())(...given));
      await story.withHarness({ CALLBACK_RETRY_SCHEDULE: '2m,2m' }, async (wrong) => {
        const owner = await wrong.client();
        await owner.submit(story.receiver.url('/clock'));
        const delivery = await waitFor(
          async () => (await owner.deliveries()).find(({ failure }) => failure !== null),
          { what: 'the first attempt to be stored' },
        );
        const [due] = await wrong.database.query<{ seconds: number }[]>(
          `SELECT extract(epoch FROM due_at - now())::float8 AS seconds FROM delivery WHERE id = $1`,
          [delivery.id],
        );
        // A fifth of the pause by chance, and nothing of the five minutes.
        expect(Math.abs(due!.seconds - seconds)).toBeLessThan(60);
        const { body } = await owner.call('GET', `/v1/webhooks/deliveries/${delivery.id}`);
        expect(body.status).toBe('PENDING');
        expect(body.attempt_log[0].next_attempt_at).toBe(body.next_attempt_at);
        expect(Math.abs(Date.parse(body.next_attempt_at) - rightTime() - 1_000 * seconds)).toBeLessThan(
          60_000,
        );
      });
    });
  });

  it('looks the same to the owner of an unregistered URL, whether it is refused or times out', async () => {
    story.receiver.on('/hang', () => undefined);
    await story.withHarness(
      { CALLBACK_RETRY_SCHEDULE: '1s,1s', CALLBACK_TIMEOUT_SECONDS: '2' },
      async (hasty) => {
        const owner = await hasty.client();
        await owner.submit(story.receiver.url('/hang'));
        await owner.submit(`http://127.0.0.1:${await freePort()}/hook`);
        await owner.allEnded(2);
        const views = await Promise.all(
          (await owner.deliveries()).map(
            async ({ id }) => (await owner.call('GET', `/v1/webhooks/deliveries/${id}`)).body,
          ),
        );
        for (const view of views) {
          expect(view).toMatchObject({ status: 'EXHAUSTED', failure: 'unreachable' });
          for (const attempt of view.attempt_log) {
            expect(attempt).toMatchObject({
              outcome: 'unreachable',
              status: null,
              address: null,
              timings: null,
              detail: null,
            });
          }
        }
      },
    );
  });
});

describe('an attempt whose worker stopped', () => {
  it('is made again, and the late outcome of the first changes nothing', async () => {
    let finishFirst = (): void => undefined;
    let attempts = 0;
    story.receiver.on('/slow', (_received, response) => {
      attempts += 1;
      if (attempts > 1) response.writeHead(204).end();
      else finishFirst = () => response.writeHead(410).end();
    });
    const own = await createTestDatabase();
    const services = { databaseUrl: own.url, redisUrl: story.redisUrl };
    // With time for the first attempt to be found abandoned before it is over by itself.
    const worker = await CallbackHarness.start(services);
    const reader = await CallbackHarness.start(services, { ROLE: 'api' });
    const submitter = await reader.client();
    const warnings = collectWarnings();
    try {
      await submitter.submit(story.receiver.url('/slow'));
      await waitFor(() => attempts === 1, { what: 'the first attempt' });
      await reader.database.query(`UPDATE delivery SET lease_until = now() - interval '1 s'`);
      await waitFor(() => attempts === 2, { what: 'the second attempt' });
      await submitter.allEnded(1);
      finishFirst();
    } finally {
      warnings.restore();
      // Ends only when every attempt under way is over and its outcome written, or dropped.
      await worker.stop();
    }
    const [delivery] = await submitter.deliveries();
    expect(delivery).toMatchObject({ state: 'DELIVERED', attempt: 2 });
    const { body: view } = await submitter.call('GET', `/v1/webhooks/deliveries/${delivery!.id}`);
    expect(view.attempt_log.map(({ outcome }: Json) => outcome)).toEqual(['interrupted', 'delivered']);
    expect(warnings.lines).toContainEqual({
      message: `Attempt 1 of delivery ${delivery!.id} was taken back from a worker that stopped.`,
      delivery_id: delivery!.id,
      job_id: view.job_id,
      request_id: null,
    });
    expect(new Set(story.receiver.at('/slow').map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    await reader.stop();
    await own.drop();
  });
});

describe('an endpoint', () => {
  const register = async (path: string): Promise<string> => {
    const body = await story.register(path);
    expect(body.status).toBe('enabled');
    return body.id as string;
  };

  it('that answers 410 is disabled and called no more, until its owner enables it', async () => {
    const id = await register('/gone');
    story.receiver.on('/gone', answer(410));
    await story.client.submit();
    await story.client.allEnded(1);
    expect(await story.client.endpoint(id)).toMatchObject({ status: 'disabled', disabled_reason: 'gone' });
    await story.client.submit();
    const feed = await story.client.feed(3);
    expect(feed.map(({ type }: Json) => type)).toContain('webhook.endpoint.disabled');
    expect(story.receiver.at('/gone')).toHaveLength(1);
    story.receiver.on('/gone', answer(204));
    await story.client.call('PATCH', `/v1/webhooks/endpoints/${id}`, { enabled: true });
    await story.client.submit();
    await waitFor(() => story.receiver.at('/gone').length === 2, {
      what: 'the callback after it was enabled',
    });
  });

  it('whose key cannot be opened fails alone: the others are called, and it is tried again', async () => {
    const id = await register('/sealed');
    await register('/open');
    const rows = await story.query<{ sealed: Buffer }[]>(
      'SELECT sealed FROM webhook_secret WHERE endpoint_id = $1',
      [id],
    );
    await story.query(`UPDATE webhook_secret SET sealed = '\\x00' WHERE endpoint_id = $1`, [id]);
    await story.client.submit();
    await waitFor(() => story.receiver.at('/open')[0], { what: 'the callback to the other' });
    await waitFor(
      async () =>
        (await story.client.deliveries()).some(
          ({ url, failure }) => url.endsWith('/sealed') && failure === 'internal',
        ),
      { what: 'the failure' },
    );
    await story.query('UPDATE webhook_secret SET sealed = $2 WHERE endpoint_id = $1', [id, rows[0]!.sealed]);
    await story.client.allEnded(2);
    expect(story.receiver.at('/sealed')).toHaveLength(1);
  });

  it('that fails is left alone, probed by one request at a time, and gets what waited from the oldest on when it recovers', async () => {
    const id = await register('/ill');
    let ill = true;
    let under = 0;
    /** Of each request after its recovery: how many were under way. */
    const together: number[] = [];
    story.receiver.on('/ill', (_received, response) => {
      under += 1;
      if (!ill) together.push(under);
      setTimeout(() => {
        under -= 1;
        response.writeHead(ill ? 500 : 204).end();
      }, 10);
    });
    for (let index = 0; index < 5; index += 1) await story.client.submit();
    await waitFor(async () => (await story.client.endpoint(id)).consecutive_failures >= 5, {
      what: 'the circuit to open',
    });
    for (let index = 0; index < 15; index += 1) await story.client.submit();
    await waitFor(async () => (await story.client.deliveries()).length === 20, { what: 'the deliveries' });
    // Longer than its circuit: what is done to its deliveries shall meet no probe.
    await story.query(`UPDATE webhook_destination SET paused_until = now() + interval '1 h' WHERE id = $1`, [
      id,
    ]);
    await waitFor(
      async () => (await story.client.deliveries()).every(({ state }) => state !== 'DELIVERING'),
      {
        what: 'the last probe to end',
      },
    );
    // However long that took: the circuit lets through one after the other, each after twice the time.
    expect(story.receiver.at('/ill').length).toBeLessThan(20);
    await story.query(
      `UPDATE delivery SET failures = 0, state = 'PENDING', finished_at = NULL, due_at = now() WHERE client_id = $1`,
      [story.client.id],
    );
    ill = false;
    await story.query('UPDATE webhook_destination SET paused_until = now() WHERE id = $1', [id]);
    await story.client.allEnded(20);
    // The probe, then one alone, and with each success one more, up to what it may have.
    expect(together.slice(0, 2)).toEqual([1, 1]);
    expect(Math.max(...together)).toBeLessThanOrEqual(8);
    expect(Math.max(...together)).toBeGreaterThan(1);
    expect(await story.client.endpoint(id)).toMatchObject({
      status: 'enabled',
      consecutive_failures: 0,
      failing_since: null,
    });
    const inOrder = (await story.client.feed(20)).map((event: Json) => event.id);
    const drained = story.receiver
      .at('/ill')
      .slice(-19)
      .map(({ headers }) => headers['webhook-id']);
    // None overtakes more of them than are under way at once.
    const waited = inOrder.filter((each: string) => drained.includes(each));
    expect(drained).toHaveLength(19);
    for (const [place, each] of drained.entries())
      expect(Math.abs(waited.indexOf(String(each)) - place)).toBeLessThan(8);
    expect(drained[0]).toBe(waited[0]);
  });
});

describe('destinations', () => {
  it('do not move each other: one that hangs delays no other', async () => {
    story.receiver.on('/stuck', () => undefined);
    for (let index = 0; index < 30; index += 1) await story.client.submit(story.receiver.url('/stuck'));
    await waitFor(() => story.receiver.at('/stuck').length >= 5, { what: 'the other to hang' });
    const other = await story.harness.client();
    for (let index = 0; index < 10; index += 1) {
      const job = await other.submit(story.receiver.url('/fast'));
      // Long before anything of the other's has timed out.
      const received = await waitFor(() => story.receiver.at('/fast')[index], {
        what: 'the callback',
        timeoutMs: TIMEOUT_MS / 2,
      });
      expect(JSON.parse(received.body.toString()).data.id).toBe(job.id);
    }
    // Never more at once than one destination may have.
    const [{ most }] = (await story.query<{ most: number }[]>(
      `SELECT count(*)::int AS most FROM delivery WHERE client_id = $1 AND state = 'DELIVERING'`,
      [story.client.id],
    )) as [{ most: number }];
    expect(most).toBeLessThanOrEqual(8);
  });

  it('get no more in a second than they want', async () => {
    const body = await story.register('/calm', { max_per_second: 5 });
    expect(body.max_per_second).toBe(5);
    const pausedUntil = (time: string): Promise<unknown> =>
      story.query(`UPDATE webhook_destination SET paused_until = ${time} WHERE id = $1`, [body.id]);
    await pausedUntil(`now() + interval '1 h'`);
    for (let index = 0; index < 15; index += 1) await story.client.submit();
    await waitFor(async () => (await story.client.deliveries()).length === 15, { what: 'the deliveries' });
    const from = Date.now();
    await pausedUntil('now()');
    await story.client.allEnded(15);
    // Five at once, then five a second.
    expect(story.receiver.at('/calm').at(-1)!.at - from).toBeGreaterThanOrEqual(1_900);
  });
});

describe('mutual TLS', () => {
  it('is spoken with an endpoint that asks for it, under an authority of its own', async () => {
    const secure = await TestReceiver.start({
      ...certificate('server'),
      ca: AUTHORITY,
      requestCert: true,
      rejectUnauthorized: true,
    });
    const ours = certificate('client');
    const tls = { certificate_authority: AUTHORITY, client_certificate: ours.cert, client_key: ours.key };
    const { body } = await story.client.call('POST', '/v1/webhooks/endpoints', { url: secure.url(), ...tls });
    expect(body).toMatchObject({ status: 'enabled', client_certificate: ours.cert });
    expect(JSON.stringify(body)).not.toContain('PRIVATE KEY');
    await story.client.submit();
    await waitFor(() => secure.at()[0], { what: 'the callback by TLS' });
    const without = await story.client.call('PATCH', `/v1/webhooks/endpoints/${body.id}`, {
      client_certificate: null,
      client_key: null,
    });
    expect(without.body.client_certificate).toBeNull();
    await story.client.submit();
    await waitFor(async () => (await story.client.deliveries()).at(-1)?.failure, { what: 'the refusal' });
    expect(secure.at()).toHaveLength(1);
    await secure.stop();
  });
});

describe('a receiver that asks for a long rest', () => {
  it('gets what waits for it after that, and so does what comes in the meantime', async () => {
    story.receiver.on('/resting', answer(503, { 'retry-after': '3600' }));
    const { id } = await story.register('/resting');
    await story.client.submit();
    await story.client.submit();
    await waitFor(
      async () => (await story.client.deliveries()).some(({ failure }) => failure === 'throttled'),
      {
        what: 'the first outcome',
      },
    );
    await story.client.submit();
    await waitFor(async () => (await story.client.deliveries()).length === 3, { what: 'the third delivery' });
    // Late by their own time: they are kept for as long as it rests, and somewhat longer.
    await story.query(
      `UPDATE delivery SET give_up_at = now() - interval '1 s' WHERE endpoint_id = $1 AND state = 'PENDING'`,
      [id],
    );
    const left = async (): Promise<number[]> =>
      (
        await story.query<{ left: number }[]>(
          `SELECT extract(epoch FROM give_up_at - now())::int AS left FROM delivery
           WHERE endpoint_id = $1 AND state = 'PENDING'`,
          [id],
        )
      ).map((row) => row.left);
    await waitFor(async () => (await left()).every((seconds) => seconds > 3_600), { what: 'all to be kept' });
    expect(await left()).toHaveLength(3);
  });
});

describe('a URL that is no endpoint', () => {
  it('shows by no time whether it is closed or silent', async () => {
    story.receiver.on('/silent', () => undefined);
    await story.withHarness(
      { CALLBACK_RETRY_SCHEDULE: '1s,1s', CALLBACK_TIMEOUT_SECONDS: '2' },
      async (hasty) => {
        const owner = await hasty.client();
        await owner.submit(story.receiver.url('/silent'));
        await owner.submit(`http://127.0.0.1:${await freePort()}/closed`);
        await owner.allEnded(2);
        const waits = await Promise.all(
          (await owner.deliveries()).map(async ({ id }) =>
            (await owner.call('GET', `/v1/webhooks/deliveries/${id}`)).body.attempt_log
              .filter((each: Json) => each.next_attempt_at !== null)
              .map((each: Json) => Date.parse(each.next_attempt_at) - Date.parse(each.started_at)),
          ),
        );
        expect(waits.flat()).toHaveLength(4);
        // Two seconds until the one that is silent is given up, and for the closed one too; then 0.8 s at least.
        for (const wait of waits.flat() as number[]) expect(wait).toBeGreaterThanOrEqual(2_700);
      },
    );
  });
});
