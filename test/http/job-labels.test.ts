import { EventReader } from '../support/event-reader';
import { waitFor } from '../support/services';
import { type Answer, type CallOptions, TestApp } from '../support/test-app';
import { type Received, TestReceiver } from '../webhooks/test-receiver';

const EXTERNAL = 'warehouse.pick';
const PERIOD = { start_date: '2016-01-01', end_date: '2016-02-01', format: 'csv' };
const METADATA = { purpose: 'year-end', customer: 'C-1042 "Grünwald"', '10': '', a: '💩', prototype: 'A-7' };
const TAGS = ['year-end', 'a,b', '💩'];
const LABELS = { metadata: METADATA, tags: TAGS };
const QUERY = new URLSearchParams([
  ['metadata', JSON.stringify(METADATA)],
  ...TAGS.map((tag): [string, string] => ['tag', tag]),
]).toString();
const ROWS = [
  'order_number,ordered_at,customer_name,sku,description,quantity,unit_price',
  'A-1,2016-01-05,Ann,S,Thing,1,2.50',
].join('\n');

let app: TestApp;
let receiver: TestReceiver;
let owner: { id: string; key: string };
let owners = 0;

beforeAll(async () => {
  receiver = await TestReceiver.start();
  app = await TestApp.start({ CALLBACK_ALLOWED_ADDRESSES: '127.0.0.0/8', EXTERNAL_TASK_TYPES: EXTERNAL });
});

beforeEach(async () => {
  owner = await app.client(`Labels ${(owners += 1)}`);
});

afterAll(async () => {
  await app.stop();
  await receiver.stop();
});

const call = (method: string, path: string, options: CallOptions = {}): Promise<Answer> =>
  app.call(method, path, { key: owner.key, ...options });

const order = (number: string): object => ({
  number,
  ordered_at: '2016-11-08',
  currency: 'USD',
  customer_name: 'Ann',
  lines: [{ sku: 'S', description: 'Thing', quantity: '1', unit_price: '2.50' }],
});

/** Every way to submit a job, with or without labels; of one that reads its query, the labels are there. */
const WAYS: Record<string, (labels: object, query?: string) => Promise<Answer>> = {
  report: (labels) => call('POST', '/v1/orders/reports', { body: { ...PERIOD, ...labels } }),
  job: (labels) =>
    call('POST', '/v1/jobs', { body: { type: 'orders.report', parameters: PERIOD, ...labels } }),
  external: (labels) => call('POST', '/v1/jobs', { body: { type: EXTERNAL, parameters: {}, ...labels } }),
  import: (_, query = '') =>
    call('POST', `/v1/orders/imports?${query}`, { body: ROWS, headers: { 'Content-Type': 'text/csv' } }),
  'call with a body': (_, query = '') =>
    call('POST', `/v1/orders?${query}`, { body: order('B-1'), headers: { Prefer: 'respond-async' } }),
  'call with a query': (_, query = '') =>
    call('GET', `/v1/orders/summary?start_date=2016-01-01&end_date=2017-01-01&${query}`, {
      headers: { Prefer: 'respond-async' },
    }),
};

const ended = (id: string): Promise<Answer> =>
  waitFor(
    async () => {
      const job = await call('GET', `/v1/jobs/${id}`);
      return ['COMPLETED', 'FAILED', 'CANCELLED'].includes(job.body.status) && job;
    },
    { what: `the end of ${id}`, timeoutMs: 120_000 },
  );

const fieldsOf = ({ body }: Answer): string[] => body.errors.map(({ field }: { field: string }) => field);

it.each(Object.keys(WAYS))('a %s is shown with what it was given, in the order of that', async (way) => {
  const accepted = await WAYS[way]!(LABELS, QUERY);
  expect(accepted).toMatchObject({ status: 202, body: LABELS });
  const job = await call('GET', `/v1/jobs/${accepted.body.id}`);
  const given = Object.keys(job.body.metadata as object);
  expect({ ...job.body, given }).toMatchObject({ ...LABELS, given: Object.keys(METADATA) });
  const without = await WAYS[way]!({});
  expect(without).toMatchObject({ status: 202, body: { metadata: {}, tags: [] } });

  const { body: listed } = await call('GET', `/v1/jobs?tag=${encodeURIComponent('a,b')}`);
  expect(listed.data).toMatchObject([{ id: job.body.id, ...LABELS }]);
  expect((await call('GET', '/v1/jobs?tag=a')).body.data).toEqual([]);
  expect((await call('GET', '/v1/tasks?tag=year-end')).body.data).toMatchObject([
    { id: job.body.id, ...LABELS },
  ]);
});

it('reports and imports are listed with them, and by a tag', async () => {
  const [tagged, imported] = [await WAYS['report']!(LABELS), await WAYS['import']!({}, QUERY)];
  await WAYS['report']!({ tags: ['other'] });
  await WAYS['report']!({});
  const idsOf = async (path: string): Promise<string[]> =>
    (await call('GET', path)).body.data.map(({ id }: { id: string }) => id);
  expect(await idsOf('/v1/orders/reports')).toHaveLength(3);
  const { body: reports } = await call('GET', '/v1/orders/reports?tag=year-end');
  expect(reports.data).toEqual([
    expect.objectContaining({ id: tagged.body.id, metadata: METADATA, tags: TAGS }),
  ]);
  expect(await idsOf('/v1/orders/imports?tag=year-end')).toEqual([imported.body.id]);
  expect(await idsOf('/v1/orders/imports?tag=other')).toEqual([]);
  expect(await idsOf('/v1/jobs?tag=year-end')).toEqual([imported.body.id, tagged.body.id]);
  expect(await idsOf('/v1/jobs?tag=year-end&type=orders.report')).toEqual([tagged.body.id]);
  // Another client's tags are its own.
  owner = await app.client('Labels of another');
  expect(await idsOf('/v1/jobs?tag=year-end')).toEqual([]);
});

it('the lists follow the state, page by page', async () => {
  const made: string[] = [];
  for (let n = 0; n < 5; n += 1) made.push((await WAYS['external']!({ tags: ['batch', `n${n}`] })).body.id);
  await call('DELETE', `/v1/jobs/${made[1]}`);
  await call('DELETE', `/v1/jobs/${made[3]}`);
  const page = async (query: string): Promise<{ ids: string[]; cursor: string | null }> => {
    const { body } = await call('GET', `/v1/jobs?tag=batch&${query}`);
    return { ids: body.data.map(({ id }: { id: string }) => id), cursor: body.next_cursor };
  };
  expect((await page('status=CANCELLED')).ids).toEqual([made[3], made[1]]);
  expect((await page('status=PENDING')).ids).toEqual([made[4], made[2], made[0]]);
  const first = await page('page_size=2');
  expect(first.ids).toEqual([made[4], made[3]]);
  const second = await page(`page_size=2&cursor=${first.cursor}`);
  expect(second.ids).toEqual([made[2], made[1]]);
  expect((await page(`page_size=2&cursor=${second.cursor}`)).ids).toEqual([made[0]]);
  const other = await call('GET', `/v1/jobs?tag=n1&page_size=2&cursor=${first.cursor}`);
  expect(other).toMatchObject({ status: 400, body: { code: 'invalid_cursor' } });
  const { body: job } = await call('GET', `/v1/jobs/${made[2]}`);
  const since = encodeURIComponent(job.created_at);
  expect((await page(`created_since=${since}`)).ids).toEqual([made[4], made[3], made[2]]);
  expect((await page(`created_until=${since}&status=PENDING`)).ids).toEqual([made[0]]);
});

it.each(['report', 'job', 'external'])('what a %s must not have is named', async (way) => {
  const long = 'x'.repeat(41);
  const metadata = { fine: 'a', colour: 7, noise: '\u0007', [long]: 'a', half: '\ud800' };
  const refused = await WAYS[way]!({ metadata: { ...metadata, half: 'a' }, tags: ['a', 'b\n', 'c', 'a'] });
  expect(refused).toMatchObject({ status: 422, body: { code: 'invalid_request' } });
  expect(fieldsOf(refused).sort()).toEqual([
    'metadata.colour',
    'metadata.noise',
    `metadata.${long}`,
    'tags[1]',
    'tags[3]',
  ]);
  const cases: [object, string][] = [
    [{ metadata }, 'metadata.half'],
    [{ metadata: null }, 'metadata'],
    [{ metadata: [] }, 'metadata'],
    [{ metadata: 'a' }, 'metadata'],
    [{ metadata: { a: 'x'.repeat(4_090) } }, 'metadata'],
    [{ metadata: Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`n${n}`, ''])) }, 'metadata'],
    [{ tags: 'a' }, 'tags'],
    [{ tags: null }, 'tags'],
    [{ tags: Array.from({ length: 11 }, (_, n) => `n${n}`) }, 'tags'],
    [{ tags: ['x'.repeat(51)] }, 'tags[0]'],
    [{ tags: [''] }, 'tags[0]'],
    [{ tags: [['a']] }, 'tags[0]'],
    [{ tag: ['a'] }, 'tag'],
  ];
  for (const [labels, field] of cases) {
    const answer = await WAYS[way]!(labels);
    expect({ labels, status: answer.status, fields: fieldsOf(answer) }).toEqual({
      labels,
      status: 422,
      fields: [field],
    });
  }
});

it.each(['import', 'call with a body', 'call with a query'])(
  'what the query of a %s must not have is named',
  async (way) => {
    const cases = {
      'metadata=a': 'metadata',
      'metadata=[]': 'metadata',
      'metadata={}&metadata={}': 'metadata',
      'metadata={"colour":7}': 'metadata.colour',
      'metadata={"__proto__":"a"}': 'metadata.__proto__',
      'tag=a&tag=b&tag=a': 'tag[2]',
      'tag=': 'tag[0]',
      'tag[]=a&tag[]=%0A': 'tag[1]',
      'tags=a': 'tags',
      [Array.from({ length: 11 }, (_, n) => `tag=${n}`).join('&')]: 'tag',
    };
    for (const [query, field] of Object.entries(cases)) {
      const answer = await WAYS[way]!({}, query);
      expect({ query, status: answer.status, fields: fieldsOf(answer) }).toEqual({
        query,
        status: 400,
        fields: [field],
      });
    }
    for (const path of ['/v1/jobs', '/v1/tasks', '/v1/orders/reports', '/v1/orders/imports'])
      for (const query of ['tag=', 'tag=a&tag=b', `tag=${'x'.repeat(51)}`]) {
        const answer = await call('GET', `${path}?${query}`);
        expect({ query, status: answer.status, fields: fieldsOf(answer) }).toEqual({
          query,
          status: 400,
          fields: ['tag'],
        });
      }
  },
);

it('a call that makes no job has nothing to give them to', async () => {
  const id = (await call('POST', '/v1/orders', { body: order('C-1') })).body.id;
  for (const [method, path] of [
    ['POST', '/v1/orders'],
    ['GET', `/v1/orders/${id}`],
    ['GET', '/v1/orders/summary'],
  ] as const) {
    const body = method === 'POST' ? order('C-2') : undefined;
    const refused = await call(method, `${path}?tag=a`, { body });
    expect(refused).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'tag', message: 'tag is for calls with Prefer: respond-async' }] },
    });
  }
  expect((await call('GET', '/v1/orders')).body.data).toHaveLength(1);
});

it('another label under the same Idempotency-Key is another request', async () => {
  for (const way of ['report', 'import', 'call with a body'] as const) {
    const send = (labels: object, query: string): Promise<Answer> => {
      const key = { 'Idempotency-Key': `labels-${way.replaceAll(' ', '-')}` };
      const [body, path, headers] = {
        report: [{ ...PERIOD, ...labels }, '/v1/orders/reports', key],
        import: [ROWS, `/v1/orders/imports?${query}`, { ...key, 'Content-Type': 'text/csv' }],
        'call with a body': [order('D-1'), `/v1/orders?${query}`, { ...key, Prefer: 'respond-async' }],
      }[way] as [object, string, Record<string, string>];
      return call('POST', path, { body, headers });
    };
    const first = await send({ tags: ['a'], metadata: { b: 'c' } }, 'tag=a&metadata={"b":"c"}');
    const again = await send({ tags: ['a'], metadata: { b: 'c' } }, 'tag=a&metadata={"b":"c"}');
    expect([way, again.body.id]).toEqual([way, first.body.id]);
    // The call may have been made meanwhile: then it is answered with what came of it.
    expect(way === 'call with a body' ? [202, 201] : [202]).toContain(again.status);
    for (const [labels, query] of [
      [{ tags: ['b'], metadata: { b: 'c' } }, 'tag=b&metadata={"b":"c"}'],
      [{ tags: ['a'], metadata: { b: 'd' } }, 'tag=a&metadata={"b":"d"}'],
      [{}, ''],
    ] as const)
      expect([way, query, await send(labels, query)]).toMatchObject([
        way,
        query,
        { status: 422, body: { code: 'idempotency_key_reused' } },
      ]);
  }
});

it('streams, callbacks and the event feed say them', async () => {
  const { body } = await WAYS['job']!({ ...LABELS, callback_url: receiver.url('/labels') });
  const stream = await EventReader.open(`${app.url}/v1/jobs/${body.id}/events`, { key: owner.key });
  await stream.end();
  const history = stream.events.filter(({ id }) => id !== undefined);
  expect(history.map(({ event }) => event)).toEqual(expect.arrayContaining(['accepted', 'completed']));
  for (const { data } of history) expect(data).toMatchObject(LABELS);
  const [received] = await waitFor(() => receiver.at('/labels').length > 0 && receiver.at('/labels'), {
    what: 'the callback',
  });
  expect(JSON.parse(received!.body.toString()).data).toMatchObject({ id: body.id, ...LABELS });
  // An event stands in the feed once no older transaction is open, whoever has it.
  const inFeed = await waitFor(
    async () => {
      const { data } = (await call('GET', '/v1/events')).body;
      return data.length > 0 && data;
    },
    { what: 'the event in the feed' },
  );
  expect(inFeed.map((event: { body: string }) => event.body)).toEqual([received!.body.toString()]);
});

describe('endpoints select events by tags', () => {
  const register = async (path: string, settings: object): Promise<string> => {
    const { status, body } = await call('POST', '/v1/webhooks/endpoints', {
      body: { url: receiver.url(path), ...settings },
    });
    expect(status).toBe(201);
    expect(body.status).toBe('enabled');
    return body.id;
  };
  const jobsAt = (path: string): string[] =>
    receiver
      .at(path)
      .map(({ body }: Received) => JSON.parse(body.toString()).data.id)
      .filter((id: string | undefined) => id !== undefined);
  /** A job that ends, and is fanned out. */
  const done = async (labels: object): Promise<string> => {
    const { body } = await WAYS['external']!(labels);
    await call('DELETE', `/v1/jobs/${body.id}`);
    return body.id;
  };
  const allAt = (path: string, ids: string[]): Promise<unknown> =>
    waitFor(() => ids.every((id) => jobsAt(path).includes(id)), { what: `the events at ${path}` });

  it('gets those of jobs with one of them, and its own type; without tags all', async () => {
    await register('/all', {});
    await register('/none-named', { tags: [] });
    const urgent = await register('/urgent', { tags: ['urgent', 'a,b'] });
    await register('/urgent-reports', { tags: ['urgent'], event_types: ['orders.report.*'] });
    const jobs = {
      both: await done({ tags: ['urgent', 'a,b'] }),
      one: await done({ tags: ['other', 'a,b'] }),
      other: await done({ tags: ['other', 'a', 'b', 'Urgent'] }),
      none: await done({}),
    };
    await allAt('/all', Object.values(jobs));
    await allAt('/none-named', Object.values(jobs));
    await allAt('/urgent', [jobs.both, jobs.one]);

    // What is sent from here on is sent after all that was.
    const changed = await call('PATCH', `/v1/webhooks/endpoints/${urgent}`, { body: { tags: ['other'] } });
    expect(changed).toMatchObject({ status: 200, body: { tags: ['other'] } });
    const later = await done({ tags: ['other'] });
    await done({ tags: ['urgent'] });
    await allAt('/urgent', [later]);
    await call('PATCH', `/v1/webhooks/endpoints/${urgent}`, { body: { tags: [] } });
    const last = await done({});
    await allAt('/urgent', [last]);
    expect(jobsAt('/urgent').sort()).toEqual([jobs.both, jobs.one, later, last].sort());
    expect(jobsAt('/urgent-reports')).toEqual([]);
  });

  it('a test event comes whatever they are, and the own URL of a job is called', async () => {
    const id = await register('/tagged', { tags: ['urgent'] });
    expect((await call('POST', `/v1/webhooks/endpoints/${id}/test`)).status).toBe(202);
    const { body } = await WAYS['external']!({ callback_url: receiver.url('/tagged') });
    await call('DELETE', `/v1/jobs/${body.id}`);
    await allAt('/tagged', [body.id]);
    const types = receiver.at('/tagged').map((received) => JSON.parse(received.body.toString()).type);
    expect(types).toContain('webhook.test');
  });

  it('what it is caught up with is selected likewise', async () => {
    const jobs = [await done({ tags: ['late', 'b'] }), await done({ tags: ['b'] }), await done({})];
    await waitFor(async () => (await call('GET', '/v1/events')).body.data.length === jobs.length, {
      what: 'the events of all',
    });
    const id = await register('/late', { tags: ['late', 'later'] });
    const since = new Date(Date.now() - 3_600_000).toISOString();
    const { status, body } = await call('POST', `/v1/webhooks/endpoints/${id}/recover`, {
      body: { since, only: 'missing', ...LABELS },
    });
    expect({ status, body }).toMatchObject({ status: 202, body: LABELS });
    const unnamed = await call('POST', '/v1/webhooks/deliveries/redeliver', {
      body: { since, filter: {}, tags: ['a', 'a'] },
    });
    expect([unnamed.status, fieldsOf(unnamed)]).toEqual([422, ['tags[1]']]);
    expect((await ended(body.id)).body).toMatchObject({ status: 'COMPLETED' });
    await allAt('/late', [jobs[0]!]);
    expect(jobsAt('/late')).toEqual([jobs[0]]);
  });

  it('what an endpoint must not have is named', async () => {
    for (const [tags, field] of [
      [['a', 'a'], 'tags[1]'],
      [['a\n'], 'tags[0]'],
      [null, 'tags'],
      [Array.from({ length: 11 }, (_, n) => `n${n}`), 'tags'],
    ] as const) {
      const body = { url: receiver.url('/refused'), tags };
      const refused = await call('POST', '/v1/webhooks/endpoints', { body });
      expect([refused.status, fieldsOf(refused)]).toEqual([422, [field]]);
    }
  });
});

it('an end, a retention or a client that goes leaves no tag behind', async () => {
  const { body } = await WAYS['report']!({ tags: ['kept'] });
  await ended(body.id);
  const rows = (): Promise<object[]> =>
    app.dataSource.query('SELECT tag, state, type, job_id FROM job_tag WHERE client_id = $1', [owner.id]);
  expect(await rows()).toEqual([{ tag: 'kept', state: 'COMPLETED', type: 'orders.report', job_id: body.id }]);
  await app.dataSource.query('DELETE FROM job WHERE id = $1', [body.id]);
  expect(await rows()).toEqual([]);
});
