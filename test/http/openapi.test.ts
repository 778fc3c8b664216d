import { randomUUID } from 'node:crypto';
import { Scope } from '../../src/clients/scope';
import { Answer, CallOptions, TestApp } from '../support/test-app';
import { EventReader } from '../support/event-reader';
import { waitFor } from '../support/services';
import { TestReceiver } from '../webhooks/test-receiver';
import { documentedAnswers } from './support/documented-answers';
import { OpenApi, Operation, Schema } from './support/openapi';
import { nameOf } from './support/routes';
import { validatorsOf } from './support/schema-validators';
import { addressOf, exampleCall, issueKey, newTenant, TENANT_SETTINGS, Tenant } from './support/tenant';

let app: TestApp;
let receiver: TestReceiver;
let openApi: OpenApi;
let tenant: Tenant;
/** A key for everything. */
let key: string;
let documented: ReturnType<typeof documentedAnswers> | undefined;
/** By operation, the status codes that were seen and found to be as documented. */
const seen = new Map<string, Set<number>>();

beforeAll(async () => {
  receiver = await TestReceiver.start();
  app = await TestApp.start({
    ...TENANT_SETTINGS,
    ROLE: 'api',
    CALLBACK_ALLOWED_ADDRESSES: '127.0.0.0/8',
    RATE_LIMIT_ADDRESS: '100000',
  });
  openApi = await OpenApi.of(app);
  tenant = await newTenant(app, openApi, receiver);
  key = (await issueKey(app, tenant.id, Object.values(Scope))).key;
});

afterAll(async () => {
  await app.stop();
  await receiver.stop();
});

/** Holds an answer against the document; throws with all that differs. */
function check(operation: Operation, answer: Answer): void {
  (documented ??= documentedAnswers(openApi))(operation, answer);
  seen.set(nameOf(operation), (seen.get(nameOf(operation)) ?? new Set()).add(answer.status));
}

const isStream = (operation: Operation): boolean =>
  operation.responses['200']?.content?.['text/event-stream'] !== undefined;

async function ask(
  operation: Operation,
  ids: Record<string, string>,
  options: CallOptions = {},
): Promise<Answer> {
  const address = addressOf(operation.path, ids) + openApi.exampleQuery(operation);
  const answer = await app.call(operation.method, address, {
    key,
    ...exampleCall(openApi, operation, receiver),
    ...options,
  });
  check(operation, answer);
  return answer;
}

/** Runs one question for each operation, and reports all that went wrong at once. */
async function forEach(
  operations: Operation[],
  question: (operation: Operation) => Promise<unknown>,
): Promise<void> {
  const wrong: string[] = [];
  for (const operation of operations) {
    await question(operation).catch((error: unknown) => wrong.push(`${nameOf(operation)}: ${String(error)}`));
  }
  expect(wrong).toEqual([]);
}

describe('is what generators can use:', () => {
  const VERBS =
    /^(cancel|claim|create|delete|download|get|list|open|poll|put|recover|redeliver|retry|revoke|rotate|stream|summarize|test|update|verify)[A-Z][A-Za-z]+$/;

  it('each operation has a name of its own, a verb and a noun', () => {
    const names = openApi.operations.map(({ operationId }) => operationId);
    expect(names.filter((name) => !VERBS.test(name))).toEqual([]);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
    expect(names).toEqual(expect.arrayContaining(['createOrderReport', 'getJob', 'downloadOrderReport']));
  });

  it('numbers are integers where integers are meant', () => {
    const numbers = [...schemasIn(openApi.document)].filter(([, { type }]) => type === 'number');
    expect(numbers.map(([path]) => path.split('/').slice(-2).join('/'))).toEqual([
      // Milliseconds with a digit after the point, and units of a drawing.
      'properties/dns',
      'properties/connect',
      'properties/tls',
      'properties/first_byte',
      'properties/total',
      'properties/width',
      'properties/height',
      'properties/width',
      'properties/height',
    ]);
  });

  it('no field of a request has a default, which makes it required to the readers of the document', () => {
    const requests = openApi.operations.flatMap(({ operationId, parameters, requestBody }) => [
      ...parameters.map(({ name, schema }) => [`${operationId}/${name}`, schema] as const),
      ...Object.values(requestBody?.content ?? {}).map(({ schema }) => [operationId, schema] as const),
    ]);
    const defaults = requests.flatMap(([where, schema]) =>
      [...schemasIn(openApi.inlined(schema), where)].filter(([, found]) => 'default' in found),
    );
    expect(defaults.map(([path]) => path)).toEqual([]);
  });

  it('jobs, tasks and submissions are what they are by their type', () => {
    const { schemas } = openApi.document['components'];
    const byType = (union: string, field: string): Record<string, string> => {
      const mapping = schemas[union].discriminator.mapping as Record<string, string>;
      return Object.fromEntries(
        Object.entries(mapping).map(([type, $ref]) => {
          const { type: types, [field]: typed } = openApi.resolve({ $ref })['properties'];
          expect(types.enum).toContain(type);
          const { $ref: referred = '' } = typed.anyOf?.[0] ?? typed;
          return [type, referred.slice('#/components/schemas/'.length)];
        }),
      );
    };
    const results = {
      'orders.create': 'OrderWithLinesView',
      'orders.import': 'OrdersImportResultView',
      'orders.read': 'OrderWithLinesView',
      'orders.report': 'OrdersReportResultView',
      'orders.summary': 'OrderSummaryView',
      // Done outside.
      'warehouse.pick': '',
      'webhooks.recover': 'ResendResultView',
      'webhooks.redeliver': 'ResendResultView',
    };
    expect(byType('JobView', 'result')).toEqual(results);
    expect(byType('TaskView', 'result')).toEqual(results);
    expect(byType('JobSubmissionBody', 'parameters')).toEqual({
      'orders.create': 'NewOrderBody',
      'orders.read': 'OrderParams',
      'orders.report': 'ReportParameters',
      'orders.summary': 'OrderSummaryQuery',
      'warehouse.pick': '',
    });
  });

  it('files are bytes, whatever is in them: of a text, clients make JSON when they send it and another type when they read it', () => {
    const texts = openApi.operations.flatMap(({ operationId, requestBody, responses }) =>
      [requestBody ?? {}, ...Object.values(responses)]
        .flatMap(({ content = {} }) => Object.entries(content))
        .filter(([type, { schema }]) => !/json$/.test(type) && schema['format'] !== 'binary')
        .map(([type]) => `${operationId}: ${type}`),
    );
    expect(texts).toEqual([
      'getMetrics: text/plain; version=0.0.4; charset=utf-8',
      'streamJobEvents: text/event-stream',
      // A form, with the file in it.
      'createOrderImport: multipart/form-data',
      'getWebhookDeliveryProof: application/jose',
    ]);
  });

  it('every credential is a bearer: one of the query, clients fill in with the key, too', () => {
    const { securitySchemes } = openApi.document['components'];
    for (const scheme of Object.values<Schema>(securitySchemes))
      expect(scheme).toMatchObject({ type: 'http', scheme: 'bearer' });
    for (const { security = [] } of openApi.operations)
      expect(security).toEqual([...new Map(security.map((each) => [JSON.stringify(each), each])).values()]);
  });

  it('bodies are closed, and answers are not', () => {
    const closedOnes = Object.entries(openApi.document['components'].schemas as Record<string, Schema>)
      .filter(([, schema]) => schema['properties'] !== undefined && schema['additionalProperties'] === false)
      .map(([name]) => name);
    const answered = openApi.operations.flatMap(({ responses }) =>
      Object.values(responses).flatMap(({ content = {} }) =>
        Object.values(content).flatMap(({ schema }) => [...openApi.referredBy(schema)]),
      ),
    );
    const sent = openApi.operations.flatMap(({ requestBody }) =>
      Object.values(requestBody?.content ?? {}).flatMap(({ schema }) => [...openApi.referredBy(schema)]),
    );
    const withFields = sent.filter((name) => openApi.document['components'].schemas[name].properties);
    expect(closedOnes.sort()).toEqual([...new Set(withFields)].sort());
    expect(closedOnes.filter((name) => answered.includes(name))).toEqual([]);
  });
});

it('shows examples that are valid', () => {
  const compileExample = validatorsOf(openApi);
  const wrong: string[] = [];
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- any JSON
  const visit = (value: any, path: string): void => {
    if (typeof value !== 'object' || value === null) return;
    if (
      !Array.isArray(value) &&
      'example' in value &&
      ('type' in value || '$ref' in value || 'enum' in value)
    ) {
      const { example, ...schema } = value as Schema;
      const validate = compileExample(schema);
      if (!validate(example)) wrong.push(`${path}: ${JSON.stringify(validate.errors)}`);
    }
    for (const [member, item] of Object.entries(value))
      if (member !== 'example') visit(item, `${path}/${member}`);
  };
  visit(openApi.document['components'].schemas, '#/components/schemas');
  visit(openApi.document['components'].parameters, '#/components/parameters');
  visit(openApi.document['paths'], '#/paths');
  visit(openApi.document['webhooks'], '#/webhooks');
  for (const operation of openApi.operations) {
    for (const [type, { schema, examples = {} }] of Object.entries(operation.requestBody?.content ?? {})) {
      const named = Object.entries(examples);
      if (/[/+]json$/.test(type) && named.length === 0) wrong.push(`${nameOf(operation)} shows no example`);
      const validate = compileExample(schema);
      for (const [name, { value }] of named)
        if (!validate(value)) wrong.push(`${nameOf(operation)}, ${name}: ${JSON.stringify(validate.errors)}`);
    }
  }
  expect(wrong).toEqual([]);
});

describe('says what is true of', () => {
  const all = () => openApi.operations;
  const needsKey = ({ security = [] }: Operation): boolean => security.some((one) => 'api_key' in one);

  it('callers without a key, and callers without the scope', async () => {
    const unscoped = new Map<string, string>();
    for (const scope of Object.values(Scope))
      unscoped.set(scope, (await issueKey(app, tenant.id, [scope])).key);
    await forEach(all().filter(needsKey), async (operation) => {
      expect((await ask(operation, tenant.ids, { key: null })).status).toBe(401);
      const statuses = [];
      for (const scoped of unscoped.values()) {
        const address = addressOf(operation.path, ids('nothing')) + openApi.exampleQuery(operation);
        const answer = await app.call(operation.method, address, { key: scoped, body: undefined });
        if (answer.status === 403) check(operation, answer);
        statuses.push(answer.status);
      }
      expect(statuses).toContain(403);
    });
  });

  it('ids that are none, and ids of nothing', async () => {
    await forEach(
      // A number of an order is any text, and nothing until it is put.
      all().filter(
        ({ method, path }) => path.includes('{') && !(method === 'PUT' && path.includes('{number}')),
      ),
      async (operation) => {
        if (!operation.path.includes('{number}')) expect((await ask(operation, ids('42'))).status).toBe(400);
        const missing = await ask(operation, ids('nothing'));
        if (needsKey(operation)) expect(missing.status).toBe(404);
      },
    );
  });

  it('numbers that no order can have', async () => {
    await forEach(
      all().filter(({ path }) => path.includes('{number}')),
      async (operation) => {
        for (const number of ['a%00b', 'x'.repeat(300), '%ff']) {
          const address = operation.path.replace('{number}', number);
          const call = exampleCall(openApi, operation, receiver);
          const answer = await app.call(operation.method, address, { key, ...call });
          expect(answer.status).toBe(400);
          check(operation, answer);
        }
      },
    );
  });

  it('what the caller has already', async () => {
    const revalidated: string[] = [];
    await forEach(
      // Jobs and tasks change by themselves while they wait.
      all().filter(({ method, path }) => method === 'GET' && path.startsWith('/v1/orders')),
      async (operation) => {
        const etag = (await ask(operation, tenant.ids)).headers.get('etag');
        if (etag === null) return;
        revalidated.push(nameOf(operation));
        expect(operation.parameters).toContainEqual(expect.objectContaining({ name: 'If-None-Match' }));
        // As `fetch` of Node sends it, with a `Cache-Control: no-cache`.
        const again = await ask(operation, tenant.ids, { headers: { 'If-None-Match': etag } });
        expect([again.status, again.headers.get('etag')]).toEqual([304, etag]);
      },
    );
    expect(revalidated).toEqual(
      expect.arrayContaining(['GET /v1/orders', 'GET /v1/orders/{id}', 'GET /v1/orders/by-number/{number}']),
    );
  });

  it('bodies and queries that are not valid', async () => {
    const json = { 'Content-Type': 'application/json' };
    await forEach(
      all().filter(({ requestBody }) => requestBody?.content['application/json'] !== undefined),
      async (operation) => {
        expect((await ask(operation, tenant.ids, { body: '{"', headers: json })).status).toBe(400);
        expect((await ask(operation, tenant.ids, { body: { no_such_field: 1 } })).status).toBe(422);
        const large = JSON.stringify({ x: 'x'.repeat(200_000) });
        expect((await ask(operation, tenant.ids, { body: large, headers: json })).status).toBe(413);
        const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
        expect((await ask(operation, tenant.ids, { body: 'a=b', headers: form })).status).toBe(415);
      },
    );
    await forEach(
      // The token of a query is read, and taken out of the address, before any route is found.
      all().filter(({ parameters }) => parameters.some((one) => one.in === 'query' && one.name !== 'token')),
      async (operation) => {
        const address = `${addressOf(operation.path, tenant.ids)}?no_such_parameter=1`;
        const answer = await app.call(operation.method, address, { key });
        expect(answer.status).toBe(400);
        check(operation, answer);
      },
    );
  });

  it('every example of a body', async () => {
    const bodies = all().filter((operation) => openApi.exampleNames(operation).length > 0);
    await forEach(bodies, async (operation) => {
      for (const name of openApi.exampleNames(operation)) {
        const ids = { ...tenant.ids, ...(await fresh(operation)) };
        const call = exampleCall(openApi, operation, receiver, name);
        const { parameters } = call.body as { parameters?: { id?: string } };
        if (parameters?.id !== undefined) parameters.id = tenant.ids['/v1/orders/']!;
        const { status, body } = await ask(operation, ids, call);
        if (status >= 300) throw new Error(`${name}: ${status} ${JSON.stringify(body)}`);
      }
    });
  });

  it('every operation when all is well', async () => {
    const order = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
    const operations = all()
      .filter((operation) => !isStream(operation))
      .sort((a, b) => order.indexOf(a.method) - order.indexOf(b.method));
    await forEach(operations, async (operation) => {
      await fresh({ ...operation, operationId: '' });
      // The tenant is needed further on.
      const erased = nameOf(operation) === 'DELETE /v1/clients/{id}';
      return ask(operation, erased ? { '/v1/clients/': (await app.client('for a moment')).id } : tenant.ids);
    });
  });

  it('jobs of every type, with what they resulted in', async () => {
    const named = (name: string): Operation => all().find((operation) => nameOf(operation) === name)!;
    const worker = await TestApp.start({ ROLE: 'worker' }, app);
    const watch = named('GET /v1/jobs/{id}');
    const submit = named('POST /v1/jobs');
    const order = await app.call('POST', '/v1/orders', {
      key,
      ...exampleCall(openApi, named('POST /v1/orders'), receiver),
    });
    const imports = named('POST /v1/orders/imports');
    // The tenant has sent the same file.
    const updating = await app.call('POST', '/v1/orders/imports?on_conflict=update', {
      key,
      ...exampleCall(openApi, imports, receiver),
    });
    check(imports, updating);
    const ids = [updating.body.id];
    for (const name of openApi.exampleNames(submit)) {
      const call = exampleCall(openApi, submit, receiver, name);
      const { parameters } = call.body as { parameters: { id?: string } };
      if (parameters.id !== undefined) parameters.id = order.body.id;
      ids.push((await ask(submit, {}, call)).body.id);
    }
    const ended = async (id: string): Promise<Answer> => {
      const own = { ...tenant.ids, '/v1/jobs/': id, '/v1/tasks/': id };
      const job = await waitFor(
        async () => {
          const answer = await ask(watch, own);
          return answer.body.finished_at !== null && answer;
        },
        { what: 'the end of the job', timeoutMs: 120_000 },
      );
      await ask(named('GET /v1/tasks/{id}'), own);
      return job;
    };
    const jobs = await Promise.all(ids.map(ended));
    expect(jobs.map(({ body }) => [body.type, body.result === null])).toEqual([
      ['orders.import', false],
      ['orders.report', false],
      ['orders.create', false],
      ['orders.read', false],
      ['orders.summary', false],
    ]);
    await ask(named('GET /v1/jobs'), {});
    await ask(named('GET /v1/tasks'), {});

    // What a stream sends is in the document as the schema of its data.
    const stream = named('GET /v1/jobs/{id}/events');
    const validate = validatorsOf(openApi)(stream.responses['200']!.content!['text/event-stream']!.schema);
    const reader = await EventReader.open(`${app.url}/v1/jobs/${ids[1]}/events`, { key });
    await reader.end();
    expect(reader.events.length).toBeGreaterThan(2);
    for (const { data } of reader.events) expect([validate(data), validate.errors]).toEqual([true, null]);
    await worker.stop();
  });

  it('a report from its submission to its end, in every way that it can end', async () => {
    const named = (name: string): Operation => all().find((operation) => nameOf(operation) === name)!;
    const status = named('GET /v1/orders/reports/status/{id}');
    const fetchFile = named('GET /v1/orders/reports/{id}');
    const worker = await TestApp.start({ ROLE: 'worker' }, app);
    const submit = named('POST /v1/orders/reports');
    const waiting = { headers: { Prefer: 'wait=50', 'Idempotency-Key': 'waited' } };
    expect((await ask(submit, {}, waiting)).headers.get('idempotency-replayed')).toBeNull();
    const replayed = await ask(submit, {}, waiting);
    expect([replayed.status, replayed.headers.get('idempotency-replayed')]).toEqual([303, 'true']);
    const accepted = await ask(submit, {});
    const own = {
      ...tenant.ids,
      '/v1/orders/reports/status/': accepted.body.id,
      '/v1/orders/reports/': accepted.body.id,
    };
    await waitFor(async () => (await ask(status, own)).status === 303, {
      what: 'the report',
      timeoutMs: 120_000,
    });
    const { headers } = await ask(fetchFile, own);
    await ask(fetchFile, own, { headers: { 'If-None-Match': headers.get('etag')! } });
    expect((await ask(fetchFile, own, { headers: { Range: 'bytes=0-9' } })).status).toBe(206);
    expect((await ask(fetchFile, own, { headers: { Range: 'bytes=999999999-' } })).status).toBe(416);
    expect((await ask(named('DELETE /v1/orders/reports/status/{id}'), own)).status).toBe(409);
    const link = await ask(named('GET /v1/orders/reports/{id}/link'), own);
    const { pathname, search } = new URL(link.body.url);
    const file = await app.call('GET', pathname + search, { key: null });
    expect(file.status).toBe(200);
    check(named('GET /v1/orders/reports/{id}/file'), file);
    await worker.stop();
    const discard = named('DELETE /v1/orders/reports/{id}');
    expect((await ask(discard, own)).status).toBe(204);
    expect((await ask(fetchFile, own)).status).toBe(410);

    await app.dataSource.query(
      `UPDATE job SET state = 'FAILED', result = NULL, expires_at = NULL, error = $2 WHERE id = $1`,
      [
        accepted.body.id,
        JSON.stringify({
          kind: 'internal',
          code: 'internal_error',
          message: 'It failed.',
          retryable: true,
          step: 'render',
          attempt: 1,
        }),
      ],
    );
    expect((await ask(status, own)).status).toBe(500);
    expect((await ask(fetchFile, own)).status).toBe(500);
    const retried = { ...tenant.ids, '/v1/jobs/': accepted.body.id };
    expect((await ask(named('POST /v1/jobs/{id}/retry'), retried)).status).toBe(202);
  });

  it('requests that are too many', async () => {
    const narrow = await TestApp.start({ RATE_LIMIT_OTHER: '1', ROLE: 'api' }, app);
    const list = all().find((operation) => nameOf(operation) === 'GET /v1/jobs')!;
    const refused = await waitFor(
      async () => {
        const answer = await narrow.call('GET', '/v1/jobs', { key });
        return answer.status === 429 && answer;
      },
      { what: 'the refusal' },
    );
    await narrow.app.close();
    check(list, refused);
  });
});

it('has seen every operation succeed', () => {
  const without = openApi.operations
    .filter((operation) => !isStream(operation))
    .map(nameOf)
    .filter((name) => ![...(seen.get(name) ?? [])].some((status) => status < 400));
  expect(without).toEqual([]);
});

/** What an example can be used on only once, made anew. */
async function fresh({ operationId }: Operation): Promise<Record<string, string>> {
  // As if its last challenge was long ago: the next one is soon.
  await app.dataSource.query('UPDATE webhook_endpoint SET challenge_asked_at = NULL');
  if (operationId === 'rotateClientKey')
    return { '/v1/clients/{id}/keys/': (await issueKey(app, tenant.id, [Scope.Reports])).id };
  if (operationId !== 'updateTask') return {};
  await app.call('POST', '/v1/jobs', { key, body: { type: 'warehouse.pick', parameters: {} } });
  const { body } = await app.call('POST', '/v1/tasks/claim', { key, body: {} });
  return { '/v1/tasks/': body.id };
}

/** Every schema in a part of the document, with where it is. */
function* schemasIn(node: unknown, path = '#'): Generator<[string, Schema]> {
  if (typeof node !== 'object' || node === null) return;
  const schema = node as Schema;
  if ('type' in schema || '$ref' in schema || 'enum' in schema) yield [path, schema];
  for (const [name, member] of Object.entries(schema))
    if (!name.startsWith('example')) yield* schemasIn(member, `${path}/${name}`);
}

/** Ids of what does not exist, or texts that are no ids. */
function ids(what: 'nothing' | '42'): Record<string, string> {
  return Object.fromEntries(
    Object.keys(tenant.ids).map((path) => [path, what === '42' ? '42' : randomUUID()]),
  );
}
