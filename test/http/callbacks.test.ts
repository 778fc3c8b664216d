import { Answer, TestApp } from '../support/test-app';
import { ADMIN_KEY } from '../support/test-config';
import { waitFor } from '../support/services';
import { answer, Received, TestReceiver } from '../webhooks/test-receiver';
import { OpenApi, Schema } from './support/openapi';
import { validatorsOf } from './support/schema-validators';

const SHA256 = 'ab'.repeat(32);

let app: TestApp;
let receiver: TestReceiver;
let openApi: OpenApi;

beforeAll(async () => {
  receiver = await TestReceiver.start();
  app = await TestApp.start({
    CALLBACK_ALLOWED_ADDRESSES: '127.0.0.0/8',
    CALLBACK_TIMEOUT_SECONDS: '7',
    EXTERNAL_TASK_TYPES: 'warehouse.pick',
    JOB_LEASE_SECONDS: '300',
    SAMPLE_DATA: 'true',
  });
  openApi = await OpenApi.of(app);
});

afterAll(async () => {
  await app.stop();
  await receiver.stop();
});

const operationOf = (name: string): Schema => openApi.document['webhooks'][name].post;
const schemaOf = (operation: Schema): Schema => operation['requestBody'].content['application/json'].schema;

const jsonOf = (received: Received): Schema => JSON.parse(received.body.toString()) as Schema;

/** What the receiver was sent of a job, once it is as many. */
const receivedOf = (id: string, count = 1): Promise<Received[]> =>
  waitFor(
    () => {
      const ones = receiver.at('/jobs').filter((received) => jsonOf(received)['data'].id === id);
      return ones.length >= count && ones;
    },
    { what: `what is sent of ${id}`, timeoutMs: 120_000 },
  );

async function accepted(path: string, body: unknown, headers: Record<string, string> = {}): Promise<string> {
  const { status, body: job } = await app.call('POST', path, { body, headers });
  expect(status).toBe(202);
  return job.id;
}

const report = (format: string): Promise<string> =>
  accepted('/v1/orders/reports', {
    start_date: '2016-01-01',
    end_date: '2016-02-01',
    format,
    callback_url: receiver.url('/jobs'),
  });

const task = (): Promise<string> =>
  accepted('/v1/jobs', { type: 'warehouse.pick', parameters: {}, callback_url: receiver.url('/jobs') });

async function worked(move: object): Promise<string> {
  const id = await task();
  expect((await app.call('POST', '/v1/tasks/claim', { body: {} })).body.id).toBe(id);
  const moved = await app.call('PUT', `/v1/tasks/${id}`, { body: { attempt: 1, ...move } });
  expect(moved.status).toBe(200);
  return id;
}

const register = (path: string, event_types: string[]): Promise<Answer> =>
  app.call('POST', '/v1/webhooks/endpoints', { body: { url: receiver.url(path), event_types } });

/** Of each message the webhooks of the document that it fits. */
function fitting(messages: readonly Received[]): [string, string[]][] {
  const compile = validatorsOf(openApi);
  return messages.map((received) => {
    const body = jsonOf(received);
    const fits = Object.keys(openApi.document['webhooks']).filter((name) => {
      const operation = operationOf(name);
      const parameters = (operation['parameters'] as Schema[]).map((one) => openApi.resolve(one));
      return (
        parameters.every(({ name, schema }) => compile(schema)(received.headers[name])) &&
        compile(schemaOf(operation))(body)
      );
    });
    return [body['type'], fits];
  });
}

it('documents what is sent of a job, however it ended', async () => {
  const artifact = { sha256: SHA256, bytes: 3, media_type: 'text/plain' };
  const ended = {
    pdf: await report('pdf'),
    csv: await report('csv'),
    elsewhere: await worked({ status: 'COMPLETED', result: { artifact, bin: 'A-7' } }),
    unlike: await worked({ status: 'COMPLETED', result: { artifact: { sha256: 7 } } }),
    failed: await worked({ status: 'FAILED', error: { code: 'empty', message: 'No.', retryable: false } }),
    cancelled: await task(),
  };
  expect((await app.call('DELETE', `/v1/jobs/${ended.cancelled}`)).status).toBe(200);
  const data: Record<string, Schema> = {};
  const messages: Received[] = [];
  for (const [name, id] of Object.entries(ended)) {
    const [received] = await receivedOf(id);
    messages.push(received!);
    data[name] = jsonOf(received!)['data'] as Schema;
  }
  expect(fitting(messages)).toEqual([
    ['orders.report.completed', ['jobEnded']],
    ['orders.report.completed', ['jobEnded']],
    ['warehouse.pick.completed', ['jobEnded']],
    ['warehouse.pick.completed', ['jobEnded']],
    ['warehouse.pick.failed', ['jobEnded']],
    ['warehouse.pick.cancelled', ['jobEnded']],
  ]);
  expect(data['pdf']!['artifact']).toMatchObject({
    media_type: 'application/pdf',
    pages: expect.any(Number),
  });
  expect(data['csv']!['artifact']).toMatchObject({ pages: null, expires_at: expect.any(String) });
  expect(data['elsewhere']).toMatchObject({
    artifact: { ...artifact, pages: null, expires_at: null },
    result: { bin: 'A-7' },
  });
  expect(data['unlike']).not.toHaveProperty('artifact');
  expect(data['failed']).toMatchObject({ error: { code: 'empty' } });
  expect(Object.keys(data['cancelled']!).sort()).toEqual(['id', 'metadata', 'round', 'status', 'tags']);
});

it('gives each round of one job an id of its own', async () => {
  const move = { status: 'FAILED', error: { code: 'empty', message: 'No.', retryable: false } };
  const id = await worked(move);
  await receivedOf(id);
  expect((await app.call('POST', `/v1/jobs/${id}/retry`, { key: ADMIN_KEY })).status).toBe(202);
  const again = await app.call('POST', '/v1/tasks/claim', { body: {} });
  expect(again.body.id).toBe(id);
  const done = { attempt: again.body.attempt, status: 'COMPLETED', result: {} };
  expect((await app.call('PUT', `/v1/tasks/${id}`, { body: done })).status).toBe(200);
  const rounds = await receivedOf(id, 2);
  expect(rounds.map(jsonOf).map(({ type, data }) => [type, data.round])).toEqual([
    ['warehouse.pick.failed', 0],
    ['warehouse.pick.completed', 1],
  ]);
  expect(new Set(rounds.map(({ headers }) => headers['webhook-id'])).size).toBe(2);
  expect(fitting(rounds).map(([, fits]) => fits)).toEqual([['jobEnded'], ['jobEnded']]);
});

it('documents what endpoints are sent of themselves', async () => {
  const { body: endpoint } = await register('/one', ['none.of.it']);
  await register('/other', ['webhook.endpoint.*']);
  const address = `/v1/webhooks/endpoints/${endpoint.id}`;
  expect((await app.call('POST', `${address}/test`)).status).toBe(202);
  await waitFor(() => receiver.at('/one').length === 1, { what: 'the test' });
  for (const [index, enabled] of [false, true].entries()) {
    expect((await app.call('PATCH', address, { body: { enabled } })).status).toBe(200);
    await waitFor(() => receiver.at('/other').length === index + 1, { what: 'the other to be notified' });
  }
  const verification = receiver.ledger.filter(({ path }) => path === '/one').slice(0, 1);
  expect(fitting([...verification, ...receiver.at('/one'), ...receiver.at('/other')])).toEqual([
    ['webhook.endpoint.verification', ['endpointVerification']],
    ['webhook.test', ['endpointTest']],
    ['webhook.endpoint.disabled', ['endpointState']],
    ['webhook.endpoint.enabled', ['endpointState']],
  ]);
});

it('documents what endpoints are sent of deliveries that were given up, and of those that work again', async () => {
  const { body: endpoint } = await register('/closed', ['none.of.it']);
  await register('/watching', ['webhook.delivery.*', 'webhook.endpoint.recovered']);
  receiver.on('/jobs-gone', answer(410));
  await accepted('/v1/jobs', {
    type: 'warehouse.pick',
    parameters: {},
    callback_url: receiver.url('/jobs-gone'),
  }).then((id) => app.call('DELETE', `/v1/jobs/${id}`));
  await waitFor(() => receiver.at('/watching').length === 1, { what: 'what was given up' });
  await app.dataSource.query(
    'UPDATE webhook_destination SET failures = 5, failing_since = now() WHERE endpoint_id = $1',
    [endpoint.id],
  );
  expect((await app.call('POST', `/v1/webhooks/endpoints/${endpoint.id}/test`)).status).toBe(202);
  await waitFor(() => receiver.at('/watching').length === 2, { what: 'the recovery' });
  expect(fitting(receiver.at('/watching'))).toEqual([
    ['webhook.delivery.exhausted', ['deliveryExhausted']],
    ['webhook.endpoint.recovered', ['endpointRecovered']],
  ]);
});

it('takes for a proof what it documents as one', async () => {
  const { content } = operationOf('endpointVerification')['responses']['2XX'];
  for (const type of Object.keys(content)) {
    receiver.on(`/${type}#verify`, (received, response, request) => {
      const { challenge } = jsonOf(received)['data'];
      const text = type === 'text/plain' ? challenge : JSON.stringify({ challenge });
      answer(200, { 'content-type': type }, text)(received, response, request);
    });
    expect((await register(`/${type}`, ['none.of.it'])).body.status).toBe('enabled');
  }
});

it('says the same of a callback_url, and how long an attempt may take here', () => {
  const sent = operationOf('jobEnded');
  for (const path of ['/v1/orders/reports', '/v1/jobs']) {
    const { jobEnded } = openApi.document['paths'][path].post.callbacks;
    expect({ ...sent, ...jobEnded['{$request.body#/callback_url}'].post }).toEqual(sent);
  }
  expect(sent['responses']['2XX'].description).toContain('Within 7 seconds');
});
