import { randomUUID } from 'node:crypto';
import { Scope } from '../../src/clients/scope';
import { waitFor } from '../support/services';
import { Answer, TestApp } from '../support/test-app';
import { ADMIN_KEY } from '../support/test-config';
import { TestReceiver } from '../webhooks/test-receiver';
import { OpenApi, Operation } from './support/openapi';
import { declaredRoutes, nameOf, Route, servedRoutes } from './support/routes';
import { addressOf, exampleCall, issueKey, newTenant, TENANT_SETTINGS, Tenant } from './support/tenant';

/** The page that shows the document, and the document. */
const DOCS = /^GET \/(docs(\/.*)?|openapi\.(json|yaml))$/;

let app: TestApp;
let receiver: TestReceiver;
let openApi: OpenApi;
let routes: Route[];
let owner: Tenant;
let stranger: Tenant;
let expired: string;
let revoked: string;

beforeAll(async () => {
  receiver = await TestReceiver.start();
  app = await TestApp.start({
    ...TENANT_SETTINGS,
    ROLE: 'api',
    CALLBACK_ALLOWED_ADDRESSES: '127.0.0.0/8',
    RATE_LIMIT_ADDRESS: '100000',
  });
  openApi = await OpenApi.of(app);
  routes = declaredRoutes(app);
  owner = await newTenant(app, openApi, receiver);
  stranger = await newTenant(app, openApi, receiver);

  const all = Object.values(Scope);
  const ending = await issueKey(app, owner.id, all, { expires_at: '2999-01-01T00:00:00Z' });
  const ended = await issueKey(app, owner.id, all);
  for (const { key } of [ending, ended])
    expect((await app.call('GET', '/v1/jobs', { key })).status).toBe(200);
  await app.call('DELETE', `/v1/clients/${owner.id}/keys/${ended.id}`, { key: ADMIN_KEY });
  await app.dataSource.query(`UPDATE api_key SET expires_at = now() - interval '1 s' WHERE id = $1`, [
    ending.id,
  ]);
  [expired, revoked] = [ending.key, ended.key];
  await waitFor(async () => (await app.call('GET', '/v1/jobs', { key: expired })).status === 401, {
    what: 'the expiry',
  });
});

afterAll(async () => {
  await app.stop();
  await receiver.stop();
});

const guarded = (): Route[] => routes.filter(({ isPublic }) => !isPublic);

/** Calls a route as the document shows it, on what belongs to somebody. */
function call(route: Route, ids: Record<string, string>, key: string | null): Promise<Answer> {
  const operation = operationOf(route);
  return app.call(route.method, addressOf(route.path, ids) + openApi.exampleQuery(operation), {
    key,
    ...exampleCall(openApi, operation, receiver),
  });
}

const operationOf = (route: Route): Operation =>
  openApi.operations.find((one) => nameOf(one) === nameOf(route))!;

const isStream = (route: Route): boolean =>
  operationOf(route).responses['200']?.content?.['text/event-stream'] !== undefined;

/** The beginning of a stream of the owner's. */
async function opened(route: Route): Promise<Answer> {
  const abort = new AbortController();
  const { status, headers } = await fetch(app.url + addressOf(route.path, owner.ids), {
    headers: { Authorization: `Bearer ${owner.key}` },
    signal: abort.signal,
  });
  abort.abort();
  return { status, headers, body: undefined };
}

/** The routes that do not answer as they should, each with its answer. */
async function failures(
  of: Route[],
  ask: (route: Route) => Promise<Answer>,
  isRight: (answer: Answer, route: Route) => boolean,
): Promise<string[]> {
  const seen: string[] = [];
  for (const route of of) {
    const answer = await ask(route);
    if (!isRight(answer, route))
      seen.push(`${nameOf(route)}: ${answer.status} ${JSON.stringify(answer.body)}`);
  }
  return seen;
}

const is =
  (status: number, code: string) =>
  (answer: Answer): boolean =>
    answer.status === status && answer.body.code === code;

it('knows every route that the server answers', () => {
  const served = servedRoutes(app).filter((name) => !DOCS.test(name));
  expect(served.length).toBeGreaterThan(30);
  expect([...new Set(served)].sort()).toEqual(routes.map(nameOf).sort());
});

it('finds every route in the document, with its need of a key', () => {
  const documented = openApi.operations.map((operation) => [
    nameOf(operation),
    operation.security?.some((one) => 'api_key' in one) ?? false,
  ]);
  expect(Object.fromEntries(documented)).toEqual(
    Object.fromEntries(routes.map((route) => [nameOf(route), !route.isPublic])),
  );
});

it('finds a scope declared on every route, or that it is public', () => {
  const undeclared = routes.filter(({ isPublic, scopes }) => !isPublic && (scopes?.length ?? 0) === 0);
  expect(undeclared.map(nameOf)).toEqual([]);
});

it('refuses every route without a key', async () => {
  const ask = (route: Route) => call(route, owner.ids, null);
  expect(await failures(guarded(), ask, is(401, 'missing_key'))).toEqual([]);
});

it('refuses every route to a key that has expired', async () => {
  const ask = (route: Route) => call(route, owner.ids, expired);
  expect(await failures(guarded(), ask, is(401, 'invalid_key'))).toEqual([]);
});

it('refuses every route to a key that was revoked', async () => {
  const ask = (route: Route) => call(route, owner.ids, revoked);
  expect(await failures(guarded(), ask, is(401, 'invalid_key'))).toEqual([]);
});

it('refuses every route to a key with every scope but the right one', async () => {
  const keys = new Map<string, string>();
  const keyWithout = async (scopes: Scope[]): Promise<string> => {
    const others = Object.values(Scope).filter((scope) => !scopes.includes(scope));
    const known = keys.get(others.join()) ?? (await issueKey(app, owner.id, others)).key;
    keys.set(others.join(), known);
    return known;
  };
  const ask = async (route: Route) => call(route, owner.ids, await keyWithout(route.scopes ?? []));
  expect(await failures(guarded(), ask, is(403, 'missing_scope'))).toEqual([]);
});

it('opens with a token for a job that job alone, by the routes that the document says so of', async () => {
  const job = owner.ids['/v1/jobs/'];
  const permissions = ['read', 'stream', 'download', 'cancel'];
  const { body } = await app.call('POST', `/v1/jobs/${job}/tokens`, {
    key: owner.key,
    body: { permissions },
  });
  const takesTokens = (route: Route): boolean =>
    operationOf(route).security?.some((one) => 'job_token' in one) ?? false;
  const opening = guarded().filter(takesTokens);
  expect(opening.map(nameOf).sort()).toEqual([
    'DELETE /v1/jobs/{id}',
    'DELETE /v1/orders/reports/status/{id}',
    'GET /v1/jobs/{id}',
    'GET /v1/jobs/{id}/events',
    'GET /v1/orders/imports/{id}',
    'GET /v1/orders/reports/status/{id}',
    'GET /v1/orders/reports/{id}',
    'GET /v1/orders/reports/{id}/link',
    'GET /v1/tasks/{id}',
  ]);
  // Of the stranger's everything is another job, and of the owner's what is no report.
  const strange = (route: Route) => call(route, stranger.ids, body.token);
  expect(await failures(opening, strange, is(404, 'not_found'))).toEqual([]);
  const others = guarded().filter((route) => !takesTokens(route));
  const own = (route: Route) => call(route, owner.ids, body.token);
  expect(await failures(others, own, is(403, 'missing_permission'))).toEqual([]);
});

const PUT_BY_NUMBER = 'PUT /v1/orders/by-number/{number}';

describe('another client', () => {
  const isForTenants = ({ scopes = [] }: Route): boolean => scopes.some((scope) => scope !== Scope.Admin);
  const bare = ({ status, body }: Answer): string => JSON.stringify([status, { ...body, request_id: null }]);

  it('gets the same 404 for what is somebody else’s as for what does not exist', async () => {
    const nowhere = Object.fromEntries(Object.keys(owner.ids).map((path) => [path, randomUUID()]));
    // The number of an order that is put is free to everybody.
    const withIds = guarded().filter(
      (route) => isForTenants(route) && route.path.includes('{') && nameOf(route) !== PUT_BY_NUMBER,
    );
    expect(withIds.length).toBeGreaterThan(10);
    const differing = await failures(
      withIds,
      async (route) => {
        const foreign = await call(route, owner.ids, stranger.key);
        const missing = await call(route, nowhere, stranger.key);
        return bare(foreign) === bare(missing) ? foreign : { ...foreign, status: -foreign.status };
      },
      is(404, 'not_found'),
    );
    expect(differing).toEqual([]);
  });

  it('finds nothing of somebody else’s in any list', async () => {
    const lists = guarded().filter(
      (route) => isForTenants(route) && route.method === 'GET' && !route.path.includes('{'),
    );
    const secrets = Object.values(owner.ids);
    const hasNone = ({ body }: Answer): boolean => !secrets.some((id) => JSON.stringify(body).includes(id));
    expect(await failures(lists, (route) => call(route, {}, stranger.key), hasNone)).toEqual([]);
  });

  it('while the owner finds all of it', async () => {
    const reads = guarded().filter((route) => isForTenants(route) && route.method === 'GET');
    const answered = ({ status, body }: Answer): boolean => status < 400 || body.code === 'not_ready';
    const ask = (route: Route) => (isStream(route) ? opened(route) : call(route, owner.ids, owner.key));
    expect(await failures(reads, ask, answered)).toEqual([]);
    for (const path of ['/v1/jobs', '/v1/orders', '/v1/webhooks/endpoints', '/v1/webhooks/deliveries']) {
      const { body } = await app.call('GET', path, { key: owner.key });
      expect(JSON.stringify(body)).toContain(owner.ids[`${path}/`]);
    }
  });

  it('cannot administer with the keys of a tenant', async () => {
    const forOperators = guarded().filter((route) => !isForTenants(route));
    expect(forOperators.length).toBeGreaterThan(5);
    const ask = (route: Route) => call(route, owner.ids, stranger.key);
    expect(await failures(forOperators, ask, is(403, 'missing_scope'))).toEqual([]);
  });
});
