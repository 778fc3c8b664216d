import { submitScript, withScripts } from '../support/scripted-app';
import { ADMIN_KEY } from '../support/test-config';
import { waitFor } from '../support/services';
import { TestApp } from '../support/test-app';
import { Scope } from '../../src/clients/scope';

let app: TestApp;
let owner: { id: string; key: string };

beforeAll(async () => {
  app = await TestApp.start({}, undefined, withScripts);
  owner = await app.client('Submitter', [Scope.Reports, Scope.Orders]);
});

afterAll(() => app.stop());

const PERIOD = { start_date: '2016-01-01', end_date: '2016-02-01' };

describe('generic submission', () => {
  it('makes the job that the operation of its type would make', async () => {
    const body = { type: 'orders.report', parameters: { ...PERIOD, title: 'By another door' } };
    const accepted = await app.call('POST', '/v1/jobs', { key: owner.key, body });
    expect(accepted.status).toBe(202);
    expect(accepted.headers.get('location')).toBe(`/v1/orders/reports/status/${accepted.body.id}`);
    expect(accepted.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(accepted.body).toMatchObject({
      type: 'orders.report',
      request: { method: 'POST', path: '/v1/jobs', body },
    });
    const done = await app.polled(`/v1/orders/reports/status/${accepted.body.id}`, { key: owner.key });
    expect(done.status).toBe(303);
    const [{ parameters }] = await app.dataSource.query('SELECT parameters FROM job WHERE id = $1', [
      accepted.body.id,
    ]);
    expect(parameters).toMatchObject({
      startDate: '2016-01-01',
      locale: 'en-US',
      title: 'By another door',
      clientName: 'Submitter',
    });
  });

  it.each([
    [{ type: 'orders.report', parameters: { start_date: '2016-13-01' } }, 'parameters.start_date'],
    [{ type: 'orders.report', parameters: { ...PERIOD, client_id: 'x' } }, 'parameters.client_id'],
    [
      { type: 'orders.report', parameters: { ...PERIOD, callback_url: 'https://a.example' } },
      'parameters.callback_url',
    ],
    [{ type: 'orders.report', parameters: [] }, 'parameters'],
    [{ type: 'orders.report' }, 'parameters'],
    [{ type: 'orders.import', parameters: {} }, 'type'],
    [{ type: 'test.scripted', parameters: {} }, 'type'],
    [{ type: 'nothing', parameters: {} }, 'type'],
    [{ type: 'orders.report', parameters: PERIOD, attempt: 7 }, 'attempt'],
    [{ type: 'orders.report', parameters: PERIOD, callback_url: 'http://127.0.0.1/' }, 'callback_url'],
  ])('refuses %j and names %s', async (body, field) => {
    const refused = await app.call('POST', '/v1/jobs', { key: owner.key, body });
    expect(refused).toMatchObject({ status: 422 });
    expect(refused.body.errors.map((error: { field: string }) => error.field)).toContain(field);
  });

  it('refuses a type that the key has no scope for', async () => {
    const { key } = await app.client('Order clerk', [Scope.Orders]);
    const body = { type: 'orders.report', parameters: PERIOD };
    const refused = await app.call('POST', '/v1/jobs', { key, body });
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ field: 'type' }] } });
  });

  it('gives the same job for the same key and body', async () => {
    const headers = { 'Idempotency-Key': 'generic-1' };
    const body = { type: 'orders.report', parameters: PERIOD };
    const first = await app.call('POST', '/v1/jobs', { key: owner.key, headers, body });
    const again = await app.call('POST', '/v1/jobs', { key: owner.key, headers, body });
    expect(again.body.id).toBe(first.body.id);
    const other = await app.call('POST', '/v1/jobs', {
      key: owner.key,
      headers,
      body: { ...body, parameters: { ...PERIOD, title: 'Another' } },
    });
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
  });
});

describe('retry by an operator', () => {
  const jobOf = async (id: string) => (await app.call('GET', `/v1/jobs/${id}`, { key: owner.key })).body;
  const ended = (id: string, status: string): Promise<unknown> =>
    waitFor(async () => (await jobOf(id)).status === status, { what: `the job to be ${status}` });

  it('tries a failed job again under the same id, whoever owns it', async () => {
    const id = await submitScript(app, owner.id, 'fail for good', 'succeed');
    await ended(id, 'FAILED');
    const retried = await app.call('POST', `/v1/jobs/${id}/retry`, { key: ADMIN_KEY });
    expect(retried).toMatchObject({ status: 202, body: { id, status: 'PENDING', error: null } });
    await ended(id, 'COMPLETED');
    expect(await jobOf(id)).toMatchObject({ attempt: 2, result: { attempt: 2 } });

    const trail = await app.call('GET', `/v1/audit?client_id=${owner.id}`, { key: ADMIN_KEY });
    const entries = trail.body.data.filter((entry: { details: object }) => 'job_id' in entry.details);
    expect(entries).toEqual([
      expect.objectContaining({
        action: 'job.retried',
        details: { job_id: id, type: 'test.scripted' },
        request_id: retried.headers.get('x-request-id'),
      }),
    ]);
  });

  it('is refused for a job that has not failed, and to who is no operator', async () => {
    const id = await submitScript(app, owner.id, 'succeed');
    await ended(id, 'COMPLETED');
    const path = `/v1/jobs/${id}/retry`;
    expect(await app.call('POST', path, { key: ADMIN_KEY })).toMatchObject({
      status: 409,
      body: { code: 'not_failed' },
    });
    expect((await app.call('POST', path, { key: owner.key })).status).toBe(403);
    const none = '/v1/jobs/01900000-0000-7000-8000-000000000000/retry';
    expect((await app.call('POST', none, { key: ADMIN_KEY })).status).toBe(404);
    const trail = await app.call('GET', '/v1/audit', { key: ADMIN_KEY });
    expect(JSON.stringify(trail.body)).not.toContain(id);
  });
});
