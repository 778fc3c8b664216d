import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfiguredKeysService } from '../../src/clients/configured-keys.service';
import { Scope } from '../../src/clients/scope';
import type { AppConfig } from '../../src/config/app-config';
import { FirstStartService, welcome } from '../../src/app/first-start.service';
import { SampleOrdersService } from '../../src/orders/sample-orders.service';
import { TestApp } from '../support/test-app';
import { ADMIN_KEY, DEMO_KEY } from '../support/test-config';

const VARIABLE = 'DEMO_API_KEY';

let app: TestApp;
let keys: ConfiguredKeysService;
const warnings: string[] = [];

beforeAll(async () => {
  app = await TestApp.start({ ROLE: 'api' });
  keys = app.app.get(ConfiguredKeysService);
  // Those about keys alone: on a busy machine Redis may be late as well, and be warned of.
  jest.spyOn(Logger.prototype, 'warn').mockImplementation((line: string) => {
    if (/_API_KEY|The key in/.test(line)) warnings.push(line);
  });
});

beforeEach(() => void warnings.splice(0));

afterAll(async () => {
  jest.restoreAllMocks();
  await app.stop();
});

const newValue = (): string => `configured-key-${randomUUID()}`;
const admin = (method: string, path: string, body?: unknown) =>
  app.call(method, path, { key: ADMIN_KEY, body });
const statusWith = async (key: string, at = app): Promise<number> =>
  (await at.call('GET', '/v1/orders/reports', { key })).status;

/** As a start does that is configured with this key. */
const start = (client: string, key: string, scopes = [Scope.Reports]) =>
  keys.ensure(client, VARIABLE, key, scopes);

const keysOf = async (clientId: string) => (await admin('GET', `/v1/clients/${clientId}/keys`)).body.data;
const trailOf = async (clientId: string) =>
  (await admin('GET', `/v1/audit?client_id=${clientId}`)).body.data.reverse();
const actionsOf = async (clientId: string): Promise<string[]> =>
  (await trailOf(clientId)).map(({ action }: { action: string }) => action);

describe('a configured key', () => {
  it('is replaced by a new value of its variable, and never comes back', async () => {
    const [before, after] = [newValue(), newValue()];
    const { clientId } = await start('Replaced', before);
    expect(await statusWith(before)).toBe(200);
    expect(await start('Replaced', after)).toEqual({ clientId, refusal: null });
    expect([await statusWith(before), await statusWith(after)]).toEqual([401, 200]);
    // A process that still has the old value: it gets nothing by that, and takes nothing from the others.
    expect(await start('Replaced', before)).toEqual({ clientId, refusal: 'revoked' });
    expect([await statusWith(before), await statusWith(after)]).toEqual([401, 200]);
  });

  it('that was revoked stays revoked in every process, whatever starts; the start goes on, and warns', async () => {
    const clients = (await admin('GET', '/v1/clients')).body.data;
    const demo = clients.find(({ name }: { name: string }) => name === 'Demo').id;
    const [{ id }] = await keysOf(demo);
    expect(await statusWith(DEMO_KEY)).toBe(200);
    await admin('DELETE', `/v1/clients/${demo}/keys/${id}`);
    const other = await TestApp.start({ ROLE: 'api' }, app);
    try {
      expect(warnings).toEqual([
        'DEMO_API_KEY was revoked, and a key that was revoked stays so: no request is answered with it. ' +
          'Set DEMO_API_KEY to a new value, and start again.',
      ]);
      expect([await statusWith(DEMO_KEY), await statusWith(DEMO_KEY, other)]).toEqual([401, 401]);
      expect((await actionsOf(demo)).at(-1)).toBe('key.revoked');
      expect(await statusWith(ADMIN_KEY, other)).toBe(403);
    } finally {
      await other.app.close();
    }
    const repaired = newValue();
    const third = await TestApp.start({ ROLE: 'api', DEMO_API_KEY: repaired }, app);
    await third.app.close();
    expect(await statusWith(repaired)).toBe(200);
  });

  it('that has expired stays so', async () => {
    const key = newValue();
    const { clientId } = await start('Expired', key);
    const [{ id }] = await keysOf(clientId);
    await admin('POST', `/v1/clients/${clientId}/keys/${id}/rotate`, { overlap_seconds: 0 });
    expect((await start('Expired', key)).refusal).toBe('expired');
    expect(await statusWith(key)).toBe(401);
  });

  it('does not end the key that it was rotated to, which has its name', async () => {
    const key = newValue();
    const { clientId } = await start('Rotated', key);
    const [{ id }] = await keysOf(clientId);
    const rotated = await admin('POST', `/v1/clients/${clientId}/keys/${id}/rotate`);
    expect(rotated.body.name).toBe(VARIABLE);
    expect((await start('Rotated', key)).refusal).toBeNull();
    expect([await statusWith(key), await statusWith(rotated.body.key)]).toEqual([200, 200]);
  });

  it('that is another client’s stays that client’s, with the scopes that it has', async () => {
    const owner = await app.client('Owner of a key', [Scope.Reports]);
    expect((await start('Usurper', owner.key, [Scope.Admin])).refusal).toBe('of_another_client');
    expect(await statusWith(owner.key)).toBe(200);
    expect((await app.call('GET', '/v1/clients', { key: owner.key })).status).toBe(403);
  });

  it('is issued once by several starts at once, and of several values one is good in the end', async () => {
    const name = `Many ${randomUUID()}`;
    const same = newValue();
    const made = await Promise.all(Array.from({ length: 6 }, () => start(name, same)));
    const { clientId } = made[0]!;
    expect(made).toEqual(made.map(() => ({ clientId, refusal: null })));
    expect((await actionsOf(clientId)).sort()).toEqual(['client.created', 'key.issued']);

    const values = [newValue(), newValue(), newValue()];
    await Promise.all(values.map((value) => start(name, value)));
    const statuses = await Promise.all([same, ...values].map((value) => statusWith(value)));
    expect(statuses.sort()).toEqual([200, 401, 401, 401]);
  });

  it('leaves what the start did in the audit trail, as done by a start', async () => {
    const [first, second] = [newValue(), newValue()];
    const { clientId } = await start('Audited', first);
    await start('Audited', first, [Scope.Reports, Scope.Orders]);
    await start('Audited', first, [Scope.Reports, Scope.Orders]);
    await start('Audited', second, [Scope.Reports, Scope.Orders]);
    const trail = await trailOf(clientId);
    const [newer, older] = (await keysOf(clientId)).map(({ id }: { id: string }) => id);
    // What happens in one millisecond has no order.
    const entries = [
      { action: 'client.created', key_id: null, details: { name: 'Audited' } },
      { action: 'key.issued', key_id: older, details: { name: VARIABLE, scopes: ['reports'] } },
      { action: 'key.changed', key_id: older, details: { scopes: ['reports', 'orders'] } },
      { action: 'key.issued', key_id: newer, details: { scopes: ['reports', 'orders'] } },
      { action: 'key.revoked', key_id: older, details: { replaced_by: newer } },
    ].map(({ details, ...entry }) => ({ ...entry, details: expect.objectContaining(details) as unknown }));
    expect(trail).toHaveLength(entries.length);
    for (const entry of entries) expect(trail).toContainEqual(expect.objectContaining(entry));
    for (const entry of trail) {
      expect(entry.actor).toEqual({ type: 'start', client_id: null, key_id: null });
      expect(entry.request_id).toBeNull();
    }
    for (const key of [first, second]) expect(JSON.stringify(trail)).not.toContain(key);
  });
});

describe('a key that a start has made and kept', () => {
  const folder = mkdtempSync(join(process.env['TEST_FILES_DIR']!, 'kept-keys-'));

  /** As a start does whose database is its own, and which no variable gives a key. */
  async function startWithout(more: Partial<AppConfig> = {}): Promise<string | undefined> {
    const config = Object.assign(Object.create(app.config) as AppConfig, {
      adminApiKey: undefined,
      demoApiKey: undefined,
      keptKeysDir: folder,
      ...more,
    });
    const first = new FirstStartService(config, keys, app.app.get(SampleOrdersService, { strict: false }));
    await first.onApplicationBootstrap();
    return first.demoKey;
  }

  it('is the same at the next start, and made anew when it was revoked', async () => {
    const key = await startWithout();
    expect(await statusWith(key!)).toBe(200);
    expect(await startWithout()).toBe(key);
    const operator = readFileSync(join(folder, 'admin'), 'utf8').trim();
    const { body } = await app.call('GET', '/v1/clients', { key: operator });
    const demo = body.data.find(({ name }: { name: string }) => name === 'Demo').id;
    const kept = (await app.call('GET', `/v1/clients/${demo}/keys`, { key: operator })).body.data[0];
    await app.call('DELETE', `/v1/clients/${demo}/keys/${kept.id}`, { key: operator });
    expect(await statusWith(key!)).toBe(401);

    const next = await startWithout();
    expect(next).not.toBe(key);
    expect([await statusWith(key!), await statusWith(next!)]).toEqual([401, 200]);
    expect(readFileSync(join(folder, 'demo'), 'utf8').trim()).toBe(next);
    expect(warnings).toEqual([expect.stringContaining(`The key in ${folder}/demo was revoked`)]);
    expect(await startWithout()).toBe(next);
  });

  it('is no remedy for a variable whose key was revoked: the welcome then shows no key', async () => {
    const value = newValue();
    await startWithout({ demoApiKey: value });
    await startWithout({ demoApiKey: newValue() });
    expect(await startWithout({ demoApiKey: value })).toBeUndefined();
    const text = welcome('http://localhost:3000', undefined);
    expect(text).toContain('DEMO_API_KEY is not good any more');
    expect(text).not.toContain('KEY=');
  });
});
