import { randomUUID } from 'node:crypto';
import { OrderImportService } from '../../src/orders/import/order-import.service';
import { OrderChangesRetentionService } from '../../src/orders/order-changes-retention.service';
import { writersLock } from '../../src/orders/order-changes';
import { Readable } from 'node:stream';
import { waitFor } from '../support/services';
import { OrdersApi, OTHER_KEY } from './orders-api';

const LINES = [
  { sku: 'BK-1', description: 'Bookcase', quantity: '2', unit_price: '130.98' },
  { sku: 'CH-7', description: 'Chair', quantity: '1', unit_price: '38.04' },
];
const BODY = {
  ordered_at: '2026-03-01T09:00:00.000Z',
  status: 'paid',
  currency: 'USD',
  customer_name: 'Claire Gute',
  customer_reference: 'CG-12520',
  lines: LINES,
};

/** Without the second, `fetch` would ask for an answer that is not from a cache. */
const SEEN = { 'if-none-match': '"1"', 'cache-control': 'max-age=0' };

let api: OrdersApi;
beforeAll(async () => {
  api = await OrdersApi.start({ SAMPLE_DATA: 'false', RATE_LIMIT_OTHER: '100000' });
});
afterAll(() => api.stop());

let numbers = 0;
const newNumber = (): string => `N/${(numbers += 1)} ü`;
const byNumber = (number: string): string => `/v1/orders/by-number/${encodeURIComponent(number)}`;
const put = (number: string, body: object = BODY, headers: Record<string, string> = {}) =>
  api.call('PUT', byNumber(number), { body, headers });
const patch = (id: string, body: object, headers: Record<string, string> = {}) =>
  api.call('PATCH', `/v1/orders/${id}`, { body, headers });
const fieldsOf = (answer: { body: { errors?: { field: string }[] } }): string[] =>
  (answer.body.errors ?? []).map(({ field }) => field);

/** All changes of the client, or those after a cursor. */
async function changes(after = '', key?: string) {
  const read = [];
  for (let next: string | null = after; next !== null;) {
    const { status, body } = await api.call(
      'GET',
      `/v1/orders/changes?page_size=3&after=${next}`,
      key ? { key } : {},
    );
    expect(status).toBe(200);
    read.push(...body.data);
    next = body.next_cursor;
  }
  return read;
}
const lastCursor = async (): Promise<string> => (await changes()).at(-1)?.cursor ?? '';

it('changes are read in the order in which they were made, from the first on', async () => {
  const made: string[] = [];
  for (let order = 0; order < 60; order += 1) {
    const number = newNumber();
    await put(number);
    made.push(number);
  }
  expect((await changes()).map(({ number }) => number)).toEqual(made);
});

describe('an order that is put by its number', () => {
  it('is created, replaced under its id, and left as it is by the same body', async () => {
    const number = newNumber();
    const created = await put(number);
    expect(created).toMatchObject({ status: 201, body: { number, version: 1, total: '300.00' } });
    expect(created.headers.get('etag')).toBe('"1"');
    expect(created.headers.get('location')).toBe(`/v1/orders/${created.body.id}`);

    const replaced = await put(number, { ...BODY, number, shipping_total: '4.90', lines: [LINES[1]] });
    expect(replaced).toMatchObject({
      status: 200,
      body: { id: created.body.id, version: 2, subtotal: '38.04', total: '42.94', line_count: 1 },
    });
    expect(replaced.headers.get('etag')).toBe('"2"');
    expect((await api.call('GET', byNumber(number))).body).toEqual(replaced.body);

    const same = await put(number, {
      ...BODY,
      shipping_total: '4.9',
      lines: [{ ...LINES[1], quantity: '1.0', unit_price: '38.0400' }],
    });
    expect(same.body).toEqual(replaced.body);
    expect((await api.call('GET', byNumber(number), { key: OTHER_KEY })).status).toBe(404);
  });

  it('is found again by its ETag', async () => {
    const number = newNumber();
    const { body } = await put(number);
    const path = `/v1/orders/${body.id}`;
    expect((await api.call('GET', path, { headers: SEEN })).status).toBe(304);
    await patch(body.id, { status: 'shipped' });
    expect((await api.call('GET', path, { headers: SEEN })).status).toBe(200);
  });

  it.each([
    ['another number in the body', { ...BODY, number: 'another' }, 'number'],
    ['no lines', { ...BODY, lines: undefined }, 'lines'],
    ['an unknown field', { ...BODY, colour: 'red' }, 'colour'],
  ])('is refused with %s', async (_what, body, field) => {
    const answer = await put(newNumber(), body);
    expect([answer.status, fieldsOf(answer)]).toEqual([422, [field]]);
  });

  it('is refused with a number that is none', async () => {
    expect((await put(' ')).status).toBe(400);
    expect((await put('x'.repeat(101))).status).toBe(400);
  });

  it('has one winner of many that create it at once, and each of the others replaces it', async () => {
    const number = newNumber();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => put(number, { ...BODY, customer_name: `Writer ${index}` })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(19).fill(200), 201]);
    expect((await api.call('GET', byNumber(number))).body.version).toBe(20);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  });
});

describe('an order that is patched', () => {
  it('keeps what the patch leaves out, and has the defaults of what is null', async () => {
    const { body: order } = await put(newNumber(), { ...BODY, discount_total: '10.00' });
    const patched = await patch(order.id, {
      customer_reference: null,
      discount_total: null,
      status: 'shipped',
    });
    expect(patched).toMatchObject({
      status: 200,
      body: {
        ...order,
        customer_reference: null,
        discount_total: '0.00',
        total: '300.00',
        net_total: '300.00',
        status: 'shipped',
        version: 2,
        updated_at: expect.any(String),
      },
    });
    expect(patched.body.updated_at > order.updated_at).toBe(true);
    expect((await patch(order.id, {})).body).toEqual(patched.body);
    expect((await patch(order.id, { status: 'shipped' })).body.version).toBe(2);
  });

  it('takes application/merge-patch+json too', async () => {
    const { body: order } = await put(newNumber());
    const answer = await patch(
      order.id,
      { status: 'delivered' },
      { 'content-type': 'application/merge-patch+json' },
    );
    expect([answer.status, answer.body.status]).toEqual([200, 'delivered']);
  });

  it('is refunded whole by the status, and in part by an amount', async () => {
    const { body: order } = await put(newNumber());
    expect((await patch(order.id, { refunded_total: '100.00' })).body).toMatchObject({
      status: 'paid',
      refunded_total: '100.00',
      net_total: '200.00',
    });
    expect((await patch(order.id, { status: 'refunded' })).body).toMatchObject({
      refunded_total: '300.00',
      net_total: '0.00',
    });
    const tooMuch = await patch(order.id, { lines: [LINES[1]] });
    expect([tooMuch.status, fieldsOf(tooMuch)]).toEqual([422, ['refunded_total']]);
    expect((await patch(order.id, { lines: [LINES[1]], refunded_total: '38.04' })).body).toMatchObject({
      total: '38.04',
      net_total: '0.00',
      line_count: 1,
    });
    expect((await patch(order.id, { status: 'cancelled' })).body.net_total).toBe('0.00');
  });

  it('has returns as lines of a negative quantity', async () => {
    const { body } = await put(newNumber(), { ...BODY, lines: [{ ...LINES[0], quantity: '-1' }] });
    expect(body).toMatchObject({ subtotal: '-130.98', total: '-130.98', refunded_total: '0.00' });
    const refund = await patch(body.id, { refunded_total: '1.00' });
    expect([refund.status, fieldsOf(refund)]).toEqual([422, ['refunded_total']]);
    expect((await patch(body.id, { status: 'refunded' })).body.refunded_total).toBe('0.00');
  });

  it.each([
    ['another number', { number: 'another' }, 'number'],
    ['another currency without lines', { currency: 'JPY' }, 'lines'],
    ['null where something is needed', { customer_name: null }, 'customer_name'],
    ['no lines', { lines: [] }, 'lines'],
    ['what is finer than the currency', { tax_total: '0.001' }, 'tax_total'],
    ['a total', { total: '1.00' }, 'total'],
  ])('is refused with %s', async (_what, body, field) => {
    const { body: order } = await put(newNumber());
    const answer = await patch(order.id, body);
    expect([answer.status, fieldsOf(answer)]).toEqual([422, [field]]);
  });

  it('changes its currency with its lines', async () => {
    const { body: order } = await put(newNumber());
    const { body } = await patch(order.id, {
      currency: 'JPY',
      lines: [{ ...LINES[0], unit_price: '0.3333' }],
    });
    expect(body).toMatchObject({
      currency: 'JPY',
      subtotal: '1',
      tax_total: '0',
      total: '1',
      net_total: '1',
    });
  });
});

describe('conditions', () => {
  it('are honoured by PUT, PATCH and DELETE', async () => {
    const number = newNumber();
    expect((await put(number, BODY, { 'if-match': '*' })).status).toBe(412);
    const { body: order } = await put(number, BODY, { 'if-none-match': '*' });
    const again = await put(number, BODY, { 'if-none-match': '*' });
    expect([again.status, again.body.code, again.headers.get('etag')]).toEqual([
      412,
      'precondition_failed',
      '"1"',
    ]);
    expect((await put(number, { ...BODY, status: 'shipped' }, { 'if-match': '"1"' })).body.version).toBe(2);
    expect((await patch(order.id, { status: 'paid' }, { 'if-match': '"1"' })).status).toBe(412);
    expect((await patch(order.id, { status: 'paid' }, { 'if-match': '"1", "2"' })).status).toBe(200);
    expect((await patch(order.id, { status: 'paid' }, { 'if-match': '3' })).status).toBe(400);
    const remove = (headers: Record<string, string> = {}) =>
      api.call('DELETE', `/v1/orders/${order.id}`, { headers });
    expect((await remove({ 'if-match': '"2"' })).status).toBe(412);
    expect((await remove({ 'if-none-match': '*' })).status).toBe(412);
    expect((await remove({ 'if-match': '"3"' })).status).toBe(204);
    expect((await remove()).status).toBe(404);
  });

  it('have one winner of many that change the same version', async () => {
    const { body: order } = await put(newNumber());
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        patch(order.id, { customer_name: `Writer ${index}` }, { 'if-match': '"1"' }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(9).fill(412)]);
  });
});

describe('an order that is deleted', () => {
  it('is gone with its lines, and its number is free', async () => {
    const number = newNumber();
    const { body: order } = await put(number);
    expect((await api.call('DELETE', `/v1/orders/${order.id}`, { key: OTHER_KEY })).status).toBe(404);
    expect((await api.call('DELETE', `/v1/orders/${order.id}`)).status).toBe(204);
    expect((await api.call('GET', `/v1/orders/${order.id}`)).status).toBe(404);
    expect(await api.database.query('SELECT FROM order_line WHERE order_id = $1', [order.id])).toEqual([]);
    const created = await put(number);
    expect(created.status).toBe(201);
    expect(created.body.id).not.toBe(order.id);
  });
});

describe('the list', () => {
  it('shows what changed since a time', async () => {
    const { body: old } = await put(newNumber(), { ...BODY, customer_name: 'Since' });
    const { body: late } = await put(newNumber(), { ...BODY, customer_name: 'Since' });
    const { body: changed } = await patch(late.id, { status: 'shipped' });
    const listed = async (since: string) =>
      (await api.call('GET', `/v1/orders?customer=Since&updated_since=${since}`)).body.data.map(
        ({ id }: { id: string }) => id,
      );
    expect(await listed(old.updated_at)).toEqual([late.id, old.id]);
    expect(await listed(changed.updated_at)).toEqual([late.id]);
    expect((await api.call('GET', '/v1/orders?updated_since=soon')).body.errors[0].field).toBe(
      'updated_since',
    );
  });
});

describe('the changes', () => {
  it('are one for each change, in order, with who did it', async () => {
    const before = await lastCursor();
    const number = newNumber();
    const { body: order } = await put(number);
    await put(number);
    await patch(order.id, { status: 'shipped' });
    await api.call('DELETE', `/v1/orders/${order.id}`);
    const read = await changes(before);
    expect(read.map(({ change, version }) => [change, version])).toEqual([
      ['created', 1],
      ['updated', 2],
      ['deleted', 3],
    ]);
    expect(read[0]).toMatchObject({ order_id: order.id, number, key_id: expect.any(String), job_id: null });
    expect(read.every(({ changed_at }) => !Number.isNaN(Date.parse(changed_at)))).toBe(true);
    expect(await changes(read.at(-1).cursor)).toEqual([]);
    expect(await changes('', OTHER_KEY)).toEqual([]);
  });

  it('name the import and the task that did it', async () => {
    const before = await lastCursor();
    const csv = 'order_number,ordered_at,customer_name,sku,description,quantity,unit_price\n';
    const { body: job } = await api.importCsv(
      `${csv}I-1,2026-01-01,Ann,a,b,1,2\nI-2,2026-01-01,Bo,a,b,1,2\n`,
    );
    await api.imported(job.id);
    const task = await api.call('POST', '/v1/orders', {
      body: { ...BODY, number: newNumber() },
      headers: { prefer: 'respond-async' },
    });
    const taskId = task.headers.get('location')!.split('/').at(-1);
    const read = await waitFor(
      async () => {
        const found = await changes(before);
        return found.length === 3 && found;
      },
      { what: 'three changes' },
    );
    expect(read.map(({ change, job_id, key_id }) => [change, job_id, key_id])).toEqual([
      ['created', job.id, null],
      ['created', job.id, null],
      ['created', taskId, null],
    ]);
  });

  it('refuse a cursor that is not theirs', async () => {
    await put(newNumber());
    const cursor = await lastCursor();
    for (const path of [`?after=x`, `?after=${cursor}x`, `?after=${randomUUID()}`])
      expect((await api.call('GET', `/v1/orders/changes${path}`)).body.code).toBe('invalid_cursor');
    expect((await api.call('GET', `/v1/orders/changes?after=${cursor}`, { key: OTHER_KEY })).status).toBe(
      400,
    );
  });

  it('wait for a writer of the client that is still open, and for nobody else', async () => {
    const [{ id: clientId }] = await api.database.query(
      `SELECT client_id AS id FROM orders ORDER BY created_at LIMIT 1`,
    );
    const [{ id: otherId }] = await api.database.query(`SELECT id FROM client WHERE name = 'Other'`);
    const before = await lastCursor();
    const open = api.database.createQueryRunner();
    const write = async (client: string): Promise<void> => {
      await open.startTransaction();
      await open.query(writersLock('$1'), [client]);
    };
    try {
      await write(clientId);
      const { body: order } = await put(newNumber());
      expect(await changes(before)).toEqual([]);
      await open.rollbackTransaction();
      expect(await changes(before)).toMatchObject([{ order_id: order.id }]);
      await write(otherId);
      await patch(order.id, { status: 'shipped' });
      expect(await changes(before)).toMatchObject([{ version: 1 }, { version: 2 }]);
    } finally {
      if (open.isTransactionActive) await open.rollbackTransaction();
      await open.release();
    }
  });

  it('have none before one that was read, whatever 30 writers do meanwhile', async () => {
    const before = await lastCursor();
    const own = Array.from({ length: 10 }, newNumber);
    const written = new AbortController();
    const seen: { order_id: string; version: number; cursor: string }[] = [];
    const reading = (async () => {
      let after = before;
      for (let last = false; !last;) {
        last = written.signal.aborted;
        const read = await changes(after);
        seen.push(...read);
        after = read.at(-1)?.cursor ?? after;
      }
    })();
    await Promise.all(
      Array.from({ length: 30 }, async (_, writer) => {
        for (let round = 0; round < 10; round += 1) {
          const number = own[(writer + round) % own.length]!;
          const { body } = await put(number, { ...BODY, customer_name: `Writer ${writer} ${round}` });
          if ((writer + round) % 7 === 0) await api.call('DELETE', `/v1/orders/${body.id}`);
        }
      }),
    );
    written.abort();
    await reading;
    expect(seen.map(({ cursor }) => cursor)).toEqual((await changes(before)).map(({ cursor }) => cursor));
    const versions = new Map<string, number>();
    for (const { order_id, version } of seen) {
      expect(version).toBe((versions.get(order_id) ?? 0) + 1);
      versions.set(order_id, version);
    }
    expect(seen.length).toBeGreaterThanOrEqual(300);
  });

  it('are held back by an import for no other client', async () => {
    const [{ id: otherId }] = await api.database.query(`SELECT id FROM client WHERE name = 'Other'`);
    const before = await lastCursor();
    const csv =
      'order_number,ordered_at,customer_name,sku,description,quantity,unit_price\nH-1,2026-01-01,Ann,a,b,1,2\n';
    let whileOpen: unknown[] | undefined;
    await api.app.get(OrderImportService).importOrders(otherId, Readable.from([Buffer.from(csv)]), {
      beforeCommit: async () => {
        await put(newNumber());
        whileOpen = await changes(before);
      },
    });
    expect(whileOpen).toMatchObject([{ change: 'created' }]);
    expect(await changes('', OTHER_KEY)).toMatchObject([{ number: 'H-1' }]);
  });

  it('say so when they are no longer kept', async () => {
    const cursor = await lastCursor();
    await put(newNumber());
    await api.database.query(`UPDATE order_change SET id = first_uuid_v7(now() - interval '31 days')
      WHERE ctid = (SELECT ctid FROM order_change ORDER BY position DESC LIMIT 1)`);
    await api.database.query(
      `INSERT INTO retention VALUES ('order_change', 30, now() - interval '2 days') ON CONFLICT (kind) DO UPDATE SET days = 30, said_at = excluded.said_at`,
    );
    await api.app.get(OrderChangesRetentionService).removeOld(new AbortController().signal);
    const expired = await api.call('GET', `/v1/orders/changes?after=${cursor}`);
    expect([expired.status, expired.body.code, fieldsOf(expired)]).toEqual([
      410,
      'cursor_expired',
      ['after'],
    ]);
    expect(expired.body.detail).toContain('read all orders again');
    const { body } = await put(newNumber());
    const kept = await api.call('GET', '/v1/orders/changes?page_size=100');
    const inFeed = await api.database.query(
      'SELECT order_id FROM order_change ORDER BY position DESC LIMIT 1',
    );
    expect([kept.status, inFeed]).toEqual([200, [{ order_id: body.id }]]);
  });
});
