import { Scope } from '../../src/clients/scope';
import { submitScript, withScripts } from '../support/scripted-app';
import { waitFor } from '../support/services';
import { TestApp } from '../support/test-app';
import { ADMIN_KEY } from '../support/test-config';
import { gates } from '../support/test-jobs';
import { issueKey } from './support/tenant';

let app: TestApp;
let api: TestApp;
let owner: { id: string; key: string };

beforeAll(async () => {
  app = await TestApp.start({}, undefined, withScripts);
  api = await TestApp.start({ ROLE: 'api' }, app, withScripts);
  owner = await app.client('Waits');
});

afterAll(async () => {
  gates.release();
  await api.stop();
  await app.stop();
});

const PERIOD = { start_date: '2016-01-01', end_date: '2016-02-01' };
const prefer = (Prefer: string) => ({ key: owner.key, headers: { Prefer } });

describe('Prefer: wait', () => {
  it('answers the submission with the 303 when the report is ready in time, from another process', async () => {
    const answer = await api.call('POST', '/v1/orders/reports', { ...prefer('wait=60'), body: PERIOD });
    expect(answer.status).toBe(303);
    expect(answer.headers.get('preference-applied')).toBe('wait=50');
    expect(answer.headers.get('retry-after')).toBeNull();
    const pdf = await app.call('GET', answer.headers.get('location')!, { key: owner.key });
    expect(pdf.headers.get('content-type')).toBe('application/pdf');
  });

  it('answers the submission with the 202 when time is over', async () => {
    const alone = await TestApp.start({ ROLE: 'api' });
    try {
      const startedAt = Date.now();
      const answer = await alone.call('POST', '/v1/orders/reports', {
        headers: { Prefer: 'wait=1' },
        body: PERIOD,
      });
      expect(Date.now() - startedAt).toBeGreaterThanOrEqual(990);
      expect(answer).toMatchObject({ status: 202, body: { status: 'PENDING' } });
      expect(answer.headers.get('preference-applied')).toBe('wait=1');
      expect(answer.headers.get('location')).toContain('/v1/orders/reports/status/');
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    } finally {
      await alone.stop();
    }
  });

  it('answers a generic submission with the job as it ended, or with the 202', async () => {
    const generic = (wait: string, parameters: object) =>
      api.call('POST', '/v1/jobs', { ...prefer(wait), body: { type: 'orders.report', parameters } });
    const ended = await generic('wait=60', PERIOD);
    expect(ended).toMatchObject({ status: 200, body: { status: 'COMPLETED', progress: 100 } });
    expect(ended.headers.get('preference-applied')).toBe('wait=50');
    expect(ended.headers.get('location')).toBeNull();
    const accepted = await generic('wait=0', { ...PERIOD, title: 'Not at once' });
    expect(accepted.status).toBe(202);
    expect(accepted.headers.get('location')).toContain('/v1/orders/reports/status/');
  });

  it('answers an import with its outcome', async () => {
    const importer = await app.client('Importer', [Scope.Orders]);
    const answer = await api.call('POST', '/v1/orders/imports', {
      key: importer.key,
      headers: { Prefer: 'wait=60', 'Content-Type': 'text/csv' },
      body: 'order_number,ordered_at\nA-1,2026-11-08\n',
    });
    expect(answer).toMatchObject({ status: 200, body: { status: 'FAILED', row_error_count: 5 } });
  });

  it('is released at once by an end in another process', async () => {
    const id = await submitScript(app, owner.id, 'wait');
    let answeredAt = 0;
    const waiting = api.call('GET', `/v1/jobs/${id}`, prefer('wait=60')).then((answer) => {
      answeredAt = Date.now();
      return answer;
    });
    await waitFor(() => gates.waiting.length > 0, { what: 'the job' });
    expect(answeredAt).toBe(0);
    gates.release();
    const answer = await waiting;
    expect(answer).toMatchObject({ status: 200, body: { status: 'COMPLETED' } });
    // Long before its time is over.
    expect(answeredAt - Date.parse(answer.body.finished_at)).toBeLessThan(20_000);
  });

  it('holds a status address too, and cuts a long wait to 50 seconds', async () => {
    const { body } = await app.call('POST', '/v1/orders/reports', { key: owner.key, body: PERIOD });
    const status = await api.call('GET', `/v1/orders/reports/status/${body.id}`, prefer('wait=999'));
    expect(status.status).toBe(303);
    expect(status.headers.get('preference-applied')).toBe('wait=50');
  });

  it('does not wait for what has ended, does not exist, or is another’s', async () => {
    const id = await submitScript(app, owner.id, 'succeed');
    await api.call('GET', `/v1/jobs/${id}`, prefer('wait=20'));
    const running = await submitScript(app, owner.id, 'wait');
    const other = await app.client('Another client that waits');
    const startedAt = Date.now();
    expect((await api.call('GET', `/v1/jobs/${id}`, prefer('wait=20'))).status).toBe(200);
    const foreign = await api.call('GET', `/v1/jobs/${running}`, {
      key: other.key,
      headers: { Prefer: 'wait=20' },
    });
    expect(foreign.status).toBe(404);
    const none = '01900000-0000-7000-8000-000000000000';
    expect((await api.call('GET', `/v1/jobs/${none}`, prefer('wait=20'))).status).toBe(404);
    // All three before one wait would be over.
    expect(Date.now() - startedAt).toBeLessThan(20_000);
    await waitFor(() => gates.waiting.length > 0, { what: 'the job' });
    gates.release();
  });

  it.each(['wait', 'wait=soon', 'wait=-1', 'handling=strict', '"'])('ignores %s', async (value) => {
    const id = await submitScript(app, owner.id, 'succeed');
    const answer = await api.call('GET', `/v1/jobs/${id}`, prefer(value));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('preference-applied')).toBeNull();
  });

  it('is refused with 401 when its key is revoked meanwhile, in whichever process it waits', async () => {
    const id = await submitScript(app, owner.id, 'wait');
    await waitFor(() => gates.waiting.length > 0, { what: 'the job' });
    const { id: keyId, key } = await issueKey(app, owner.id, [Scope.Reports, Scope.Orders]);
    const options = { key, headers: { Prefer: 'wait=50' } };
    const waiting = [
      app.call('GET', `/v1/jobs/${id}`, options),
      api.call('GET', `/v1/jobs/${id}`, options),
      api.call('GET', `/v1/tasks/${id}`, options),
    ];
    const answeredAt = waiting.map(async (answer) => answer.then(() => Date.now()));
    const bystander = api.call('GET', `/v1/jobs/${id}`, prefer('wait=50'));
    // Until they wait: each process has read the key when it answers another call with it.
    await Promise.all([app, api].map((one) => one.call('GET', '/v1/jobs', { key })));
    const revokedAt = Date.now();
    await app.call('DELETE', `/v1/clients/${owner.id}/keys/${keyId}`, { key: ADMIN_KEY });
    for (const answer of await Promise.all(waiting)) {
      expect(answer).toMatchObject({ status: 401, body: { code: 'invalid_key' } });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    }
    expect(Math.max(...(await Promise.all(answeredAt))) - revokedAt).toBeLessThan(2_000);
    gates.release();
    expect((await bystander).body.status).toBe('COMPLETED');
  });

  it('holds no database connection: more waits than the pool has connections', async () => {
    const id = await submitScript(app, owner.id, 'wait');
    const waiting = Array.from({ length: 60 }, () => api.call('GET', `/v1/jobs/${id}`, prefer('wait=60')));
    expect((await api.call('GET', '/v1/jobs', { key: owner.key })).status).toBe(200);
    await waitFor(() => gates.waiting.length > 0, { what: 'the job' });
    gates.release();
    for (const answer of await Promise.all(waiting)) expect(answer.body.status).toBe('COMPLETED');
  });
});
