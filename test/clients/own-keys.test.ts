import { randomUUID } from 'node:crypto';
import { Scope } from '../../src/clients/scope';
import { Answer, TestApp } from '../support/test-app';
import { ADMIN_KEY, DEMO_KEY } from '../support/test-config';

const KEYS = '/v1/keys';

let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start({ ROLE: 'api' });
});

afterAll(() => app.stop());

const make = (key: string, body: Record<string, unknown> = {}): Promise<Answer> =>
  app.call('POST', KEYS, { key, body: { name: 'a key', scopes: [Scope.Reports], ...body } });

const shop = (scopes?: Scope[]): Promise<{ id: string; key: string }> =>
  app.client(`shop ${randomUUID()}`, scopes);

const listOf = async (key: string): Promise<Record<string, unknown>[]> =>
  (await app.call('GET', KEYS, { key })).body.data;

/** What is left of a life, in seconds. */
const secondsUntil = (time: string): number => (Date.parse(time) - Date.now()) / 1_000;

describe('keys by their own owners', () => {
  it('are made, listed and deleted, and work meanwhile', async () => {
    const { id: clientId, key: own } = await shop();
    const made = await make(own, { scopes: [Scope.Reports, Scope.Orders] });
    expect(made).toMatchObject({
      status: 201,
      body: { client_id: clientId, name: 'a key', scopes: ['reports', 'orders'], expires_at: null },
    });
    const { key, id } = made.body;
    const [listed, first] = await listOf(own);
    expect(listed).toEqual({ ...made.body, key: undefined });
    expect(listed).toMatchObject({ id, issued_by: first!['id'] });
    expect(first).toMatchObject({ issued_by: null });

    expect((await app.call('GET', '/v1/jobs', { key })).status).toBe(200);
    expect((await app.call('GET', '/v1/events', { key })).status).toBe(403);
    expect((await app.call('DELETE', `${KEYS}/${id}`, { key: own })).status).toBe(204);
    expect((await app.call('GET', '/v1/jobs', { key })).status).toBe(401);
    expect((await app.call('DELETE', `${KEYS}/${id}`, { key: own })).status).toBe(204);
    expect((await listOf(own))[0]).toMatchObject({ id, revoked_at: expect.any(String) });
  });

  it('are in the audit trail, with the key that made and deleted them', async () => {
    const { id: clientId, key: own } = await shop();
    const { body } = await make(own);
    await app.call('DELETE', `${KEYS}/${body.id}`, { key: own });
    const trail = await app.call('GET', `/v1/audit?client_id=${clientId}&page_size=2`, { key: ADMIN_KEY });
    const actor = { type: 'key', client_id: clientId, key_id: body.issued_by };
    expect(trail.body.data).toMatchObject([
      { action: 'key.revoked', key_id: body.id, actor },
      { action: 'key.issued', key_id: body.id, actor, details: { name: 'a key', scopes: ['reports'] } },
    ]);
    expect(JSON.stringify(trail.body)).not.toContain(body.key);
  });

  it('need the scope keys', async () => {
    const { key } = await shop(Object.values(Scope).filter((scope) => scope !== Scope.Keys));
    for (const [method, path] of [
      ['POST', KEYS],
      ['GET', KEYS],
      ['DELETE', `${KEYS}/${randomUUID()}`],
    ] as const) {
      const body = method === 'POST' ? { name: 'k', scopes: [Scope.Reports] } : undefined;
      expect(await app.call(method, path, { key, body })).toMatchObject({
        status: 403,
        body: { code: 'missing_scope' },
      });
    }
  });

  it('can do no more than the key that makes them, and end none that can', async () => {
    const { key: own } = await shop();
    const lesser = await make(own, { scopes: [Scope.Keys, Scope.Reports] });
    expect((await make(lesser.body.key)).status).toBe(201);
    expect((await make(lesser.body.key, { scopes: [Scope.Keys] })).status).toBe(201);
    expect(await make(lesser.body.key, { scopes: [Scope.Reports, Scope.Admin] })).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'scopes', message: expect.stringContaining('without admin') }] },
    });
    const [first] = (await listOf(own)).filter(({ issued_by }) => issued_by === null);
    expect(
      await app.call('DELETE', `${KEYS}/${String(first!['id'])}`, { key: lesser.body.key }),
    ).toMatchObject({
      status: 403,
      body: { code: 'missing_scope' },
    });
    expect((await app.call('GET', '/v1/jobs', { key: own })).status).toBe(200);
  });

  it('live no longer than the key that makes them', async () => {
    const { key: own } = await shop();
    const end = new Date(Date.now() + 3_600_000).toISOString();
    const maker = await make(own, { scopes: [Scope.Keys, Scope.Reports], expires_at: end });
    expect((await make(maker.body.key)).body.expires_at).toBe(end);
    const shorter = await make(maker.body.key, { expires_at: new Date(Date.now() + 60_000).toISOString() });
    expect(secondsUntil(shorter.body.expires_at)).toBeLessThan(61);
    expect(
      await make(maker.body.key, { expires_at: new Date(Date.now() + 3_601_000).toISOString() }),
    ).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'expires_at', message: expect.stringContaining(end) }] },
    });
  });

  it('may delete themselves', async () => {
    const { key: own } = await shop();
    const { body } = await make(own, { scopes: [Scope.Keys] });
    expect((await app.call('DELETE', `${KEYS}/${body.id}`, { key: body.key })).status).toBe(204);
    expect((await app.call('GET', KEYS, { key: body.key })).status).toBe(401);
  });

  it('are those of one client', async () => {
    // Of what its key can do, none is said.
    const [mine, theirs] = [await shop([Scope.Keys]), await shop()];
    const { body } = await make(theirs.key);
    for (const id of [body.id, randomUUID()]) {
      expect(await app.call('DELETE', `${KEYS}/${id}`, { key: mine.key })).toMatchObject({
        status: 404,
        body: { detail: 'There is no such key.' },
      });
    }
    expect((await app.call('GET', '/v1/jobs', { key: body.key })).status).toBe(200);
    expect((await listOf(mine.key)).map(({ id }) => id)).not.toContain(body.id);
  });

  it('are listed in pages without gaps', async () => {
    const { key: own } = await shop();
    const made = [await make(own), await make(own), await make(own)].map(({ body }) => body.id);
    const seen: string[] = [];
    let path: string | null = `${KEYS}?page_size=2`;
    while (path !== null) {
      const page: Answer = await app.call('GET', path, { key: own });
      seen.push(...page.body.data.map(({ id }: { id: string }) => id));
      path = /<(.*)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1] ?? null;
    }
    expect(seen.slice(0, 3)).toEqual(made.reverse());
    expect(new Set(seen).size).toBe(4);
  });

  it('are a thousand good ones at most, however many have ended', async () => {
    const { id: clientId, key: own } = await shop();
    await app.dataSource.query(
      `INSERT INTO api_key (client_id, name, hash, prefix, scopes, expires_at, revoked_at)
       SELECT $1::uuid, 'many', sha256(($1::uuid || ' ' || n)::bytea), 'ork_', '{reports}',
         CASE WHEN n > 3000 THEN now() - interval '1 s' END, CASE WHEN n > 1998 THEN now() END
       FROM generate_series(1000, 4000) n`,
      [clientId],
    );
    const last = await make(own);
    expect(last.status).toBe(409);
    expect(last.body.code).toBe('too_many_keys');
    await app.dataSource.query(
      `UPDATE api_key SET revoked_at = now() WHERE id = (
         SELECT id FROM api_key WHERE client_id = $1 AND name = 'many' AND revoked_at IS NULL LIMIT 1)`,
      [clientId],
    );
    expect((await make(own)).status).toBe(201);
    expect((await make(own)).status).toBe(409);
  });

  it('are not made by a key that was revoked a moment ago, as which a process still knows it', async () => {
    const { key: own } = await shop();
    const { body } = await make(own, { scopes: [Scope.Keys, Scope.Reports] });
    expect((await app.call('GET', KEYS, { key: body.key })).status).toBe(200);
    await app.dataSource.query('UPDATE api_key SET revoked_at = now() WHERE id = $1', [body.id]);
    expect((await make(body.key)).status).toBe(401);
  });

  it('are refused with what is no key, by the name of the field', async () => {
    const { key: own } = await shop();
    for (const [field, value] of [
      ['scopes', []],
      ['scopes', ['root']],
      ['name', ''],
      ['expires_at', '2016-01-01T00:00:00Z'],
      ['client_id', randomUUID()],
      ['issued_by', randomUUID()],
    ] as const)
      expect(await make(own, { [field]: value })).toMatchObject({
        status: 422,
        body: { errors: [{ field }] },
      });
    expect(await app.call('DELETE', `${KEYS}/mine`, { key: own })).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'id' }] },
    });
  });

  it('are within reach of the demo key, which has every scope but the operators own', async () => {
    const { body } = await app.call('GET', KEYS, { key: DEMO_KEY });
    expect(body.data[0].scopes.sort()).toEqual(
      Object.values(Scope)
        .filter((scope) => scope !== Scope.Admin)
        .sort(),
    );
  });
});
