import { Logger } from '@nestjs/common';
import type Redis from 'ioredis';
import { randomUUID } from 'node:crypto';
import { newApiKey } from '../../src/clients/api-key';
import { JobsService } from '../../src/jobs/jobs.service';
import { RateLimitStorageService } from '../../src/rate-limits/rate-limit-storage.service';
import { ConfiguredKeysService } from '../../src/clients/configured-keys.service';
import { Scope } from '../../src/clients/scope';
import { waitFor } from '../support/services';
import { TestApp } from '../support/test-app';
import { DEMO_KEY } from '../support/test-config';
import { countsInRedis } from './shared-count';

const PERIOD = { start_date: '2016-01-01', end_date: '2017-01-01' };
const REPORTS = '/v1/orders/reports';
const apps: TestApp[] = [];

/** An API with limits of the test's own; nothing works on its jobs. */
async function api(variables: NodeJS.ProcessEnv, shared?: TestApp): Promise<TestApp> {
  const app = await TestApp.start({ ROLE: 'api', ...variables }, shared);
  apps.push(app);
  await countsInRedis(app);
  // Where Redis, or this machine, stands still for a moment, an application begins to count by itself; not here.
  app.app.get(RateLimitStorageService, { strict: false })['redis']!.options.commandTimeout = 60_000;
  return app;
}

afterEach(async () => {
  jest.restoreAllMocks();
  for (const app of apps.splice(0).reverse()) await app.stop();
});

const statuses = (answers: { status: number }[]): number[] => answers.map(({ status }) => status);

async function times(count: number, call: () => Promise<{ status: number }>): Promise<number[]> {
  const seen: number[] = [];
  for (let index = 0; index < count; index += 1) seen.push((await call()).status);
  return seen;
}

describe('limits by key', () => {
  it('say what is left, and refuse with a problem that says when to come back', async () => {
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
      type: '/problems#quota_exceeded',
      status: 429,
      code: 'quota_exceeded',
      'violated-policies': ['other'],
    });
  });

  it('are apart for each policy and for each key', async () => {
    const app = await api({ RATE_LIMIT_SUBMIT: '1', RATE_LIMIT_OTHER: '1', RATE_LIMIT_POLL: '90' });
    const { key } = await app.client('other');
    const submit = (by: string) => app.call('POST', REPORTS, { key: by, body: PERIOD });
    const accepted = await submit(DEMO_KEY);
    expect(accepted.headers.get('ratelimit-policy')).toBe('"submit";q=1;w=60');
    expect((await submit(DEMO_KEY)).status).toBe(429);
    expect((await submit(key)).status).toBe(202);
    expect(await times(2, () => app.call('GET', REPORTS))).toEqual([200, 429]);
    const status = await app.call('GET', `${REPORTS}/status/${accepted.body.id}`);
    expect([status.status, status.headers.get('ratelimit-policy')]).toEqual([200, '"poll";q=90;w=60']);
  });

  it('hold for all processes together', async () => {
    const one = await api({ RATE_LIMIT_OTHER: '3' });
    const two = await api({ RATE_LIMIT_OTHER: '3' }, one);
    expect(await times(2, () => one.call('GET', REPORTS))).toEqual([200, 200]);
    expect(await times(2, () => two.call('GET', REPORTS))).toEqual([200, 429]);
  });

  it('are shared by all processes while they are far, too', async () => {
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

  it('never touch a client that polls as Retry-After says', async () => {
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

  it('do not say with a 303 that nothing is left', async () => {
    const app = await api({ MAX_JOBS_IN_FLIGHT: '1', RATE_LIMIT_POLL: '75', RATE_LIMIT_SUBMIT: '1' });
    const { body } = await app.call('POST', REPORTS, { body: PERIOD });
    await app.dataSource.query(
      `UPDATE job SET state = 'COMPLETED', finished_at = now(), started_at = now(), result = $2 WHERE id = $1`,
      [body.id, { artifacts: [{ format: 'pdf', media_type: 'application/pdf' }] }],
    );
    const poll = () => app.call('GET', `${REPORTS}/status/${body.id}`);
    const seen = [];
    for (let count = 0; count < 76; count += 1) seen.push(await poll());
    const last = seen[74]!;
    expect(seen[73]!.headers.get('ratelimit')).toMatch(/^"poll";r=1;/);
    expect([last.status, last.headers.get('ratelimit')]).toEqual([303, null]);
    expect(last.headers.get('ratelimit-policy')).toBe('"poll";q=75;w=60');
    expect(seen[75]!.status).toBe(429);
  });
});

describe('the limit of polls', () => {
  const POLLS = 75;
  const submitted = async (app: TestApp, key = DEMO_KEY): Promise<string> =>
    (await app.call('POST', REPORTS, { key, body: PERIOD })).body.id;
  /** The windows of jobs in Redis. */
  const windows = async (app: TestApp): Promise<string[]> =>
    (app.app.get(RateLimitStorageService, { strict: false })['redis'] as Redis).keys('rate:poll:*');

  it('is for each job and each key, whatever is asked of the job', async () => {
    const app = await api({ RATE_LIMIT_POLL: `${POLLS}` });
    const [one, two] = [await submitted(app), await submitted(app)];
    const paths = [
      `/v1/jobs/${one}`,
      `${REPORTS}/status/${one}`,
      `/v1/tasks/${one}`,
      `/v1/jobs/${one.toUpperCase()}`,
    ];
    for (let poll = 0; poll < POLLS - 3; poll += 1)
      expect((await app.call('GET', paths[poll % paths.length]!)).status).toBeLessThan(300);
    const rest = [`${REPORTS}/${one}`, `${REPORTS}/${one}/link`, `/v1/jobs/${one}`, `/v1/jobs/${one}/events`];
    const answers = [];
    for (const path of rest) answers.push(await app.call(path === `/v1/jobs/${one}` ? 'HEAD' : 'GET', path));
    expect(statuses(answers)).toEqual([409, 409, 200, 429]);
    expect(answers[3]!.body['violated-policies']).toEqual(['poll']);
    expect((await app.call('GET', `/v1/jobs/${two}`)).headers.get('ratelimit')).toMatch(/^"poll";r=74;/);
    const second = newApiKey();
    await app.app.get(ConfiguredKeysService).ensure('Demo', 'second', second, [Scope.Reports]);
    expect((await app.call('GET', `/v1/jobs/${one}`, { key: second })).status).toBe(200);
    expect((await windows(app)).length).toBe(3);
  });

  it('holds for all processes together, also for what a process has forgotten', async () => {
    const one = await api({ RATE_LIMIT_POLL: `${POLLS}` });
    const two = await api({ RATE_LIMIT_POLL: `${POLLS}` }, one);
    const id = await submitted(one);
    const seen: number[] = [];
    for (let poll = 0; poll < POLLS + 10; poll += 1) {
      seen.push((await (poll % 2 ? one : two).call('GET', `/v1/jobs/${id}`)).status);
      if (poll % 10 === 0) two.app.get(RateLimitStorageService, { strict: false })['windows'].clear();
    }
    expect(seen.filter((status) => status === 200)).toHaveLength(POLLS);
  });

  it('is not for what is not the caller’s: that counts as other requests, and nothing is kept of it', async () => {
    const app = await api({ RATE_LIMIT_OTHER: '3' });
    const { key } = await app.client('stranger');
    const [own, foreign] = [await submitted(app), await submitted(app, key)];
    const exists = jest.spyOn(JobsService.prototype, 'exists');
    const paths = [
      `/v1/jobs/${randomUUID()}`,
      `/v1/tasks/${foreign}`,
      '/v1/jobs/no-id',
      `/v1/jobs/${randomUUID()}`,
    ];
    const answers = [];
    for (const path of paths) answers.push(await app.call('GET', path));
    expect(statuses(answers)).toEqual([404, 404, 400, 429]);
    expect(answers[0]!.headers.get('ratelimit')).toMatch(/^"other";r=2;/);
    expect(answers[3]!.body['violated-policies']).toEqual(['other']);
    expect((await app.call('GET', REPORTS)).status).toBe(429);
    expect((await app.call('GET', `/v1/jobs/${own}`)).status).toBe(200);
    // Who goes on nevertheless keeps the database busy no longer.
    const goesOn = () => app.call('GET', `/v1/jobs/${randomUUID()}`);
    expect(await times(20, goesOn)).toEqual(Array(20).fill(429));
    expect(exists.mock.calls.length).toBeLessThan(8);
    expect((await app.call('GET', `/v1/jobs/${own}`)).status).toBe(200);
    expect((await windows(app)).length).toBe(1);
  });

  it('is for so many jobs a minute; polls of more count as other requests', async () => {
    const app = await api({ MAX_JOBS_IN_FLIGHT: '1', RATE_LIMIT_SUBMIT: '1', RATE_LIMIT_OTHER: '2' });
    const id = await submitted(app);
    await app.dataSource.query(
      `INSERT INTO job SELECT (jsonb_populate_record(job, jsonb_build_object('id', uuid_v7()))).*
       FROM job, generate_series(1, 22) WHERE id = $1`,
      [id],
    );
    const rows = await app.dataSource.query<{ id: string }[]>('SELECT id FROM job');
    const seen = [];
    for (const row of rows) seen.push((await app.call('GET', `/v1/jobs/${row.id}`)).status);
    expect(seen).toEqual([...Array<number>(22).fill(200), 429]);
    expect((await windows(app)).length).toBe(20);
    expect((await app.call('GET', `/v1/jobs/${rows[0]!.id}`)).status).toBe(200);
  });

  it('never touches a client with many jobs under way that has used up its other requests', async () => {
    const app = await api({ RATE_LIMIT_OTHER: '1', RATE_LIMIT_POLL: `${POLLS}` });
    expect(await times(2, () => app.call('GET', REPORTS))).toEqual([200, 429]);
    const ids = await Promise.all(Array.from({ length: 200 }, () => submitted(app)));
    for (let round = 0; round < 3; round += 1) {
      const polls = await Promise.all(ids.map((id) => app.call('GET', `${REPORTS}/status/${id}`)));
      expect(statuses(polls).filter((status) => status !== 200)).toEqual([]);
      expect(
        Math.min(...polls.map(({ headers }) => Number(headers.get('retry-after')))),
      ).toBeGreaterThanOrEqual(1);
    }
  });
});

describe('the limits by address', () => {
  it('end the guessing of keys, and never touch a good key: not one that was never seen, nor in another process', async () => {
    const app = await api({ RATE_LIMIT_ADDRESS: '3' });
    const guess = () => app.call('GET', REPORTS, { key: randomUUID() });
    expect(await times(4, guess)).toEqual([401, 401, 401, 429]);
    const damaged = newApiKey().replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    for (const key of [null, damaged])
      expect((await app.call('GET', REPORTS, { key })).body).toMatchObject({
        status: 429,
        'violated-policies': ['address'],
      });
    expect((await app.call('GET', REPORTS)).status).toBe(200);
    const restarted = await api({ RATE_LIMIT_ADDRESS: '3' }, app);
    expect((await restarted.call('GET', REPORTS, { key: null })).status).toBe(429);
    expect((await restarted.call('GET', REPORTS)).status).toBe(200);
  });

  it('leave good keys alone while strangers send others as fast as they can', async () => {
    const app = await api({ RATE_LIMIT_ADDRESS: '20' });
    const { key } = await app.client('newcomer');
    const flood = Promise.all(
      Array.from({ length: 300 }, () => app.call('GET', REPORTS, { key: newApiKey() })),
    );
    expect((await app.call('GET', REPORTS, { key })).status).toBe(200);
    const seen = statuses(await flood);
    expect(seen.filter((status) => status === 401).length).toBeLessThanOrEqual(20);
    expect(seen.filter((status) => status !== 401 && status !== 429)).toEqual([]);
  });

  it('are apart for links, public keys, the documentation, the page, and what there is not', async () => {
    const app = await api({ RATE_LIMIT_ADDRESS: '2' });
    const link = `${REPORTS}/${randomUUID()}/file?expires=1&signature=${'a'.repeat(43)}`;
    const kinds: [policy: string, paths: string[], status: number][] = [
      ['link', [link, link, link], 403],
      ['jwks', ['/.well-known/jwks.json', '/.well-known/jwks.json', '/.well-known/jwks.json'], 200],
      ['docs', ['/docs', '/openapi.json', '/openapi.yaml'], 200],
      ['page', ['/', '/app.js', '/index.html'], 200],
      ['unknown', ['/nothing', '/v1/nothing', '/docs.php'], 404],
    ];
    for (const [policy, [first, second, third], status] of kinds) {
      const answers = [
        await app.call('GET', first!, { key: null }),
        await app.call('HEAD', second!, { key: null }),
        await app.call('GET', third!, { key: null }),
        await app.call('HEAD', third!, { key: null }),
      ];
      expect([policy, ...statuses(answers)]).toEqual([policy, status, status, 429, 429]);
      expect(answers[0]!.headers.get('ratelimit-policy')).toBe(`"${policy}";q=2;w=60`);
      expect(answers[2]!.body).toMatchObject({ code: 'quota_exceeded', 'violated-policies': [policy] });
      expect(Number(answers[2]!.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    }
    expect((await app.call('PATCH', '/v1/jobs', { key: null })).status).toBe(429);
    expect((await app.call('GET', REPORTS)).status).toBe(200);
    expect(await times(3, () => app.call('GET', REPORTS, { key: null }))).toEqual([401, 401, 429]);
  });

  it('do not count the probes of the platform', async () => {
    const app = await api({ RATE_LIMIT_ADDRESS: '1' });
    const probe = () => app.call('GET', '/health/live', { key: null });
    expect(await times(3, probe)).toEqual([200, 200, 200]);
    expect((await probe()).headers.get('ratelimit')).toBeNull();
  });

  it('warn of a proxy that is not configured, once', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const warnings = () => warn.mock.calls.filter(([message]) => String(message).includes('TRUSTED_PROXIES'));
    const from = (app: TestApp, headers: Record<string, string>) =>
      app.call('GET', '/health/live', { headers });
    const behind = await api({ TRUSTED_PROXIES: '127.0.0.0/8' });
    await from(behind, { 'X-Forwarded-For': '192.0.2.1' });
    const direct = await api({});
    await from(direct, {});
    expect(warnings()).toEqual([]);
    await from(direct, { Forwarded: 'for=192.0.2.1' });
    await from(direct, { 'X-Forwarded-For': '192.0.2.1' });
    expect(warnings()).toHaveLength(1);
  });

  it('believe only trusted proxies about the address', async () => {
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
      type: '/problems#too_many_jobs',
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
