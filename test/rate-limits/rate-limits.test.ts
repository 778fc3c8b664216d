import { randomUUID } from 'node:crypto';
import { Scope } from '../../src/clients/scope';
import { waitFor } from '../support/services';
import { TestApp } from '../support/test-app';
import { DEMO_KEY } from '../support/test-config';
import { countsInRedis } from './shared-count';

// Where Redis, or this machine, stands still for a moment, an application begins to count by itself; not here.
jest.mock('../../src/rate-limits/redis-patience', () => ({ REDIS_PATIENCE_MS: 60_000 }));

const PERIOD = { start_date: '2016-01-01', end_date: '2017-01-01' };
const REPORTS = '/v1/orders/reports';
const apps: TestApp[] = [];

/** An API with limits of the test's own; nothing works on its jobs. */
async function api(variables: NodeJS.ProcessEnv, shared?: TestApp): Promise<TestApp> {
  const app = await TestApp.start({ ROLE: 'api', ...variables }, shared);
  apps.push(app);
  await countsInRedis(app);
  return app;
}

afterEach(async () => {
  for (const app of apps.splice(0).reverse()) await app.stop();
});

const statuses = (answers: { status: number }[]): number[] => answers.map(({ status }) => status);

async function times(count: number, call: () => Promise<{ status: number }>): Promise<number[]> {
  const seen: number[] = [];
  for (let index = 0; index < count; index += 1) seen.push((await call()).status);
  return seen;
}

describe('limits by key', () => {
  it('tell what is left, and refuse with a problem that says when to come back', async () => {
    const app = await api({ RATE_LIMIT_OTHER: '2' });
    const list = () => app.call('GET', REPORTS);
    const [first, second, third] = [await list(), await list(), await list()];
    expect(first.headers.get('ratelimit-policy')).toBe('"other";q=2;w=60');
    expect(first.headers.get('ratelimit')).toMatch(/^"other";r=1;t=(60|5\d)$/);
    expect(second.headers.get('ratelimit')).toMatch(/^"other";r=0;t=\d+$/);
    expect(statuses([first, second, third])).toEqual([200, 200, 429]);
    const retryAfter = Number(third.headers.get('retry-after'));
    expect(third.headers.get('ratelimit')).toBe(`"other";r=0;t=${retryAfter}`);
    expect(retryAfter).toBeGreaterThan(30);
    expect(retryAfter).toBeLessThanOrEqual(60);
    expect(third.headers.get('content-type')).toContain('application/problem+json');
    expect(third.body).toMatchObject({
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
      status: 429,
      code: 'quota_exceeded',
      'violated-policies': ['other'],
    });
  });

  it('are apart for each policy and for each key', async () => {
    const app = await api({ RATE_LIMIT_SUBMIT: '1', RATE_LIMIT_OTHER: '1', MAX_JOBS_IN_FLIGHT: '9' });
    const { key } = await app.client('other');
    const submit = (by: string) => app.call('POST', REPORTS, { key: by, body: PERIOD });
    const accepted = await submit(DEMO_KEY);
    expect(accepted.headers.get('ratelimit-policy')).toBe('"submit";q=1;w=60');
    expect((await submit(DEMO_KEY)).status).toBe(429);
    expect((await submit(key)).status).toBe(202);
    expect(await times(2, () => app.call('GET', REPORTS))).toEqual([200, 429]);
    const status = await app.call('GET', `${REPORTS}/status/${accepted.body.id}`);
    expect([status.status, status.headers.get('ratelimit-policy')]).toEqual([200, '"poll";q=812;w=60']);
  });

  it('hold for all processes together', async () => {
    const one = await api({ RATE_LIMIT_OTHER: '3' });
    const two = await api({ RATE_LIMIT_OTHER: '3' }, one);
    expect(await times(2, () => one.call('GET', REPORTS))).toEqual([200, 200]);
    expect(await times(2, () => two.call('GET', REPORTS))).toEqual([200, 429]);
  });

  it('are told to all processes while they are far, too', async () => {
    const one = await api({ RATE_LIMIT_OTHER: '200' });
    const two = await api({ RATE_LIMIT_OTHER: '200' }, one);
    await Promise.all(Array.from({ length: 60 }, () => one.call('GET', REPORTS)));
    let own = 0;
    await waitFor(
      async () => {
        own += 1;
        const { headers } = await two.call('GET', REPORTS);
        return Number(/r=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1]) <= 140 - own;
      },
      { what: 'the requests of the other process to count' },
    );
    expect(own).toBeLessThan(60);
  });

  it('never touch a client that polls as Retry-After tells it', async () => {
    const app = await api({ MAX_JOBS_IN_FLIGHT: '3', RATE_LIMIT_POLL: '75', RATE_LIMIT_SUBMIT: '3' });
    const jobs = await Promise.all([1, 2, 3].map(() => app.call('POST', REPORTS, { body: PERIOD })));
    expect(statuses(jobs)).toEqual([202, 202, 202]);
    // The densest that Retry-After allows within one window: each job at its beginning, at its end, and each second between.
    for (let second = 0; second <= 60; second += 1) {
      const polls = await Promise.all(
        jobs.map(({ body }, index) =>
          app.call('GET', index === 0 ? `/v1/jobs/${body.id}` : `${REPORTS}/status/${body.id}`),
        ),
      );
      expect(statuses(polls)).toEqual([200, 200, 200]);
      for (const { headers } of polls) expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    }
  });

  it('do not tell a 303 that nothing is left', async () => {
    const app = await api({ MAX_JOBS_IN_FLIGHT: '1', RATE_LIMIT_POLL: '75', RATE_LIMIT_SUBMIT: '1' });
    const { body } = await app.call('POST', REPORTS, { body: PERIOD });
    await app.dataSource.query(
      `UPDATE job SET state = 'COMPLETED', finished_at = now(), started_at = now(), result = '{}' WHERE id = $1`,
      [body.id],
    );
    const poll = () => app.call('GET', `${REPORTS}/status/${body.id}`);
    const seen = [];
    for (let count = 0; count < 78; count += 1) seen.push(await poll());
    const last = seen[76]!;
    expect(seen[75]!.headers.get('ratelimit')).toMatch(/^"poll";r=1;/);
    expect([last.status, last.headers.get('ratelimit')]).toEqual([303, null]);
    expect(last.headers.get('ratelimit-policy')).toBe('"poll";q=77;w=60');
    expect(seen[77]!.status).toBe(429);
  });
});

describe('the limit by address', () => {
  it('ends the guessing of keys before the database is asked, and leaves known keys alone', async () => {
    const app = await api({ RATE_LIMIT_ADDRESS: '3' });
    expect((await app.call('GET', REPORTS)).status).toBe(200);
    const guess = () => app.call('GET', REPORTS, { key: randomUUID() });
    expect(await times(3, guess)).toEqual([401, 401, 429]);
    expect((await app.call('GET', REPORTS, { key: null })).body).toMatchObject({
      status: 429,
      'violated-policies': ['address'],
    });
    expect((await app.call('GET', REPORTS)).status).toBe(200);
  });

  it('does not count the probes of the platform', async () => {
    const app = await api({ RATE_LIMIT_ADDRESS: '1' });
    const probe = () => app.call('GET', '/health/live', { key: null });
    expect(await times(3, probe)).toEqual([200, 200, 200]);
    expect((await probe()).headers.get('ratelimit')).toBeNull();
  });

  it('believes only trusted proxies about the address', async () => {
    const guessFrom = (app: TestApp, address: string) =>
      app.call('GET', REPORTS, { key: null, headers: { 'X-Forwarded-For': address } });
    const direct = await api({ RATE_LIMIT_ADDRESS: '1' });
    expect(statuses([await guessFrom(direct, '192.0.2.1'), await guessFrom(direct, '192.0.2.2')])).toEqual([
      401, 429,
    ]);
    const behind = await api({ RATE_LIMIT_ADDRESS: '1', TRUSTED_PROXIES: '127.0.0.0/8' });
    const answers = [];
    for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.2'])
      answers.push(await guessFrom(behind, address));
    expect(statuses(answers)).toEqual([401, 401, 429]);
  });
});

describe('the quota of jobs in flight', () => {
  it('admits as many as it says, however many come at once, and more when one has ended', async () => {
    const app = await api({ MAX_JOBS_IN_FLIGHT: '3' });
    const submit = (headers = {}) => app.call('POST', REPORTS, { body: PERIOD, headers });
    const kept = await submit({ 'Idempotency-Key': 'kept' });
    const burst = await Promise.all(Array.from({ length: 12 }, () => submit()));
    expect(statuses(burst).filter((status) => status === 202)).toHaveLength(2);
    const refused = burst.find(({ status }) => status !== 202)!;
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(refused.body).toMatchObject({
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
      code: 'too_many_jobs',
      'violated-policies': ['jobs-in-flight'],
    });

    const again = await submit({ 'Idempotency-Key': 'kept' });
    expect([again.status, again.body.id]).toEqual([202, kept.body.id]);
    const { key } = await app.client('another', [Scope.Reports]);
    expect((await app.call('POST', REPORTS, { key, body: PERIOD })).status).toBe(202);

    await app.call('DELETE', `/v1/jobs/${kept.body.id}`);
    expect(statuses([await submit(), await submit()])).toEqual([202, 429]);
  });
});
