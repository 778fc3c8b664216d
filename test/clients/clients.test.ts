import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiKeyRecognitionService } from '../../src/clients/api-key-recognition.service';
import { Scope } from '../../src/clients/scope';
import { migrate } from '../../src/database/migrate';
import { waitFor } from '../support/services';
import { TestApp } from '../support/test-app';
import { ADMIN_KEY } from '../support/test-config';
import { OpenApi } from '../http/support/openapi';
import { TestReceiver } from '../webhooks/test-receiver';
import { AUDIT_ACTIONS } from '../../src/clients/audit-entry';

const JOBS = '/v1/jobs';

let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start({ ROLE: 'api', CALLBACK_ALLOWED_ADDRESSES: '127.0.0.0/8' });
});

afterAll(() => app.stop());

const admin = (method: string, path: string, body?: unknown) =>
  app.call(method, path, { key: ADMIN_KEY, body });

async function newClient(): Promise<{ id: string; keys: string }> {
  const { status, body } = await admin('POST', '/v1/clients', { name: `client ${randomUUID()}` });
  expect(status).toBe(201);
  return { id: body.id, keys: `/v1/clients/${body.id}/keys` };
}

async function newKey(
  keys: string,
  body: Record<string, unknown> = {},
): Promise<{ id: string; key: string; path: string }> {
  const answer = await admin('POST', keys, { name: 'a key', scopes: [Scope.Reports], ...body });
  expect(answer.status).toBe(201);
  return { ...answer.body, path: `${keys}/${answer.body.id}` };
}

const statusWith = async (key: string, at = app): Promise<number> =>
  (await at.call('GET', JOBS, { key })).status;

describe('clients', () => {
  it('are created, read and listed', async () => {
    const name = `client ${randomUUID()}`;
    const made = await admin('POST', '/v1/clients', { name });
    expect(made).toMatchObject({ status: 201, body: { name } });
    expect(made.headers.get('location')).toBe(`/v1/clients/${made.body.id}`);
    expect((await admin('GET', `/v1/clients/${made.body.id}`)).body).toEqual(made.body);
    expect((await admin('GET', '/v1/clients')).body.data).toContainEqual(made.body);
  });

  it('have names of their own', async () => {
    const name = `client ${randomUUID()}`;
    await admin('POST', '/v1/clients', { name });
    expect(await admin('POST', '/v1/clients', { name })).toMatchObject({
      status: 409,
      body: { code: 'client_exists' },
    });
  });

  it('are listed in pages without gaps', async () => {
    const made = [await newClient(), await newClient(), await newClient()].map(({ id }) => id);
    const seen: string[] = [];
    let path: string | null = '/v1/clients?page_size=2';
    while (path !== null) {
      const page = await admin('GET', path);
      seen.push(...page.body.data.map(({ id }: { id: string }) => id));
      path = /<(.*)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1] ?? null;
    }
    expect(seen).toEqual(expect.arrayContaining(made));
    expect(new Set(seen).size).toBe(seen.length);
  });

  it.each([
    ['', 'an empty name'],
    [' a', 'a framed one'],
    ['a\u0000b', 'a control character'],
    ['x'.repeat(201), 'a long one'],
  ])('cannot be called %j: %s', async (name) => {
    expect(await admin('POST', '/v1/clients', { name })).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'name' }] },
    });
  });
});

describe('keys', () => {
  it('work at once, for their scopes only, and are shown once', async () => {
    const { keys } = await newClient();
    const { key, id } = await newKey(keys, { scopes: [Scope.Reports] });
    expect(key).toMatch(/^ork_[\w-]{32}[0-9a-f]{8}$/);
    expect(await statusWith(key)).toBe(200);
    expect((await app.call('GET', '/v1/webhooks/endpoints', { key })).status).toBe(403);
    const listed = await admin('GET', keys);
    expect(listed.body.data).toEqual([
      expect.objectContaining({ id, scopes: ['reports'], revoked_at: null }),
    ]);
    expect(JSON.stringify(listed.body)).not.toContain(key);
  });

  it('end when they are revoked', async () => {
    const { keys } = await newClient();
    const { key, path } = await newKey(keys);
    expect(await statusWith(key)).toBe(200);
    expect((await admin('DELETE', path)).status).toBe(204);
    expect(await statusWith(key)).toBe(401);
    expect((await admin('DELETE', path)).status).toBe(204);
    expect((await admin('GET', keys)).body.data[0].revoked_at).not.toBeNull();
  });

  it('end on every other process soon after', async () => {
    const other = await TestApp.start({ ROLE: 'api' }, app);
    try {
      const { keys } = await newClient();
      const { key, path } = await newKey(keys);
      expect(await statusWith(key, other)).toBe(200);
      await admin('DELETE', path);
      await waitFor(async () => (await statusWith(key, other)) === 401, {
        what: 'the refusal',
      });
    } finally {
      await other.app.close();
    }
  });

  it('are asked for once until they change, and every change counts within two seconds', async () => {
    const { id, keys } = await newClient();
    const [used, late, gone] = [await newKey(keys), await newKey(keys), await newKey(keys)];
    const recognition = app.app.get(ApiKeyRecognitionService);
    const nameWith = async ({ key }: { key: string }) => (await recognition.recognize(key))?.client.name;
    const name = (await nameWith(used))!;
    for (const each of [late, gone]) expect(await nameWith(each)).toBe(name);
    const change = (sql: string, ...parameters: string[]) => app.dataSource.query(sql, parameters);
    const soon = (what: string, holds: () => Promise<boolean>): Promise<unknown> =>
      waitFor(holds, { what, everyMs: 100, timeoutMs: 5_000 });

    // A change that began first, and is committed when later ones have been read.
    const other = app.dataSource.createQueryRunner();
    await other.startTransaction();
    await other.query('UPDATE api_key SET revoked_at = now() WHERE id = $1', [late.id]);
    const renamed = `client ${randomUUID()}`;
    await change('UPDATE client SET name = $2 WHERE id = $1', id, renamed);
    for (const each of [used, late])
      await soon('the new name', async () => (await nameWith(each)) === renamed);
    await change('DELETE FROM api_key WHERE id = $1', gone.id);
    await soon('the end of a removed key', async () => (await nameWith(gone)) === undefined);

    const asked = jest.spyOn(app.dataSource, 'query');
    const until = Date.now() + 3_500;
    while (Date.now() < until) {
      expect(await nameWith(used)).toBe(renamed);
      expect(await nameWith(late)).toBe(renamed);
      await sleep(20);
    }
    expect(asked.mock.calls.filter(([sql]) => sql.includes('FROM api_key k'))).toEqual([]);
    asked.mockRestore();

    await other.commitTransaction();
    await other.release();
    await soon('the end of a key that was revoked long before', async () => {
      return (await nameWith(late)) === undefined;
    });
  });

  it('end when they expire, to the second, although they were just used', async () => {
    const { keys } = await newClient();
    const expiresAt = Date.now() + 5_000;
    const { key } = await newKey(keys, { expires_at: new Date(expiresAt).toISOString() });
    expect(await statusWith(key)).toBe(200);
    let end: number;
    do {
      const begin = Date.now();
      const status = await statusWith(key);
      end = Date.now();
      // One that is asked while it expires may be answered either way.
      if (begin > expiresAt) expect(status).toBe(401);
      if (end < expiresAt) expect(status).toBe(200);
      await sleep(20);
    } while (end < expiresAt + 500);
  });

  it('are rotated with an overlap, or without one', async () => {
    const { keys } = await newClient();
    const first = await newKey(keys, { scopes: [Scope.Reports, Scope.Orders] });
    const second = await admin('POST', `${first.path}/rotate`);
    expect(second).toMatchObject({
      status: 201,
      body: { name: 'a key', scopes: ['reports', 'orders'], expires_at: null },
    });
    expect([await statusWith(first.key), await statusWith(second.body.key)]).toEqual([200, 200]);
    const old = (await admin('GET', keys)).body.data.find(({ id }: { id: string }) => id === first.id);
    expect(Date.parse(old.expires_at) - Date.now()).toBeGreaterThan(23 * 3_600_000);

    const third = await admin('POST', `${keys}/${second.body.id}/rotate`, { overlap_seconds: 0 });
    expect([await statusWith(second.body.key), await statusWith(third.body.key)]).toEqual([401, 200]);
    expect((await admin('POST', `${keys}/${second.body.id}/rotate`)).status).toBe(404);
  });

  it('are not rotated without saying for how long the old one lives', async () => {
    const { keys } = await newClient();
    const { path } = await newKey(keys);
    const refused = await admin('POST', `${path}/rotate`, { overlap_seconds: null });
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ field: 'overlap_seconds' }] } });
  });

  it('never live longer for being rotated', async () => {
    const { keys } = await newClient();
    const expires_at = new Date(Date.now() + 3_600_000).toISOString();
    const { path, id } = await newKey(keys, { expires_at });
    const rotated = await admin('POST', `${path}/rotate`);
    expect(rotated.body.expires_at).toBe(expires_at);
    const old = (await admin('GET', keys)).body.data.find((key: { id: string }) => key.id === id);
    expect(old.expires_at).toBe(expires_at);
  });

  it('belong to one client', async () => {
    const mine = await newClient();
    const theirs = await newClient();
    const { id, key } = await newKey(theirs.keys);
    expect((await admin('DELETE', `${mine.keys}/${id}`)).status).toBe(404);
    expect((await admin('POST', `${mine.keys}/${id}/rotate`)).status).toBe(404);
    expect(await statusWith(key)).toBe(200);
    const nobody = `/v1/clients/${randomUUID()}/keys`;
    expect((await admin('POST', nobody, { name: 'k', scopes: ['reports'] })).status).toBe(404);
    expect((await admin('GET', nobody)).status).toBe(404);
  });

  it.each([
    [{ scopes: [] }, 'scopes'],
    [{ scopes: ['root'] }, 'scopes'],
    [{ scopes: ['reports', 'reports'] }, 'scopes'],
    [{ name: '' }, 'name'],
    [{ expires_at: '2016-01-01T00:00:00Z' }, 'expires_at'],
    [{ expires_at: '2999-01-01' }, 'expires_at'],
    [{ expires_at: 'tomorrow' }, 'expires_at'],
    [{ expires_at: null }, 'expires_at'],
    [{ client_id: randomUUID() }, 'client_id'],
    [{ hash: 'x' }, 'hash'],
  ])('are refused with %j', async (body, field) => {
    const { keys } = await newClient();
    const answer = await admin('POST', keys, { name: 'k', scopes: ['reports'], ...body });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ field }] } });
  });
});

it('writes down who did what, and no secret', async () => {
  const { id, keys } = await newClient();
  const first = await newKey(keys);
  const second = await admin('POST', `${first.path}/rotate`, { overlap_seconds: 0 });
  await admin('DELETE', `${keys}/${second.body.id}`);
  await admin('DELETE', `${keys}/${second.body.id}`);
  const trail = await admin('GET', `/v1/audit?client_id=${id}`);
  expect(trail.body.data.map(({ action, key_id }: Record<string, string>) => [action, key_id])).toEqual([
    ['key.revoked', second.body.id],
    ['key.rotated', first.id],
    ['key.issued', first.id],
    ['client.created', null],
  ]);
  const [operator] = await app.dataSource.query('SELECT id, client_id FROM api_key WHERE name = $1', [
    'ADMIN_API_KEY',
  ]);
  expect(trail.body.data[0]).toMatchObject({
    actor: { client_id: operator.client_id, key_id: operator.id },
    request_id: expect.any(String),
  });
  for (const secret of [first.key, second.body.key]) expect(JSON.stringify(trail.body)).not.toContain(secret);
});

/** What of each route that changes something is in the audit trail; of an ordinary one nothing is. */
const ACTS: Record<string, string> = {
  'POST /v1/clients': 'client.created',
  'POST /v1/clients/{id}/keys': 'key.issued',
  'POST /v1/clients/{id}/keys/{key_id}/rotate': 'key.rotated',
  'DELETE /v1/clients/{id}/keys/{key_id}': 'key.revoked',
  'POST /v1/keys': 'key.issued',
  'DELETE /v1/keys/{id}': 'key.revoked',
  'POST /v1/jobs/{id}/retry': 'job.retried',
  'DELETE /v1/orders/reports/{id}': 'file.deleted',
  'PUT /v1/webhooks/settings': 'settings.changed',
  'POST /v1/webhooks/signing-secret/rotate': 'secret.rotated',
  'POST /v1/webhooks/endpoints': 'endpoint.created',
  'PATCH /v1/webhooks/endpoints/{id}': 'endpoint.changed',
  'DELETE /v1/webhooks/endpoints/{id}': 'endpoint.deleted',
  'POST /v1/webhooks/endpoints/{id}/verify': 'endpoint.challenged',
  'POST /v1/webhooks/endpoints/{id}/rotate-secret': 'secret.rotated',
  'POST /v1/webhooks/deliveries/{id}/redeliver': 'delivery.redelivered',
  'POST /v1/webhooks/deliveries/redeliver': 'delivery.resend_requested',
  'POST /v1/webhooks/endpoints/{id}/recover': 'delivery.resend_requested',
  'PUT /v1/brand': 'brand.changed',
  'PUT /v1/brand/logo': 'logo.changed',
  'DELETE /v1/brand/logo': 'logo.deleted',
  'POST /v1/erasures': 'erasure.requested',
  'DELETE /v1/clients/{id}': 'erasure.requested',
};
const ORDINARY = [
  // Their own record is the feed of changes.
  'POST /v1/orders',
  'PUT /v1/orders/by-number/{number}',
  'PATCH /v1/orders/{id}',
  'DELETE /v1/orders/{id}',
  'POST /v1/orders/imports',
  'POST /v1/orders/reports',
  'DELETE /v1/orders/reports/status/{id}',
  'POST /v1/jobs',
  'DELETE /v1/jobs/{id}',
  // It is signed and not stored, and ends within the hour.
  'POST /v1/jobs/{id}/tokens',
  'POST /v1/tasks/claim',
  'PUT /v1/tasks/{id}',
  'POST /v1/webhooks/endpoints/{id}/test',
];

describe('an administrative act', () => {
  let receiver: TestReceiver;

  beforeAll(async () => {
    receiver = await TestReceiver.start();
  });

  afterAll(() => receiver.stop());

  it('is what every route does that changes something, unless it is named as an ordinary one', async () => {
    const { operations } = await OpenApi.of(app);
    const changing = operations.filter(({ method }) => method !== 'GET' && method !== 'HEAD');
    expect(changing.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(
      [...Object.keys(ACTS), ...ORDINARY].sort(),
    );
    const ofStarts = ['key.changed', 'secret.resealed'];
    expect([...AUDIT_ACTIONS].sort()).toEqual([...new Set([...Object.values(ACTS), ...ofStarts])].sort());
  });

  it('of a client over its callbacks is in the trail with its key and request, and without secrets', async () => {
    const { id, keys } = await newClient();
    const { key, id: keyId } = await newKey(keys, { scopes: [Scope.Webhooks] });
    const entries: object[] = [];
    const secrets: string[] = [];
    const act = async (route: string, details: object, body?: unknown, ids = ''): Promise<string> => {
      const [method = '', path = ''] = route.split(' ');
      const answer = await app.call(method, path.replace('{id}', ids), { key, body });
      expect(answer.status).toBeLessThan(300);
      if (answer.body?.secret !== undefined) secrets.push(answer.body.secret);
      const made = ids === '' ? answer.body?.id : ids;
      entries.push({
        action: ACTS[route],
        actor: { type: 'key', client_id: id, key_id: keyId },
        client_id: id,
        key_id: null,
        request_id: answer.headers.get('x-request-id'),
        details: { ...details, ...(/endpoints/.test(path) && { endpoint_id: made }) },
      });
      return made;
    };
    const origin = new URL(receiver.url()).origin;
    const token = `/hooks/${randomUUID()}`;
    const url = receiver.url(token);
    secrets.push(token);
    await act(
      'PUT /v1/webhooks/settings',
      { unregistered_callbacks: 'verified_origins' },
      {
        unregistered_callbacks: 'verified_origins',
      },
    );
    await act('POST /v1/webhooks/signing-secret/rotate', { overlap_seconds: 60 }, { overlap_seconds: 60 });
    const endpoint = await act('POST /v1/webhooks/endpoints', { origin }, { url });
    await act('POST /v1/webhooks/endpoints/{id}/verify', {}, undefined, endpoint);
    const tested = await app.call('POST', `/v1/webhooks/endpoints/${endpoint}/test`, { key });
    await act(
      'POST /v1/webhooks/deliveries/{id}/redeliver',
      { delivery_id: tested.body.id },
      undefined,
      tested.body.id,
    );
    await act(
      'PATCH /v1/webhooks/endpoints/{id}',
      { fields: ['description', 'enabled'], enabled: false },
      { description: 'the password is swordfish', enabled: false },
      endpoint,
    );
    secrets.push('swordfish');
    await act('POST /v1/webhooks/endpoints/{id}/rotate-secret', { overlap_seconds: 86_400 }, {}, endpoint);
    const moving = await act('POST /v1/webhooks/endpoints', { origin }, { url: receiver.url('/before') });
    await act('PATCH /v1/webhooks/endpoints/{id}', { fields: ['url'], origin }, { url: `${url}/2` }, moving);
    await act('DELETE /v1/webhooks/endpoints/{id}', { origin }, undefined, endpoint);

    // What fails or changes nothing leaves none.
    await app.call('DELETE', `/v1/webhooks/endpoints/${endpoint}`, { key });
    await app.call('PUT', '/v1/webhooks/settings', {
      key,
      body: { unregistered_callbacks: 'verified_origins' },
    });
    const trail = (await admin('GET', `/v1/audit?client_id=${id}`)).body.data.reverse();
    expect(trail.slice(2)).toEqual(
      entries.map((entry) => ({ ...entry, id: expect.any(String), occurred_at: expect.any(String) })),
    );
    for (const secret of secrets) expect(JSON.stringify(trail)).not.toContain(secret);
  });
});

describe('the audit trail', () => {
  const REFUSED = { driverError: { code: '42501' } };

  beforeAll(() => newClient());

  it.each([
    `UPDATE audit_entry SET details = '{}'`,
    'DELETE FROM audit_entry',
    `DELETE FROM audit_entry WHERE occurred_at < now() - interval '1 minute' OR true`,
    'TRUNCATE audit_entry',
    'TRUNCATE audit_entry, client CASCADE',
  ])('refuses %s', async (statement) => {
    const before = await app.dataSource.query('SELECT * FROM audit_entry ORDER BY id');
    expect(before).not.toHaveLength(0);
    await expect(app.dataSource.query(statement)).rejects.toMatchObject(REFUSED);
    // As what restores or replicates a database sets it, without the triggers of most tables.
    await expect(
      app.dataSource.transaction(async (manager) => {
        await manager.query('SET LOCAL session_replication_role = replica');
        await manager.query(statement);
      }),
    ).rejects.toMatchObject(REFUSED);
    expect(await app.dataSource.query('SELECT * FROM audit_entry ORDER BY id')).toEqual(before);
  });

  it('lets go of what is old enough, and of nothing else', async () => {
    const client = randomUUID();
    const write = (days: number): Promise<unknown> =>
      app.dataSource.query(
        `INSERT INTO audit_entry (actor_type, action, client_id, occurred_at)
         VALUES ('start', 'client.created', $1, now() - make_interval(days => $2))`,
        [client, days],
      );
    await write(399);
    await write(401);
    const remove = (than: string): Promise<unknown> =>
      app.dataSource.query(
        `DELETE FROM audit_entry WHERE client_id = $1 AND occurred_at ${than} now() - interval '400 days'`,
        [client],
      );
    await expect(remove('>')).rejects.toMatchObject(REFUSED);
    await remove('<');
    expect((await admin('GET', `/v1/audit?client_id=${client}`)).body.data).toHaveLength(1);
  });

  it('takes no entry without its actor', async () => {
    await expect(
      app.dataSource.query(`INSERT INTO audit_entry (action, client_id) VALUES ('key.issued', $1)`, [
        randomUUID(),
      ]),
    ).rejects.toMatchObject({ driverError: { constraint: 'audit_entry_actor' } });
  });

  it('is out of reach for the lesser role of docs/keys-and-audit.md, as which the service runs', async () => {
    const role = `app_${randomUUID().replaceAll('-', '')}`;
    const docs = readFileSync(join(__dirname, '../../docs/keys-and-audit.md'), 'utf8');
    const [, grants = ''] = /^ *```sql\n( *CREATE ROLE [^]*?)^ *```$/m.exec(docs) ?? [];
    await app.dataSource.query(grants.replaceAll('order_reports_app', role));
    const { href } = Object.assign(new URL(app.config.databaseUrl), { username: role, password: '…' });
    await migrate(href);
    const lesser = await TestApp.start({ DATABASE_URL: href }, app);
    try {
      const period = { start_date: '2016-01-01', end_date: '2016-02-01', format: 'csv' };
      const { body } = await lesser.call('POST', '/v1/orders/reports', { body: period });
      expect((await lesser.polled(`/v1/orders/reports/status/${body.id}`)).status).toBe(303);
      expect((await lesser.call('GET', '/v1/audit', { key: ADMIN_KEY })).status).toBe(200);
      for (const statement of [
        'DELETE FROM audit_entry',
        'ALTER TABLE audit_entry DISABLE TRIGGER ALL',
        'CREATE OR REPLACE FUNCTION audit_retention() RETURNS interval LANGUAGE sql RETURN now() - now()',
        `UPDATE audit_entry SET details = '{}'`,
      ])
        await expect(lesser.dataSource.query(statement)).rejects.toMatchObject(REFUSED);
      // Which is what the service does by itself, and so not the owner's work.
      const old = randomUUID();
      await app.dataSource.query(
        `INSERT INTO audit_entry (actor_type, action, client_id, occurred_at)
         VALUES ('start', 'client.created', $1, now() - interval '401 days')`,
        [old],
      );
      await lesser.dataSource.query('DELETE FROM audit_entry WHERE client_id = $1', [old]);
      expect((await admin('GET', `/v1/audit?client_id=${old}`)).body.data).toEqual([]);
    } finally {
      await lesser.app.close();
      await app.dataSource.query(`DROP OWNED BY ${role}`);
      await app.dataSource.query(`DROP ROLE ${role}`);
    }
  });
});
