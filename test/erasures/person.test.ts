import fc from 'fast-check';
import { ArtifactStore, StoreUnavailableError } from '../../src/artifacts/artifact-store';
import type { ErasureAtWork } from '../../src/erasures/erasure';
import { ErasureWorkerService } from '../../src/erasures/erasure-worker.service';
import { faultsOfMetadata, faultsOfTags } from '../../src/jobs/job-labels';
import { FanOutService } from '../../src/webhooks/deliveries/fan-out.service';
import { eraseFromMessages } from '../../src/erasures/erased-messages';
import { FormerCustomersService } from '../../src/erasures/former-customers.service';
import { PersonErasureService } from '../../src/erasures/person-erasure.service';
import { isAbout, labelTexts, tracesOf, tracesParameters } from '../../src/erasures/traces';
import { waitFor } from '../support/services';
import { type Answer, TestApp } from '../support/test-app';
import { ADMIN_KEY } from '../support/test-config';
import { WEBHOOKS_RECOVER } from '../../src/webhooks/recovery/recover.job';
import { TestReceiver } from '../webhooks/test-receiver';
import { collectOutput, placesOf, rowsOfClient } from './everything';
import {
  APRIL,
  type Feed,
  leaveEverywhere,
  MARCH,
  NAME,
  orderOf,
  outside,
  REFERENCE,
  TRACES,
  VARIABLES,
} from './person-everywhere';
import { Shop } from './shop';

let app: TestApp;
let receiver: TestReceiver;
let shop: Shop;

beforeAll(async () => {
  receiver = await TestReceiver.start();
  app = await TestApp.start(VARIABLES);
});

afterAll(async () => {
  await app.stop();
  await receiver.stop();
});

let shops = 0;
beforeEach(async () => {
  shop = await Shop.open(app, `shop ${(shops += 1)}`);
});

const erase = (reference = REFERENCE): Promise<string> => shop.erase(reference);

const summary = async (): Promise<unknown> =>
  (await shop.call('GET', '/v1/orders/summary?start_date=2026-01-01&end_date=2027-01-01')).body;

it('is nowhere any more: neither in a row, nor a key of Redis, nor a file, nor a line of the log', async () => {
  const { plain, created, read, picked, wrong, march, april, titled, other, namesake, feed } =
    await leaveEverywhere(app, receiver, shop);
  const { body: link } = await shop.call('GET', `/v1/orders/reports/${march}/link`);
  const delivery = await shop.deliveryOf(created);

  const before = { summary: await summary(), other: await rowsOfClient(app, other.id) };
  expect(before.other['orders']).toHaveLength(1);
  expect((await placesOf(app, TRACES)).length).toBeGreaterThan(10);

  const log = collectOutput();
  const id = await erase();
  const { body: record } = await shop.doneOnSchedule(id);
  log.restore();

  // What is another client's, or another customer's of that name, is not the person's.
  expect((await shop.call('GET', `/v1/jobs/${namesake}`)).body.result).toMatchObject({
    customer_name: NAME,
    customer_reference: 'OT-5',
  });
  expect(await rowsOfClient(app, other.id)).toEqual(before.other);
  const others = [other.id, namesake];
  const places = await placesOf(app, TRACES, log.lines);
  expect(places.filter(({ text }) => !others.some((one) => text.includes(one)))).toEqual([]);
  expect(log.lines.length).toBeGreaterThan(0);

  expect(record).toMatchObject({
    status: 'COMPLETED',
    waiting_for_jobs: null,
    error: null,
    erased: { orders: 4, files: 4 },
  });
  expect(await summary()).toEqual(before.summary);

  // The orders stay, each with one more version that is in the changes.
  const order = (await shop.call('GET', `/v1/orders/${plain}`)).body;
  expect(order).toMatchObject({
    customer_name: '[erased]',
    customer_reference: null,
    version: 2,
    total: '29.97',
  });
  const { body: changes } = await shop.call('GET', '/v1/orders/changes?page_size=100');
  expect(changes.data.filter((change: { change: string }) => change.change === 'updated')).toHaveLength(4);

  // Files and bodies that held the person say so; others are as they were.
  for (const path of [
    `/v1/orders/reports/${march}`,
    `/v1/orders/reports/status/${march}`,
    `/v1/orders/reports/${march}/link`,
    `/v1/orders/reports/${titled}`,
    `/v1/tasks/${created}`,
    `/v1/tasks/${read}`,
    `/v1/tasks/${picked}`,
  ])
    expect({ path, ...(await shop.call('GET', path)) }).toMatchObject({
      path,
      status: 410,
      body: { code: 'erased' },
    });
  const signed = new URL(link.url);
  expect(await app.call('GET', signed.pathname + signed.search, { key: null })).toMatchObject({
    status: 410,
    body: { code: 'erased' },
  });
  expect(await shop.call('POST', `/v1/webhooks/deliveries/${delivery.id}/redeliver`)).toMatchObject({
    status: 410,
    body: { code: 'erased' },
  });
  expect((await shop.call('GET', `/v1/orders/reports/${april}`)).status).toBe(200);
  expect(await shop.call('GET', `/v1/jobs/${created}`)).toMatchObject({
    status: 200,
    body: { status: 'COMPLETED', result: null, request: { body: null }, erased_at: expect.any(String) },
  });
  expect((await shop.call('GET', `/v1/jobs/${april}`)).body.erased_at).toBeNull();
  const errors = (await shop.call('GET', `/v1/orders/imports/${wrong}`)).body.row_errors;
  expect(errors[0].message).toBe('[erased]');
  expect(errors[1].message).not.toBe('[erased]');

  // The feed has the same events.
  const after: Feed = (await shop.call('GET', '/v1/events?page_size=100')).body;
  const ids = ({ data }: Feed): string[] => data.map((event) => event.id);
  expect(ids(after)).toEqual(ids(feed));
  const bodyOf = (jobId: string): string | null | undefined =>
    after.data.find((event) => event.job_id === jobId)?.body;
  expect([bodyOf(created), bodyOf(read), bodyOf(picked)]).toEqual([null, null, null]);
  expect(bodyOf(march)).toContain('"status":"COMPLETED"');

  // What was still to be sent is not.
  expect(await shop.deliveryOf(created)).toMatchObject({
    status: expect.stringMatching(/EXHAUSTED|DELIVERED/),
  });
  const pending = (await shop.call('GET', '/v1/webhooks/deliveries?status=PENDING&page_size=100')).body.data;
  expect(pending.map(({ job_id }: { job_id: string }) => job_id)).not.toContain(created);
}, 300_000);

describe('while something is under way', () => {
  it('waits for an import that was accepted before and brings the person in again', async () => {
    const api = await TestApp.start({ ROLE: 'api' });
    const worker: TestApp[] = [];
    try {
      shop = await Shop.open(api, 'a shop');
      const order = await shop.create(orderOf('A-1'));
      const upload = (number: string): Promise<string> =>
        shop.upload(`${number},2026-03-12,${NAME},${REFERENCE},EUR,S,Thing,1,2.50`);
      const imported = await upload('I-1');
      // Its file is kept for a day, to be tried again.
      await api.dataSource.query(
        `UPDATE job SET state = 'FAILED', finished_at = now(), error = '{"code": "internal_error"}' WHERE id = $1`,
        [await upload('I-2')],
      );
      const { body: asked } = await shop.call('POST', '/v1/orders/reports', {
        body: { ...MARCH, format: 'csv' },
      });
      const id = await erase();
      await waitFor(async () => (await shop.call('GET', `/v1/erasures/${id}`)).body.waiting_for_jobs === 2, {
        what: 'the erasure to wait',
      });
      // What is in the book has gone already.
      expect((await shop.call('GET', `/v1/orders/${order}`)).body.customer_reference).toBeNull();
      expect((await placesOf(api, TRACES)).map(({ where }) => where)).toEqual(
        expect.arrayContaining([expect.stringContaining('the file')]),
      );

      worker.push(await TestApp.start({ ROLE: 'worker' }, api));
      const { body: record } = await shop.doneOnSchedule(id);
      expect(record.erased.orders).toBe(2);
      expect(record.erased.uploads).toBeGreaterThanOrEqual(1);
      expect((await shop.call('GET', `/v1/jobs/${imported}`)).body.status).toBe('COMPLETED');
      const { body: job } = await shop.call('GET', `/v1/jobs/${asked.id}`);
      expect(job.status).toBe('COMPLETED');
      expect(await placesOf(api, TRACES)).toEqual([]);
    } finally {
      for (const each of [...worker, api]) await each.stop();
    }
  });

  it('waits for work outside that is about the person, and for no other', async () => {
    const about = await outside(shop, { ship_to: `${NAME}, Hamburg`, customer: REFERENCE });
    await outside(shop, { ship_to: 'Otto Maier' });
    const id = await erase();
    await waitFor(async () => (await shop.call('GET', `/v1/erasures/${id}`)).body.waiting_for_jobs === 1, {
      what: 'the erasure to wait',
    });
    expect((await shop.call('DELETE', `/v1/jobs/${about}`)).status).toBe(200);
    await shop.done(id);
    expect((await shop.call('GET', `/v1/jobs/${about}`)).body).toMatchObject({
      status: 'CANCELLED',
      request: { body: null },
      erased_at: expect.any(String),
    });
    expect(await leftOf(shop.id)).toEqual([]);
  });

  it('does not wait for a recovery that may take days: what was erased is not sent again', async () => {
    await shop.create(orderOf('A-1'));
    await app.dataSource.query(
      `INSERT INTO job (id, client_id, type, request, parameters, max_failures, max_crashes, steps, deadline_at, state, attempt,
         lease_owner, lease_until)
       SELECT uuid_v7(), $1, $2, '{}', '{}', 3, 3, '{only}', at, 'IN_PROGRESS', 1, 'another worker', at
       FROM (SELECT now() + interval '7 days' AS at) later`,
      [shop.id, WEBHOOKS_RECOVER.name],
    );
    await shop.done(await erase());
    expect(await leftOf(shop.id)).toEqual([]);
  });

  it('lets an attempt at a callback end before its event is emptied, and makes no other', async () => {
    let release = (): void => undefined;
    const path = '/waits';
    receiver.on(path, (_received, response) => {
      release = () => void response.writeHead(503).end();
    });
    await shop.call('POST', '/v1/webhooks/endpoints', {
      body: { url: receiver.url(path), event_types: ['*'] },
    });
    const job = await shop.task('POST', '/v1/orders', orderOf('A-1'));
    await waitFor(() => receiver.at(path).length === 1, { what: 'the attempt' });
    const id = await erase();
    const stepOf = async (): Promise<string | undefined> => {
      const [row] = await app.dataSource.query<{ step: string }[]>('SELECT step FROM erasure WHERE id = $1', [
        id,
      ]);
      return row?.step;
    };
    await waitFor(async () => (await stepOf()) === 'messages', { what: 'the messages' });
    release();
    await shop.done(id);
    expect(await shop.deliveryOf(job)).toMatchObject({ status: 'EXHAUSTED', failure: 'erased' });
    expect(receiver.at(path)).toHaveLength(1);
  });
});

it('comes back to an event whose callback failed just when what waits was cancelled', async () => {
  receiver.on('/fails', (_received, response) => void response.writeHead(503).end());
  await shop.call('POST', '/v1/webhooks/endpoints', {
    body: { url: receiver.url('/fails'), event_types: ['*'] },
  });
  const job = await shop.task('POST', '/v1/orders', orderOf('A-1'));
  const { id } = await shop.deliveryOf(job);
  await waitFor(async () => (await shop.deliveryOf(job)).failure === 'throttled', {
    what: 'the first attempt',
  });
  const change = (state: string): Promise<unknown> =>
    app.dataSource.query(`UPDATE delivery SET ${state} WHERE id = $1`, [id]);
  await change(`state = 'DELIVERING', lease_owner = 'w', lease_until = now() + interval '1 h'`);
  let hasFailed = false;
  const transaction = app.dataSource.createQueryRunner();
  await transaction.startTransaction();
  try {
    const manager = {
      query: async (sql: string, parameters: unknown[]) => {
        const rows = await transaction.query(sql, parameters);
        if (!hasFailed && sql.includes(`failure = 'erased'`)) {
          hasFailed = true;
          await change(`state = 'PENDING', lease_owner = NULL, lease_until = NULL`);
        }
        return rows as unknown;
      },
    } as never;
    const traces = tracesOf(REFERENCE, [NAME]);
    const erasure = { client_id: shop.id } as ErasureAtWork;
    expect(await eraseFromMessages(manager, erasure, traces, null)).toMatchObject({
      messages: 0,
      underWay: 1,
    });
    expect(await eraseFromMessages(manager, erasure, traces, null)).toMatchObject({
      messages: 1,
      deliveries: 1,
      underWay: 0,
    });
  } finally {
    await transaction.rollbackTransaction();
    await transaction.release();
  }
});

it('waits for events that are being published, and finds what comes of them', async () => {
  const fanOut = jest.spyOn(app.app.get(FanOutService, { strict: false }), 'next').mockResolvedValue(0);
  const publisher = app.dataSource.createQueryRunner();
  try {
    const job = await shop.task('POST', '/v1/orders', orderOf('A-1'));
    await publisher.startTransaction();
    // As the fan-out does it, by what the event is now.
    const taken = (await publisher.query(
      `WITH taken AS (DELETE FROM webhook_outbox o USING job_event e WHERE o.event_id = e.id AND e.job_id = $1 RETURNING e.*)
       SELECT * FROM taken`,
      [job],
    )) as unknown[];
    expect(taken).toHaveLength(1);
    await publisher.query(
      `INSERT INTO webhook_message (id, client_id, job_id, type, body, occurred_at)
       SELECT id, client_id, job_id, type, convert_to(data::text, 'UTF8'), occurred_at FROM job_event
       WHERE job_id = $1 AND terminal`,
      [job],
    );
    const id = await erase();
    await waitFor(
      async () => {
        const rows = await app.dataSource.query<unknown[]>(
          `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%webhook_outbox%'
             AND datname = current_database()`,
        );
        return rows.length > 0;
      },
      { what: 'the erasure to wait for the publisher' },
    );
    await publisher.commitTransaction();
    expect((await shop.done(id)).body.erased).toMatchObject({ jobs: 1, messages: 1 });
    expect(await leftOf(shop.id)).toEqual([]);
  } finally {
    if (publisher.isTransactionActive) await publisher.rollbackTransaction();
    await publisher.release();
    fanOut.mockRestore();
  }
});

it('finds files that showed orders which were deleted, moved, or given to others since', async () => {
  const deleted = await shop.create(orderOf('D-1'));
  const moved = await shop.create(orderOf('D-2', { ordered_at: '2026-04-10T00:00:00Z' }));
  const given = await shop.create(orderOf('D-3', { ordered_at: '2026-05-10T00:00:00Z' }));
  const [march, april, may] = [
    await shop.report(MARCH),
    await shop.report(APRIL),
    await shop.report({ start_date: '2026-05-01', end_date: '2026-06-01' }),
  ];
  expect((await shop.call('DELETE', `/v1/orders/${deleted}`)).status).toBe(204);
  const patch = (id: string, body: object): Promise<Answer> =>
    shop.call('PATCH', `/v1/orders/${id}`, { body });
  expect((await patch(moved, { ordered_at: '2026-06-10T00:00:00Z' })).status).toBe(200);
  expect((await patch(given, { customer_name: 'Otto Maier', customer_reference: 'OM-1' })).status).toBe(200);
  const later = await shop.report(MARCH);
  expect((await shop.done(await erase())).body.erased).toMatchObject({ orders: 1, files: 3 });
  for (const [id, status] of [
    [march, 410],
    [april, 410],
    [may, 410],
    [later, 200],
  ] as const)
    expect({ id, status: (await shop.call('GET', `/v1/orders/reports/${id}`)).status }).toEqual({
      id,
      status,
    });
  const notes = (): Promise<unknown[]> =>
    app.dataSource.query('SELECT order_id FROM former_customer WHERE client_id = $1', [shop.id]);
  expect(await notes()).toEqual([]);

  // Who is not erased is forgotten when no file is left.
  const [kept, old] = [await shop.create(orderOf('D-4')), await shop.create(orderOf('D-5'))];
  for (const id of [kept, old]) await shop.call('DELETE', `/v1/orders/${id}`);
  await app.dataSource.query(
    `UPDATE former_customer SET until = until - interval '9 days' WHERE order_id = $1`,
    [old],
  );
  await app.app.get(FormerCustomersService, { strict: false }).removeNotes(new AbortController().signal);
  expect(await notes()).toEqual([{ order_id: kept }]);
});

it('goes on where a process died, at every step, and counts nothing twice', async () => {
  await shop.create(orderOf('A-1'));
  await shop.task('POST', '/v1/orders', orderOf('A-2'));
  await shop.report(MARCH);
  const worker = app.app.get<unknown>(ErasureWorkerService, { strict: false }) as {
    store: (manager: unknown, erasure: ErasureAtWork, ...rest: unknown[]) => Promise<unknown>;
  };
  const died: string[] = [];
  const original = worker.store.bind(worker);
  const store = jest.spyOn(worker, 'store').mockImplementation(async (manager, erasure, ...rest) => {
    if (died.includes(erasure.step)) return original(manager, erasure, ...rest);
    died.push(erasure.step);
    // What it did is rolled back, and its lease is over.
    await app.dataSource.query(`UPDATE erasure SET lease_until = now() WHERE id = $1`, [erasure.id]);
    throw new Error('The process died.');
  });
  try {
    const id = await erase();
    const hurried = setInterval(
      () => void app.dataSource.query('UPDATE erasure SET run_at = now() WHERE id = $1', [id]),
      200,
    );
    const { body } = await shop.done(id).finally(() => clearInterval(hurried));
    expect(died).toEqual(Object.keys(app.app.get(PersonErasureService, { strict: false }).steps));
    expect(body.erased).toMatchObject({ orders: 2, jobs: 2, files: 1, messages: 1 });
  } finally {
    store.mockRestore();
  }
  expect(await leftOf(shop.id)).toEqual([]);
});

it('is tried again while the store is away, and says so', async () => {
  await shop.create(orderOf('A-1'));
  const march = await shop.report(MARCH);
  const away = jest
    .spyOn(app.app.get(ArtifactStore, { strict: false }), 'delete')
    .mockRejectedValue(new StoreUnavailableError());
  let id: string;
  try {
    id = await erase();
    await waitFor(
      async () => (await shop.call('GET', `/v1/erasures/${id}`)).body.error === 'store_unavailable',
      {
        what: 'the outage to be seen',
      },
    );
    // It cannot be fetched from the moment that it was found.
    expect((await shop.call('GET', `/v1/orders/reports/${march}`)).status).toBe(410);
  } finally {
    away.mockRestore();
  }
  await app.dataSource.query('UPDATE erasure SET run_at = now() WHERE id = $1', [id]);
  expect((await shop.done(id)).body).toMatchObject({ error: null, erased: { files: 1 } });
  expect(await leftOf(shop.id)).toEqual([]);
});

it('is found in JSON whatever the reference and the name are made of', async () => {
  const texts = fc.sample(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 }), 300);
  const rows = await app.dataSource.query<{ text: string }[]>(
    `SELECT text FROM unnest($1::text[], $2::text[], $3::text[]) AS t(text, by_reference, json)
     WHERE (json::jsonb)::text !~* by_reference OR (json::json)::text !~* by_reference`,
    [
      texts,
      texts.map((text) => tracesOf(text, [text]).byReference),
      texts.map((text) => JSON.stringify({ customer_reference: text })),
    ],
  );
  expect(rows).toEqual([]);
});

it.each(['ǅurđica', 'ǈubica', 'ǋegoš', 'ǲ-1'])(
  'is found as %s in every case: Postgres knows no third one, and not itself by it',
  async (text) => {
    const cases = [text, text.toLowerCase(), text.toUpperCase()];
    const pairs = cases.flatMap((written) => cases.map((known) => [written, known] as const));
    const rows = await app.dataSource.query<unknown[]>(
      `SELECT written FROM unnest($1::text[], $2::text[]) AS t(written, expression) WHERE written !~* expression`,
      [pairs.map(([written]) => written), pairs.map(([, known]) => tracesOf(known, []).byReference)],
    );
    expect(rows).toEqual([]);
  },
);

describe('in the labels of jobs', () => {
  /** What may be there: words of ours, other words, and signs that are escaped. */
  const label = fc
    .oneof(
      fc.constantFrom('status', 'type', 'customer_reference', 'edda', 'a":"b', '\\', '2031-01-01'),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
    )
    .filter((text) => faultsOfTags([text]).length + faultsOfMetadata({ [text]: text }).length === 0);

  it('is found as a name, a text or a tag, whatever it is and whatever stands beside it', async () => {
    const samples = fc.sample(
      fc.tuple(label, label, label).filter(([a, b, c]) => new Set([a, b, c]).size === 3),
      200,
    );
    const rows = samples.flatMap(([reference, one, other]) => [
      { reference, metadata: { [one]: other, [reference]: one }, tags: [one] },
      { reference, metadata: { [one]: reference, [other]: one }, tags: [] },
      { reference, metadata: { [one]: other }, tags: [other, reference] },
    ]);
    const asked = `SELECT reference, metadata, tags FROM json_to_recordset($3::json) AS t(reference text,
        metadata json, tags text[]), LATERAL (SELECT ${labelTexts('metadata::text', 'to_json(tags)::text')} AS labels) l`;
    const missed: unknown[] = [];
    // Each has an expression of its own.
    for (const row of rows) {
      const traces = tracesParameters(tracesOf(row.reference, []));
      const found = await app.dataSource.query<unknown[]>(`${asked} WHERE ${isAbout('labels')}`, [
        ...traces,
        JSON.stringify([row]),
      ]);
      if (found.length === 0) missed.push(row);
    }
    expect(missed).toEqual([]);
  });

  it('is found there alone, and what was sent of them is emptied also where their job is gone', async () => {
    await shop.create(orderOf('A-1', { customer_name: 'edda', customer_reference: 'shipped' }));
    const cases = {
      name: { metadata: { edda: 'asked' } },
      text: { metadata: { status: 'shipped', type: 'monthly' } },
      tag: { tags: ['monthly', 'for edda'] },
      none: { metadata: { status: 'paid', eddas: 'unshipped' }, tags: ['monthly'] },
    };
    const entries = Object.entries(cases);
    const ids: Record<string, string[]> = {};
    for (const [kind, labels] of entries)
      ids[kind] = [await outside(shop, {}, undefined, labels), await outside(shop, {}, undefined, labels)];
    const all = Object.values(ids).flat();
    for (const id of all) await shop.call('DELETE', `/v1/jobs/${id}`);
    const bodies = async (): Promise<Record<string, string | null>> =>
      Object.fromEntries(
        (await shop.call('GET', '/v1/events?page_size=100')).body.data.map(
          (event: { job_id: string; body: string | null }) => [event.job_id, event.body],
        ),
      );
    const before = await waitFor(
      async () => {
        const found = await bodies();
        return all.every((id) => found[id] !== undefined) && found;
      },
      { what: 'the events of all' },
    );
    // Their retention was shorter than that of the events.
    await app.dataSource.query('DELETE FROM job WHERE id = ANY($1)', [
      entries.map(([kind]) => ids[kind]![1]),
    ]);
    expect((await shop.done(await erase('shipped'))).body.erased).toMatchObject({ jobs: 3, messages: 6 });

    const after = await bodies();
    for (const [kind, labels] of entries) {
      const [id, gone] = ids[kind]!;
      const { body } = await shop.call('GET', `/v1/jobs/${id}`);
      const isKept = kind === 'none';
      expect({ kind, ...body }).toMatchObject({
        kind,
        ...(isKept ? labels : { metadata: {}, tags: [], erased_at: expect.any(String) }),
      });
      expect([kind, after[id!], after[gone!]]).toEqual([
        kind,
        isKept ? before[id!] : null,
        isKept ? before[gone!] : null,
      ]);
    }
    expect((await shop.call('GET', '/v1/jobs?tag=monthly')).body.data).toMatchObject([
      { id: ids['none']![0] },
    ]);
  });
});

describe('of what is ours in a text', () => {
  const judged = async (text: string, reference: string, names: string[] = []): Promise<boolean> => {
    const [row] = await app.dataSource.query<[{ is_about: boolean }]>(
      `SELECT coalesce(${isAbout('$3::text')}, false) AS is_about`,
      [...tracesParameters(tracesOf(reference, names)), text],
    );
    return row.is_about;
  };
  const UUID = '01a21c47-81bf-7250-baf7-871633769106';

  it.each([
    ['{"timestamp":"2026-03-10T12:00:00Z","type":"job.completed"}', '2026', []],
    ['{"start_date": "2031-01-01", "end_date": "2031-02-01"}', '2031-01', []],
    ['{"startDate": "2031-01-01", "timeZone": "Europe/Berlin"}', 'X-1', ['Berlin']],
    ['{"time_zone":"Europe/Berlin"}', 'X-1', ['Berlin']],
    ['{"status":["paid","refunded"],"format":"csv","currency":"EUR"}', 'paid', ['EUR']],
    ['{"statuses": ["open", "paid"], "locale": "en-US"}', 'paid', ['US']],
    ['{"finished_at":"2026-03-10T12:00:00Z","createdAt":"2026-03-10"}', '03-10', []],
    ['{"unit_price":"1315","quantity":"1315","orders":1315}', '1315', []],
    ['{"unit_price":"9.99","title":null,"is_large":true}', 'true', ['Price', 'Title', 'Null']],
    [`{"id":"${UUID}","url":"/v1/orders/${UUID}"}`, 'baf7', ['Baf7']],
  ])('finds nobody in %s by %s and %j', async (text, reference, names) =>
    expect(await judged(text, reference, names)).toBe(false),
  );

  it.each([
    ['{"timestamp":"2026-03-10T12:00:00Z","customer_reference":"2026"}', '2026', []],
    ['{"time_zone":"Europe/Berlin","title":"For Berlin"}', 'X-1', ['Berlin']],
    ['{"type":"Claire Gute","status":"open"}', 'X-1', ['Claire Gute']],
    ['{"Claire Gute":1}', 'X-1', ['Claire Gute']],
    ['{"note":"\\"time_zone\\": \\"Berlin\\""}', 'X-1', ['Berlin']],
    [`{"customer":{"id":"${UUID}"}}`, UUID, []],
  ])('finds the person in %s by %s and %j', async (text, reference, names) =>
    expect(await judged(text, reference, names)).toBe(true),
  );

  it('erases none of it', async () => {
    await shop.create(orderOf('A-1', { customer_reference: '2031', customer_name: 'Berlin' }));
    const other = await shop.task('POST', '/v1/orders', orderOf('B-1', { customer_reference: 'OT-5' }));
    const kept = await shop.report({
      start_date: '2031-01-01',
      end_date: '2031-02-01',
      time_zone: 'Europe/Berlin',
    });
    const about = await shop.report({ ...APRIL, title: 'For Berlin' });
    expect((await shop.done(await erase('2031'))).body.erased).toMatchObject({
      orders: 1,
      jobs: 1,
      files: 1,
    });
    for (const [id, erasedAt] of [
      [other, null],
      [kept, null],
      [about, expect.any(String)],
    ])
      expect((await shop.call('GET', `/v1/jobs/${id}`)).body).toMatchObject({ id, erased_at: erasedAt });
  });
});

it('leaves nothing that was cut of what an import read, nor a field that names the person', async () => {
  const { body: failed } = await shop.importFile('X-1,2026-03-12,Otto Maier,OM-1,EUR,S,Thing,none,2.50');
  const errors = [
    { row: 2, field: 'description', message: 'too long', value: `${'x'.repeat(90)} Edda Gr…` },
    { row: 3, field: `of ${NAME}`, message: 'unknown', value: null },
    { row: 4, field: 'quantity', message: 'no number', value: 'none' },
  ];
  await app.dataSource.query('UPDATE order_import_failure SET errors = $2 WHERE job_id = $1', [
    failed.id,
    JSON.stringify(errors),
  ]);
  await shop.create(orderOf('A-1'));
  await shop.done(await erase());
  expect((await shop.call('GET', `/v1/orders/imports/${failed.id}`)).body.row_errors).toEqual([
    { ...errors[0], value: null },
    { row: 3, field: '[erased]', message: '[erased]', value: null },
    errors[2],
  ]);
});

it('is found by names that the orders had before', async () => {
  const names = ['Edda Renamed', 'Edda Deleted', 'Edda Given'];
  const [renamed, deleted, given] = [
    await shop.create(orderOf('N-1', { customer_name: names[0] })),
    await shop.create(orderOf('N-2', { customer_name: names[1] })),
    await shop.create(orderOf('N-3', { customer_name: names[2] })),
  ];
  const titled = await Promise.all(names.map((name) => shop.report({ ...APRIL, title: `For ${name}` })));
  await shop.call('PATCH', `/v1/orders/${renamed}`, { body: { customer_name: NAME } });
  await shop.call('DELETE', `/v1/orders/${deleted}`);
  await shop.call('PATCH', `/v1/orders/${given}`, {
    body: { customer_name: 'Otto Maier', customer_reference: 'OM-1' },
  });
  await shop.done(await erase());
  for (const id of titled) expect((await shop.call('GET', `/v1/orders/reports/${id}`)).status).toBe(410);
  const left = await placesOf(app, names);
  expect(left.filter(({ text }) => text.includes(shop.id))).toEqual([]);
});

it('is known by the reference without the space around it, as orders are', async () => {
  const order = await shop.create(orderOf('A-1'));
  await shop.done(await erase(` ${REFERENCE} `));
  expect((await shop.call('GET', `/v1/orders/${order}`)).body.customer_reference).toBeNull();
});

it('is done for somebody of whom nothing is found', async () => {
  const { body } = await shop.done(await erase('NOBODY-1'));
  expect(body.erased).toEqual({ orders: 0, jobs: 0, files: 0, uploads: 0, messages: 0, deliveries: 0 });
});

it('lets no operator try again what was erased', async () => {
  await shop.create(orderOf('A-1'));
  const { body: failing } = await shop.call('POST', '/v1/jobs', {
    body: { type: 'orders.create', parameters: orderOf('A-1') },
  });
  expect((await shop.ended(failing.id)).body.status).toBe('FAILED');
  await shop.done(await erase());
  expect(await app.call('POST', `/v1/jobs/${failing.id}/retry`, { key: ADMIN_KEY })).toMatchObject({
    status: 410,
    body: { code: 'erased' },
  });
});

it('is shown to who asked for it alone, and refused beyond a hundred at a time', async () => {
  const stranger = await app.client('a stranger');
  const id = await erase();
  expect((await app.call('GET', `/v1/erasures/${id}`, { key: stranger.key })).status).toBe(404);
  await shop.done(id);
  for (const body of [
    {},
    { customer_reference: '' },
    { customer_reference: ' ' },
    { customer_reference: 'a\tb' },
    { customer_reference: 'x'.repeat(101) },
    { customer_reference: 7 },
  ])
    expect((await shop.call('POST', '/v1/erasures', { body })).status).toBe(422);
  await app.dataSource.query(
    `INSERT INTO erasure (id, subject, client_id, customer_reference, asked_by_client_id, asked_by_key_id, step, run_at)
     SELECT uuid_v7(), 'person', $1, 'x', $1, $1, 'orders', 'infinity' FROM generate_series(1, 100)`,
    [shop.id],
  );
  const refused = await shop.call('POST', '/v1/erasures', { body: { customer_reference: REFERENCE } });
  expect(refused).toMatchObject({ status: 429, body: { code: 'too_many_erasures' } });
  expect(refused.headers.get('retry-after')).toBe('60');
});

/** What is left of the person in what a client has. */
async function leftOf(clientId: string): Promise<unknown[]> {
  return (await placesOf(app, TRACES)).filter(
    ({ where, text }) => where.startsWith('the file') || text.includes(clientId),
  );
}
