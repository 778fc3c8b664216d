import { Scope } from '../../src/clients/scope';
import { JobClaims } from '../../src/jobs/job-claims';
import { JobTypeRegistry } from '../../src/jobs/job-type.registry';
import { Answer, TestApp } from '../support/test-app';
import { waitFor } from '../support/services';

let app: TestApp;
let owner: { id: string; key: string };
let worker: { id: string; key: string };

beforeAll(async () => {
  app = await TestApp.start({ EXTERNAL_TASK_TYPES: 'warehouse.pick,erp.sync', JOB_LEASE_SECONDS: '300' });
  owner = await app.client('Warehouse', [Scope.Orders]);
  await app.dataSource.query(
    `INSERT INTO api_key (client_id, name, hash, prefix, scopes)
     VALUES ($1, 'worker', sha256('test-key-of-the-worker-0123456789abcdef'::bytea), 'test', '{worker}')`,
    [owner.id],
  );
  worker = { id: owner.id, key: 'test-key-of-the-worker-0123456789abcdef' };
});

afterAll(() => app.stop());

async function submit(parameters: object = { bin: 'A-7' }, type = 'warehouse.pick'): Promise<string> {
  const { status, body } = await app.call('POST', '/v1/jobs', { key: owner.key, body: { type, parameters } });
  expect(status).toBe(202);
  return body.id;
}
const claim = (body: object = {}, key = worker.key): Promise<Answer> =>
  app.call('POST', '/v1/tasks/claim', { key, body });
const put = (id: string, body: object, key = worker.key): Promise<Answer> =>
  app.call('PUT', `/v1/tasks/${id}`, { key, body });
/** Brings the end of its lease nearer. */
const timePasses = (id: string, seconds: number): Promise<unknown> =>
  app.dataSource.query('UPDATE job SET lease_until = lease_until - make_interval(secs => $2) WHERE id = $1', [
    id,
    seconds,
  ]);
const task = (id: string): Promise<Answer> => app.call('GET', `/v1/tasks/${id}`, { key: owner.key });

describe('an external task', () => {
  it('is claimed, moved and completed by a worker outside', async () => {
    const id = await submit({ bin: 'B-2', items: [1, { prototype: 'A-7' }] });
    expect((await task(id)).status).toBe(202);
    const claimed = await claim({ types: ['warehouse.pick'], worker: 'picker-7' });
    expect(claimed).toMatchObject({
      status: 200,
      body: {
        id,
        type: 'warehouse.pick',
        status: 'IN_PROGRESS',
        attempt: 1,
        parameters: { bin: 'B-2', items: [1, { prototype: 'A-7' }] },
      },
    });
    expect(claimed.body.lease_seconds).toBeGreaterThan(200);
    expect(claimed.body.lease_seconds).toBeLessThanOrEqual(300);
    expect((await claim()).status).toBe(204);

    const moved = await put(id, { attempt: 1, status: 'IN_PROGRESS', progress: 40 });
    expect(moved).toMatchObject({ status: 200, body: { progress: 40, cancel_requested: false } });
    expect(await task(id)).toMatchObject({
      status: 202,
      body: { progress: 40, workflow: [{ name: 'work', status: 'IN_PROGRESS' }] },
    });

    const completion = { attempt: 1, status: 'COMPLETED', result: { picked: { prototype: 2 } } };
    expect(await put(id, completion)).toMatchObject({ status: 200, body: { status: 'COMPLETED' } });
    // The answer was lost, and the worker says it again.
    expect((await put(id, completion)).status).toBe(200);
    expect(await task(id)).toMatchObject({
      status: 200,
      body: { result: { picked: { prototype: 2 } }, progress: 100 },
    });
  });

  it('is fenced: an attempt that is stale changes nothing', async () => {
    const id = await submit();
    expect((await claim()).body.attempt).toBe(1);
    // The worker stays silent, so its lease runs out and another one gets the task.
    await timePasses(id, 301);
    const second = await waitFor(
      async () => {
        const answer = await claim({ worker: 'another' });
        return answer.status === 200 && answer;
      },
      { what: 'the end of the lease' },
    );
    expect(second.body).toMatchObject({ id, attempt: 2 });
    for (const move of [
      { status: 'IN_PROGRESS', progress: 99 },
      { status: 'COMPLETED', result: { stale: true } },
      { status: 'FAILED', error: { code: 'stale', message: 'stale' } },
      { status: 'CANCELLED' },
    ]) {
      expect(await put(id, { attempt: 1, ...move })).toMatchObject({
        status: 409,
        body: { code: 'stale_attempt' },
      });
    }
    expect((await put(id, { attempt: 3, status: 'COMPLETED', result: {} })).status).toBe(409);
    expect((await task(id)).body).toMatchObject({ status: 'IN_PROGRESS', progress: 0, attempt: 2 });
    expect((await put(id, { attempt: 2, status: 'COMPLETED', result: { stale: false } })).status).toBe(200);
    expect((await task(id)).body.result).toEqual({ stale: false });
  });

  it('is kept by its heartbeats', async () => {
    const id = await submit();
    await claim();
    for (let count = 0; count < 3; count += 1) {
      await timePasses(id, 200);
      expect((await put(id, { attempt: 1, status: 'IN_PROGRESS' })).status).toBe(200);
      const [{ left }] = await app.dataSource.query(
        'SELECT extract(epoch FROM lease_until - now())::float8 AS left FROM job WHERE id = $1',
        [id],
      );
      expect(left).toBeGreaterThan(200);
    }
    expect((await put(id, { attempt: 1, status: 'COMPLETED', result: {} })).status).toBe(200);
  });

  it('fails with what the worker says', async () => {
    const id = await submit();
    await claim();
    const failure = {
      attempt: 1,
      status: 'FAILED',
      error: { code: 'out_of_stock', message: 'Bin A-7 is empty.' },
    };
    expect((await put(id, failure)).body.status).toBe('FAILED');
    expect((await put(id, failure)).status).toBe(200);
    expect(await task(id)).toMatchObject({
      status: 500,
      body: {
        code: 'job_failed',
        detail: 'Bin A-7 is empty.',
        task: { error: { code: 'out_of_stock', retryable: false } },
      },
    });
  });

  it('is tried again after a failure that may be mended', async () => {
    const id = await submit();
    await claim();
    const failure = {
      attempt: 1,
      status: 'FAILED',
      error: { code: 'jam', message: 'Jammed.', retryable: true },
    };
    expect((await put(id, failure)).body.status).toBe('PENDING');
    expect((await put(id, failure)).status).toBe(200);
    const again = await waitFor(
      async () => {
        const answer = await claim();
        return answer.status === 200 && answer;
      },
      { what: 'the second attempt' },
    );
    expect(again.body).toMatchObject({ id, attempt: 2 });
    expect((await put(id, { attempt: 2, status: 'COMPLETED', result: {} })).status).toBe(200);
  });

  it('is cancelled with the worker’s help, and a result that comes too late is refused', async () => {
    const [first, second] = [await submit(), await submit()];
    await claim();
    await claim();
    for (const id of [first, second])
      expect((await app.call('DELETE', `/v1/jobs/${id}`, { key: owner.key })).status).toBe(202);
    const answer = await put(first, { attempt: 1, status: 'IN_PROGRESS' });
    expect(answer.body.cancel_requested).toBe(true);
    expect((await put(first, { attempt: 1, status: 'CANCELLED' })).body.status).toBe('CANCELLED');
    expect((await task(first)).status).toBe(410);
    expect(await put(second, { attempt: 1, status: 'COMPLETED', result: {} })).toMatchObject({
      status: 409,
      body: { code: 'cancelled' },
    });
    expect((await task(second)).status).toBe(410);
  });

  it('is a worker’s of its own client alone', async () => {
    const id = await submit();
    const stranger = await app.client('Strange worker', [Scope.Worker, Scope.Orders]);
    expect((await claim({}, stranger.key)).status).toBe(204);
    const { attempt } = (await claim()).body;
    const move = { attempt, status: 'COMPLETED', result: {} };
    expect((await put(id, move, stranger.key)).status).toBe(404);
    expect((await put(id, move, owner.key)).status).toBe(403);
    expect((await claim({}, owner.key)).status).toBe(403);
    expect((await put(id, move)).status).toBe(200);
  });

  it('is never one of our own types', async () => {
    const { body } = await app.call('POST', '/v1/jobs', {
      key: owner.key,
      body: { type: 'orders.summary', parameters: { start_date: '2016-01-01', end_date: '2017-01-01' } },
    });
    expect((await claim({ types: ['orders.summary'] })).status).toBe(204);
    expect((await put(body.id, { attempt: 1, status: 'COMPLETED', result: {} })).status).toBe(404);
  });

  it.each([
    [{ status: 'COMPLETED', result: {} }, 'attempt'],
    [{ attempt: 1, status: 'COMPLETED' }, 'result'],
    [{ attempt: 1, status: 'FAILED' }, 'error'],
    [{ attempt: 1, status: 'FAILED', error: { code: 'Not A Code', message: 'x' } }, 'error.code'],
    [{ attempt: 1, status: 'PENDING' }, 'status'],
    [{ attempt: 1, status: 'IN_PROGRESS', progress: 100 }, 'progress'],
    [{ attempt: 1, status: 'IN_PROGRESS', lease_owner: 'me' }, 'lease_owner'],
  ])('refuses %j and names %s', async (body, field) => {
    const id = '01900000-0000-7000-8000-000000000000';
    const refused = await put(id, body);
    expect(refused.status).toBe(422);
    expect(refused.body.errors[0].field).toBe(field);
  });
});

it.each([
  [{ status: 'FAILED', error: [] }, 'error'],
  [{ status: 'FAILED' }, 'error'],
  [{ status: 'IN_PROGRESS', result: {} }, 'result'],
  [{ status: 'COMPLETED', result: {}, error: { code: 'x', message: 'y' } }, 'error'],
  [{ status: 'COMPLETED', result: { 'a\ud800b': 1 } }, 'result'],
])('refuses %j', async (body, field) => {
  const id = await submit();
  const { attempt } = (await claim()).body;
  const answer = await put(id, { attempt, ...body });
  expect(answer).toMatchObject({ status: 422, body: { errors: [{ field }] } });
  expect((await put(id, { attempt, status: 'COMPLETED', result: {} })).status).toBe(200);
});

it('is not claimed by a null, nor cancelled when nobody asked for it', async () => {
  expect(await claim({ types: null })).toMatchObject({ status: 422, body: { errors: [{ field: 'types' }] } });
  const id = await submit();
  const { attempt } = (await claim()).body;
  const refused = await put(id, { attempt, status: 'CANCELLED' });
  expect(refused).toMatchObject({ status: 409, body: { code: 'not_cancelled' } });
  expect((await put(id, { attempt, status: 'COMPLETED', result: {} })).status).toBe(200);
});

describe('what workers outside have in hand', () => {
  let api: TestApp;
  let busy: { id: string; key: string };

  beforeAll(async () => {
    api = await TestApp.start({ ROLE: 'api', EXTERNAL_TASK_TYPES: 'warehouse.pick' });
    busy = await api.client('Busy outside', [Scope.Orders, Scope.Reports, Scope.Worker]);
  });

  afterAll(() => api.stop());

  const PERIOD = { start_date: '2016-01-01', end_date: '2016-02-01' };
  const report = (key: string) => api.call('POST', '/v1/orders/reports', { key, body: PERIOD });

  it('delays no other job of its client, and does not count in the estimate of what is done here', async () => {
    for (let n = 0; n < 6; n += 1)
      await api.call('POST', '/v1/jobs', { key: busy.key, body: { type: 'warehouse.pick', parameters: {} } });
    for (let n = 0; n < 3; n += 1)
      expect((await api.call('POST', '/v1/tasks/claim', { key: busy.key, body: {} })).status).toBe(200);
    const other = await api.client('Another', [Scope.Reports]);
    const theirs = [await report(other.key), await report(other.key), await report(other.key)];
    const mine = await report(busy.key);
    expect(mine.body.eta_seconds).toBeLessThanOrEqual(4);

    const order: string[] = [];
    for (let n = 0; n < 4; n += 1) {
      const { names } = api.app.get(JobTypeRegistry);
      const { jobs } = await api.app
        .get(JobClaims)
        .claim({ types: names, worker: 'a worker', leaseSeconds: 60, alone: false, most: 1 });
      order.push(jobs[0]!.id);
    }
    expect(order.indexOf(mine.body.id)).toBeLessThan(order.indexOf(theirs[1]!.body.id));
  });
});
