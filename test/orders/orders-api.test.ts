import { randomUUID } from 'node:crypto';
import { pagesReadBy, statementsOf } from '../support/pages-read';
import { OrdersApi, OTHER_KEY } from './orders-api';

const ORDER = {
  number: 'A-1',
  ordered_at: '2026-03-01T10:00:00+01:00',
  status: 'paid',
  currency: 'EUR',
  customer_name: 'Zoë Ångström',
  customer_reference: 'C-77',
  lines: [
    { sku: 'BK-1', description: 'Bookcase', quantity: '3', unit_price: '0.1' },
    { sku: 'CH-7', description: 'Chair', quantity: '1.5', unit_price: '0.2333' },
  ],
};

describe('the order book over HTTP', () => {
  let api: OrdersApi;
  beforeAll(async () => {
    api = await OrdersApi.start({ SAMPLE_DATA: 'false' });
  });
  afterAll(() => api.stop());

  it('creates an order with exact totals, and reads it back', async () => {
    const created = await api.call('POST', '/v1/orders', { body: ORDER });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      number: 'A-1',
      ordered_at: '2026-03-01T09:00:00.000Z',
      status: 'paid',
      subtotal: '0.65',
      discount_total: '0.00',
      shipping_total: '0.00',
      tax_total: '0.00',
      tax_included: false,
      adjustment_total: '0.00',
      total: '0.65',
      refunded_total: '0.00',
      net_total: '0.65',
      line_count: 2,
      version: 1,
      lines: [
        { position: 1, sku: 'BK-1', quantity: '3', unit_price: '0.10', total: '0.30' },
        // 1.5 * 0.2333 = 0.34995
        { position: 2, sku: 'CH-7', quantity: '1.5', unit_price: '0.2333', total: '0.35' },
      ],
    });
    expect(created.headers.get('etag')).toBe('"1"');
    expect(Object.keys(created.body.lines[0])).toEqual([
      'position',
      'sku',
      'description',
      'quantity',
      'unit_price',
      'total',
    ]);
    expect(created.body).not.toHaveProperty('client_id');
    const path = created.headers.get('location')!;
    expect(path).toBe(`/v1/orders/${created.body.id}`);
    expect((await api.call('GET', path)).body).toEqual(created.body);
    expect((await api.call('GET', path, { key: OTHER_KEY })).status).toBe(404);
    expect((await api.call('GET', `/v1/orders/${randomUUID()}`)).status).toBe(404);
    expect(await api.call('GET', '/v1/orders/no-uuid')).toMatchObject({
      status: 400,
      body: { code: 'invalid_id' },
    });
  });

  it('refuses a number that the client has, also from many at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => api.call('POST', '/v1/orders', { body: { ...ORDER, number: 'A-2' } })),
    );
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, ...Array<number>(9).fill(409)]);
    expect(answers.find((answer) => answer.status === 409)!.body.code).toBe('duplicate_order_number');
    expect(
      (await api.call('POST', '/v1/orders', { body: { ...ORDER, number: 'A-2' }, key: OTHER_KEY })).status,
    ).toBe(201);
    const spaced = { ...ORDER, number: ' A-2 ' };
    expect((await api.call('POST', '/v1/orders', { body: spaced })).status).toBe(409);
  });

  it.each([
    ['an unknown field', { ...ORDER, total: '1' }, 'total'],
    ['a date that does not exist', { ...ORDER, ordered_at: '2026-02-30' }, 'ordered_at'],
    ['an unknown status', { ...ORDER, status: 'lost' }, 'status'],
    ['an unknown currency', { ...ORDER, currency: 'XYZ' }, 'currency'],
    ['a currency in small letters', { ...ORDER, currency: 'eur' }, 'currency'],
    ['no lines', { ...ORDER, lines: [] }, 'lines'],
    [
      'an amount that is a number',
      { ...ORDER, lines: [{ ...ORDER.lines[0], unit_price: 0.1 }] },
      'lines.0.unit_price',
    ],
    [
      'a seventh decimal',
      { ...ORDER, lines: [{ ...ORDER.lines[0], unit_price: '0.1234567' }] },
      'lines.0.unit_price',
    ],
    ['a currency without a minor unit', { ...ORDER, currency: 'XAU' }, 'currency'],
    ['an amount finer than the currency', { ...ORDER, tax_total: '0.001' }, 'tax_total'],
    [
      'an amount of a currency without smaller units',
      { ...ORDER, currency: 'JPY', tax_total: '0.5' },
      'tax_total',
    ],
    ['a negative discount', { ...ORDER, discount_total: '-0.01' }, 'discount_total'],
    ['a refund of more than the total', { ...ORDER, refunded_total: '0.66' }, 'refunded_total'],
    ['a version', { ...ORDER, version: 3 }, 'version'],
    [
      'a quantity of nothing',
      { ...ORDER, lines: [{ ...ORDER.lines[0], quantity: '0' }] },
      'lines.0.quantity',
    ],
    ['a name that cannot be seen', { ...ORDER, customer_name: '\u200b\u2060' }, 'customer_name'],
    ['a control character', { ...ORDER, customer_name: 'a\u0000b' }, 'customer_name'],
    ['a line that is a list', { ...ORDER, lines: [[ORDER.lines[0]]] }, 'lines'],
    ['a name that cannot be stored as sent', { ...ORDER, customer_name: 'a\ud800b' }, 'customer_name'],
    [
      'a year that UTC writes with five digits',
      { ...ORDER, ordered_at: '9999-12-31T23:00:00-02:00' },
      'ordered_at',
    ],
    ['a line that is null', { ...ORDER, lines: [null] }, 'lines'],
    [
      'a product that is too large',
      {
        ...ORDER,
        number: 'A-3',
        lines: [{ ...ORDER.lines[0], quantity: '999999999', unit_price: '999999999' }],
      },
      'lines.0.unit_price',
    ],
  ])('refuses %s', async (_what, body, field) => {
    const { status, body: problem } = await api.call('POST', '/v1/orders', { body });
    expect(status).toBe(422);
    expect(problem.errors.map((error: { field: string }) => error.field)).toContain(field);
  });

  it('refuses a total that is too large for all lines together', async () => {
    const line = { ...ORDER.lines[0], quantity: '1', unit_price: '999999999999999' };
    const { status } = await api.call('POST', '/v1/orders', {
      body: { ...ORDER, number: 'A-4', lines: [line, line] },
    });
    expect(status).toBe(422);
  });

  it('lists newest first, page by page, with filters', async () => {
    for (const [index, day] of ['01', '01', '02', '03'].entries()) {
      const body = {
        ...ORDER,
        number: `L-${index}`,
        ordered_at: `2025-05-${day}`,
        customer_name: 'Liu',
        status: 'shipped',
      };
      expect((await api.call('POST', '/v1/orders', { body })).status).toBe(201);
    }
    const query = 'start_date=2025-05-01&end_date=2025-05-04&customer=LI';
    const first = await api.call('GET', `/v1/orders?${query}&page_size=3`);
    expect(first.body.data.map((order: { number: string }) => order.number)).toEqual(['L-3', 'L-2', 'L-1']);
    const next = /^<(.*)>; rel="next"$/.exec(first.headers.get('link')!)![1]!;
    const second = await api.call('GET', next);
    expect(second.body).toMatchObject({ data: [{ number: 'L-0' }], next_cursor: null });
    expect(second.headers.get('link')).toBeNull();

    const numbers = async (filter: string): Promise<string[]> =>
      (await api.call('GET', `/v1/orders?${filter}`)).body.data.map(
        (order: { number: string }) => order.number,
      );
    expect(await numbers('start_date=2025-05-02&end_date=2025-05-03')).toEqual(['L-2']);
    // In New York, the second of May in UTC begins on the evening of the first.
    expect(await numbers('start_date=2025-05-01&end_date=2025-05-02&time_zone=America/New_York')).toEqual([
      'L-2',
    ]);
    expect(await numbers('status=shipped,cancelled&customer=C-77')).toHaveLength(4);
    expect(await numbers('status=cancelled')).toEqual([]);
    expect(await numbers('customer=%25')).toEqual([]);
    expect((await api.call('GET', `/v1/orders?cursor=${first.body.next_cursor}`)).body.code).toBe(
      'invalid_cursor',
    );
    expect((await api.call('GET', '/v1/orders?start_date=2025-02-29')).status).toBe(400);
    expect((await api.call('GET', '/v1/orders?status=lost')).status).toBe(400);
    expect((await api.call('GET', '/v1/orders?colour=red')).status).toBe(400);
  });

  it('reads few of many orders for its list, also where all are of one status', async () => {
    await api.database.query(
      `DELETE FROM orders WHERE client_id = (SELECT id FROM client WHERE name = 'Other')`,
    );
    await api.database.query(
      `INSERT INTO orders (client_id, number, ordered_at, updated_at, status, currency, customer_name, subtotal, discount_total,
         shipping_total, tax_total, tax_included, adjustment_total, refunded_total, line_count)
       SELECT k.client_id, 'S-' || n, timestamptz '2010-01-01 UTC' + n * interval '1 hour', timestamptz '2010-01-01 UTC' + n * interval '1 hour',
         'paid', 'EUR', 'Ann', 1, 0, 0, 0, false, 0, 0, 1
       FROM generate_series(0, 19999) n, (SELECT id AS client_id FROM client WHERE name = 'Other') k`,
    );
    await api.database.query('VACUUM (ANALYZE) orders');
    const numbers = async (filter: string): Promise<string[]> =>
      (await api.call('GET', `/v1/orders?page_size=3&${filter}`, { key: OTHER_KEY })).body.data.map(
        (order: { number: string }) => order.number,
      );
    const asked = await statementsOf(api.database, /wanted\(status\)/, async () => {
      expect(await numbers('')).toEqual(['S-19999', 'S-19998', 'S-19997']);
      expect(await numbers('status=pending,refunded')).toEqual([]);
      expect(await numbers('status=paid,paid')).toEqual(['S-19999', 'S-19998', 'S-19997']);
      expect(await numbers('start_date=2010-01-02&end_date=2010-01-03')).toEqual(['S-47', 'S-46', 'S-45']);
      expect(await numbers('end_date=2010-01-03&status=cancelled')).toEqual([]);
      expect(await numbers('updated_since=2012-04-13T06:00:00Z')).toEqual(['S-19999', 'S-19998']);
      expect(await numbers('updated_since=2010-02-01T00:00:00Z&end_date=2010-02-03')).toEqual([
        'S-791',
        'S-790',
        'S-789',
      ]);
    });
    expect(asked).toHaveLength(7);
    for (const { running, text } of await pagesReadBy(api.database, asked))
      expect([running < 100, running, text]).toEqual([true, running, text]);
  });

  it('begins a day that has midnight twice with the first of them', async () => {
    // On the Azores clocks went from 1:00 back to 0:00 at 1:00 in UTC.
    const body = { ...ORDER, number: 'AZ', ordered_at: '2022-10-30T00:30:00Z' };
    expect((await api.call('POST', '/v1/orders', { body })).status).toBe(201);
    const day = 'start_date=2022-10-30&end_date=2022-10-31&time_zone=Atlantic/Azores';
    const dayBefore = 'start_date=2022-10-29&end_date=2022-10-30&time_zone=Atlantic/Azores';
    expect((await api.call('GET', `/v1/orders?${day}`)).body.data).toMatchObject([{ number: 'AZ' }]);
    expect((await api.call('GET', `/v1/orders?${dayBefore}`)).body.data).toEqual([]);
    expect((await api.call('GET', `/v1/orders/summary?${day}`)).body).toMatchObject({
      orders: 1,
      series: [{ period_start: '2022-10-30', orders: 1 }],
    });
    expect((await api.call('GET', `/v1/orders/summary?${dayBefore}`)).body.orders).toBe(0);
  });

  it('refuses a filter that no text can match', async () => {
    expect((await api.call('GET', '/v1/orders?customer=%00')).body).toMatchObject({
      status: 400,
      errors: [{ field: 'customer' }],
    });
  });

  it('sums up a period', async () => {
    const { status, body } = await api.call(
      'GET',
      '/v1/orders/summary?start_date=2025-04-30&end_date=2025-05-05',
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({
      orders: 4,
      lines: 8,
      totals: [
        { currency: 'EUR', orders: 4, gross: '2.60', cancelled: '0.00', refunded: '0.00', net: '2.60' },
      ],
      by_status: [
        { status: 'shipped', currency: 'EUR', orders: 4, total: '2.60', refunded: '0.00', net: '2.60' },
      ],
      series_unit: 'day',
    });
    expect(
      body.series.map((point: { period_start: string; orders: number }) => [
        point.period_start,
        point.orders,
      ]),
    ).toEqual([
      ['2025-04-30', 0],
      ['2025-05-01', 2],
      ['2025-05-02', 1],
      ['2025-05-03', 1],
      ['2025-05-04', 0],
    ]);
    expect(
      (await api.call('GET', '/v1/orders/summary?start_date=2025-05-05&end_date=2025-05-05')).status,
    ).toBe(400);
    expect((await api.call('GET', '/v1/orders/summary')).status).toBe(400);
  });
});
