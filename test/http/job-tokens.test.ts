import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Scope } from '../../src/clients/scope';
import { EventReader } from '../support/event-reader';
import { submitScript, withScripts } from '../support/scripted-app';
import { waitFor } from '../support/services';
import { Answer, CallOptions, TestApp } from '../support/test-app';
import { ADMIN_KEY } from '../support/test-config';
import { gates } from '../support/test-jobs';
import { issueKey } from './support/tenant';

const PERIOD = { start_date: '2016-01-01', end_date: '2016-02-01', format: 'csv' };
const ALL = ['read', 'stream', 'download', 'cancel'];
const REPORTS = '/v1/orders/reports';

let app: TestApp;
let owner: { id: string; key: string };
/** A report of the owner's that is ready. */
let report: string;

beforeAll(async () => {
  app = await TestApp.start({ LOG_LEVEL: 'error' }, undefined, withScripts);
  owner = await app.client('Owner of tokens');
  report = await newReport();
});

afterAll(async () => {
  gates.release();
  await app.stop();
});

async function newReport(): Promise<string> {
  const { body } = await app.call('POST', REPORTS, { key: owner.key, body: PERIOD });
  await app.polled(`${REPORTS}/status/${body.id}`, { key: owner.key });
  return body.id;
}

const make = (id: string, body?: object, key = owner.key): Promise<Answer> =>
  app.call('POST', `/v1/jobs/${id}/tokens`, { key, body });

const tokenOf = async (id: string, body?: object, key?: string): Promise<string> =>
  (await make(id, body, key)).body.token;

/** Calls without a key: the token is in the query. */
const byQuery = (method: string, path: string, token: string, options: CallOptions = {}): Promise<Answer> =>
  app.call(method, `${path}${path.includes('?') ? '&' : '?'}token=${token}`, { key: null, ...options });

const lifeOf = ({ body }: Answer): number => (Date.parse(body.expires_at) - Date.now()) / 1_000;

describe('a token for one job', () => {
  it('is made with what is asked for, and lives for a quarter of an hour otherwise', async () => {
    const made = await make(report);
    expect(made.status).toBe(201);
    expect(Object.keys(made.body)).toEqual(['token', 'expires_at']);
    expect(made.headers.get('cache-control')).toBe('no-store');
    expect(lifeOf(made)).toBeGreaterThan(895);
    expect(lifeOf(made)).toBeLessThanOrEqual(901);
    expect(lifeOf(await make(report, { expires_in: 3_600 }))).toBeGreaterThan(3_595);
    const { token } = made.body;
    expect((await byQuery('DELETE', `/v1/jobs/${report}`, token)).body.code).toBe('missing_permission');
  });

  it.each([
    ['permissions', []],
    ['permissions', ['write']],
    ['permissions', ['read', 'read']],
    ['permissions', 'read'],
    ['permissions', null],
    ['expires_in', 0],
    ['expires_in', 3_601],
    ['expires_in', 1.5],
    ['expires_in', '900'],
    ['job_id', randomUUID()],
  ])('is not made with %s: %j', async (field, value) => {
    expect(await make(report, { [field]: value })).toMatchObject({
      status: 422,
      body: { errors: [{ field }] },
    });
  });

  it('is not made for a job of somebody else, or of a kind that the key may not see', async () => {
    const stranger = await app.client('Stranger to tokens');
    const narrow = await issueKey(app, owner.id, [Scope.Orders]);
    for (const key of [stranger.key, narrow.key]) {
      expect(await make(report, {}, key)).toMatchObject({ status: 404, body: { code: 'not_found' } });
    }
    expect((await make(randomUUID())).status).toBe(404);
  });

  it.each(['query', 'bearer'])('opens all of its job, by the %s', async (way) => {
    const token = await tokenOf(report, { permissions: ALL });
    const call = (method: string, path: string): Promise<Answer> =>
      way === 'query' ? byQuery(method, path, token) : app.call(method, path, { key: token });
    const job = await call('GET', `/v1/jobs/${report}`);
    expect(job).toMatchObject({ status: 200, body: { id: report, status: 'COMPLETED' } });
    expect(job.headers.get('cache-control')).toBe('no-store');
    expect(job.headers.get('referrer-policy')).toBe('no-referrer');
    expect((await call('DELETE', `/v1/jobs/${report}`)).body.code).toBe('already_finished');
    expect((await call('DELETE', `${REPORTS}/status/${report}`)).body.code).toBe('already_finished');

    // A browser that follows the redirect ends up with the file.
    const status = await call('GET', `${REPORTS}/status/${report}`);
    expect(status.status).toBe(303);
    const location = status.headers.get('location')!;
    expect(location).toBe(`${REPORTS}/${report}${way === 'query' ? `?token=${token}` : ''}`);
    const file = await app.call('GET', location, { key: way === 'query' ? null : token });
    expect(file.status).toBe(200);
    expect(file.headers.get('cache-control')).toBe(way === 'query' ? 'no-store' : 'private, no-cache');
    expect((await call('GET', `${REPORTS}/${report}?format=csv`)).body).toEqual(file.body);

    const stream = await call('GET', `/v1/jobs/${report}/events`);
    expect(stream.body).toContain('event: completed');
  });

  it('gets links that end when it does', async () => {
    const token = await tokenOf(report, { expires_in: 30 });
    const link = await byQuery('GET', `${REPORTS}/${report}/link`, token);
    expect(lifeOf(link)).toBeLessThanOrEqual(31);
    const { pathname, search } = new URL(link.body.url);
    expect((await app.call('GET', pathname + search, { key: null })).status).toBe(200);
    const long = await byQuery('GET', `${REPORTS}/${report}/link`, await tokenOf(report));
    expect(lifeOf(long)).toBeGreaterThan(290);
  });

  it('opens nothing that it has no permission for', async () => {
    const routes = {
      read: ['GET', `/v1/jobs/${report}`],
      stream: ['GET', `/v1/jobs/${report}/events`],
      download: ['GET', `${REPORTS}/${report}`],
      cancel: ['DELETE', `${REPORTS}/status/${report}`],
    };
    for (const permission of ALL) {
      const token = await tokenOf(report, { permissions: [permission] });
      for (const [other, [method, path]] of Object.entries(routes)) {
        const { body, status } = await byQuery(method!, path!, token);
        if (other === permission) expect(status).not.toBe(403);
        else expect([status, body.code]).toEqual([403, 'missing_permission']);
      }
    }
  });

  it('gets for every other job the 404 of one that does not exist', async () => {
    const token = await tokenOf(report, { permissions: ALL });
    const other = await submitScript(app, owner.id, 'succeed');
    const bare = ({ status, body }: Answer): object => ({ status, ...body, request_id: null });
    for (const path of ['/v1/jobs/', `${REPORTS}/status/`, `${REPORTS}/`]) {
      const answers = [other, randomUUID()].map(async (id) => bare(await byQuery('GET', path + id, token)));
      const [mine, none] = await Promise.all(answers);
      expect(mine).toEqual(none);
      expect(none).toMatchObject({ status: 404, code: 'not_found' });
    }
  });

  it('makes no tokens, and opens no list', async () => {
    const key = await tokenOf(report, { permissions: ALL });
    for (const [method, path] of [
      ['POST', `/v1/jobs/${report}/tokens`],
      ['GET', '/v1/jobs'],
      ['DELETE', `${REPORTS}/${report}`],
    ] as const)
      expect(await app.call(method, path, { key })).toMatchObject({
        status: 403,
        body: { code: 'missing_permission' },
      });
  });

  it('cancels its job', async () => {
    const id = await submitScript(app, owner.id, 'wait');
    const token = await tokenOf(id, { permissions: ['cancel'] });
    expect((await byQuery('DELETE', `/v1/jobs/${id}`, token)).status).toBeLessThan(300);
    await waitFor(
      async () => (await app.call('GET', `/v1/jobs/${id}`, { key: owner.key })).body.status === 'CANCELLED',
      { what: 'the cancellation' },
    );
  });

  it('is refused when it was changed, comes twice or beside a key, and no key is taken for one', async () => {
    const token = await tokenOf(report);
    const path = `/v1/jobs/${report}`;
    const other = token.endsWith('A') ? 'B' : 'A';
    for (const bad of [token.slice(0, -1) + other, '', 'x', `${token}&token=${token}`, owner.key])
      expect(await byQuery('GET', path, bad)).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
    expect((await app.call('GET', path, { key: token.slice(0, -1) + other })).body.code).toBe(
      'invalid_token',
    );
    expect(await byQuery('GET', path, token, { key: owner.key })).toMatchObject({
      status: 400,
      body: { code: 'two_credentials' },
    });
  });
});

describe('a token ends', () => {
  const path = (): string => `/v1/jobs/${report}`;

  it('with its time, and so do its streams and waits', async () => {
    const id = await submitScript(app, owner.id, 'wait');
    const made = await make(id, { expires_in: 2 });
    const stream = await EventReader.open(`${app.url}/v1/jobs/${id}/events`, { key: made.body.token });
    const waiting = byQuery('GET', `/v1/jobs/${id}`, made.body.token, { headers: { Prefer: 'wait=20' } });
    await stream.end();
    expect(Math.abs(lifeOf(made))).toBeLessThan(2);
    expect(await waiting).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
    await sleep(Math.max(0, 1_000 * lifeOf(made)));
    expect(await byQuery('GET', `/v1/jobs/${id}`, made.body.token)).toMatchObject({
      status: 401,
      body: { code: 'invalid_token' },
    });
    gates.release();
  });

  it('with the key that made it, at once where that is revoked, and with its streams', async () => {
    const key = await issueKey(app, owner.id, [Scope.Reports]);
    const id = await submitScript(app, owner.id, 'wait');
    const token = await tokenOf(id, {}, key.key);
    const stream = await EventReader.open(`${app.url}/v1/jobs/${id}/events?token=${token}`, { key: '' });
    expect(stream.response.status).toBe(200);
    await app.call('DELETE', `/v1/clients/${owner.id}/keys/${key.id}`, { key: ADMIN_KEY });
    expect((await byQuery('GET', `/v1/jobs/${id}`, token)).status).toBe(401);
    await stream.end();
    gates.release();
  });

  it('on another process when the key is revoked or gone', async () => {
    const other = await TestApp.start({ ROLE: 'api' }, app);
    try {
      const key = await issueKey(app, owner.id, [Scope.Reports]);
      const token = await tokenOf(report, {}, key.key);
      const status = async (): Promise<number> =>
        (await other.call('GET', `${path()}?token=${token}`, { key: null })).status;
      expect(await status()).toBe(200);
      await app.dataSource.query('DELETE FROM api_key WHERE id = $1', [key.id]);
      await waitFor(async () => (await status()) === 401, { what: 'the refusal' });
    } finally {
      await other.app.close();
    }
  });

  it('no later than the key that made it', async () => {
    const expires_at = new Date(Date.now() + 60_000).toISOString();
    const { key } = await issueKey(app, owner.id, [Scope.Reports], { expires_at });
    expect(lifeOf(await make(report, {}, key))).toBeLessThanOrEqual(60);
  });

  it('with its job', async () => {
    const id = await submitScript(app, owner.id, 'succeed');
    await waitFor(
      async () => (await app.call('GET', `/v1/jobs/${id}`, { key: owner.key })).body.status === 'COMPLETED',
      { what: 'the end of the job' },
    );
    const token = await tokenOf(id);
    await app.dataSource.query('DELETE FROM job_event WHERE job_id = $1', [id]);
    await app.dataSource.query('DELETE FROM job WHERE id = $1', [id]);
    expect(await byQuery('GET', `/v1/jobs/${id}`, token)).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    });
  });
});

describe('limits of tokens', () => {
  let narrow: TestApp;

  beforeAll(async () => {
    const limits = { RATE_LIMIT_POLL: '75', RATE_LIMIT_ADDRESS: '5', RATE_LIMIT_OTHER: '50' };
    narrow = await TestApp.start({ ROLE: 'api', ...limits }, app, withScripts);
  });

  afterAll(() => narrow.app.close());

  it('are a window of their own for each job and key: what they use up is not the key’s', async () => {
    const id = await submitScript(app, owner.id, 'succeed');
    const tokens = [await tokenOf(id, { permissions: ALL }), await tokenOf(id, { permissions: ALL })];
    const statuses: number[] = [];
    for (let n = 0; n < 76; n += 1) {
      const method = n === 2 ? 'DELETE' : 'GET';
      const at = `/v1/jobs/${id}?token=${tokens[n % 2]}`;
      statuses.push((await narrow.call(method, at, { key: null })).status);
    }
    expect(statuses.indexOf(429)).toBe(75);
    const own = await narrow.call('GET', `/v1/jobs/${id}`, { key: owner.key });
    expect(own.status).toBe(200);
    // Two made the tokens.
    expect(own.headers.get('ratelimit')).toContain('"poll";r=72');
  });

  it('count what a token does not open by address', async () => {
    const token = await tokenOf(report);
    const statuses: number[] = [];
    for (let n = 0; n < 6; n += 1)
      statuses.push(
        (await narrow.call('GET', `/v1/jobs/${randomUUID()}?token=${token}`, { key: null })).status,
      );
    expect(statuses.at(-1)).toBe(429);
    expect((await narrow.call('GET', `/v1/jobs/${report}?token=${token}`, { key: null })).status).toBe(200);
  });

  it('leave streams to the client, whoever has a token opens', async () => {
    const id = await submitScript(app, owner.id, 'wait');
    const token = await tokenOf(id);
    const open = (key: string): Promise<EventReader> =>
      EventReader.open(`${app.url}/v1/jobs/${id}/events`, { key });
    const streams = await Promise.all(Array.from({ length: 21 }, () => open(token)));
    const statuses = streams.map(({ response }) => response.status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(20);
    expect(statuses.filter((status) => status === 429)).toHaveLength(1);
    const own = await open(owner.key);
    expect(own.response.status).toBe(200);
    for (const stream of [...streams, own]) stream.close();
    gates.release();
  });
});

it('is in no line of any log, and neither is the signature of a link', async () => {
  // One that no other test polls: none is to be refused for it.
  const logged = await newReport();
  const written: string[] = [];
  const watch = (stream: NodeJS.WriteStream): jest.SpyInstance =>
    jest.spyOn(stream, 'write').mockImplementation((chunk: string | Uint8Array) => {
      written.push(String(chunk));
      return true;
    });
  const loud = await TestApp.start({ ROLE: 'api', LOG_LEVEL: 'debug' }, app, withScripts);
  const watched = [watch(process.stdout), watch(process.stderr)];
  const secrets: string[] = [];
  try {
    const token = await tokenOf(logged, { permissions: ['read', 'download'] });
    const ended = await tokenOf(logged, { expires_in: 1 });
    secrets.push(token, ended);
    for (const given of [token, ended, `%6frt_${token.slice(4)}`, token.slice(0, -1)]) {
      for (const path of [
        `/v1/jobs/${logged}`,
        `/v1/jobs/${randomUUID()}`,
        `/v1/jobs/${logged}/events`,
        '/v1/jobs?page_size=x',
        '/v1/nothing',
        '/',
        '/health/ready',
        `${REPORTS}/${logged}?format=nonsense`,
        `${REPORTS}/status/${logged}`,
      ])
        await loud.call('GET', `${path}${path.includes('?') ? '&' : '?'}token=${given}`, { key: null });
    }
    await loud.call('POST', `/v1/jobs/${logged}/tokens?token=${token}`, { key: null, body: '{' });
    const link = await loud.call('GET', `${REPORTS}/${logged}/link?token=${token}`, { key: null });
    const { pathname, search, searchParams } = new URL(link.body.url);
    secrets.push(searchParams.get('signature')!);
    await loud.call('GET', pathname + search, { key: null });
    await loud.call('GET', `${pathname + search}0`, { key: null });
    // A line is written when an answer is closed, which may be after the next.
    const isWritten = (): boolean => written.some((line) => line.includes(`${REPORTS}/${logged}/file 200`));
    await waitFor(isWritten, { what: 'the line of the file' });
  } finally {
    for (const spy of watched) spy.mockRestore();
    await loud.app.close();
  }
  const log = written.join('');
  expect(log).toContain(`GET /v1/jobs/${logged} 200`);
  // The beginnings, too: the end was changed for some.
  for (const secret of secrets) expect(log).not.toContain(secret.slice(4, 40));
});
