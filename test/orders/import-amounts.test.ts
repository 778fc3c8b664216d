import fc from 'fast-check';
import { OrdersApi, OTHER_KEY } from './orders-api';

/** An exact decimal of so many digits after the point. */
const decimal = (most: number, digits: number, least = 0): fc.Arbitrary<string> =>
  fc
    .tuple(fc.integer({ min: least, max: most }), fc.stringMatching(new RegExp(`^\\d{${digits}}$`)))
    .map(([whole, fraction]) => (digits === 0 ? String(whole) : `${whole}.${fraction}`));
const currencies = fc.constantFrom(['JPY', 0], ['EUR', 2], ['KWD', 3], ['CLF', 4]) as fc.Arbitrary<
  [string, number]
>;

const orders = currencies.chain(([currency, digits]) =>
  fc.record({
    currency: fc.constant(currency),
    status: fc.constantFrom('pending', 'paid', 'cancelled', 'refunded'),
    discount_total: decimal(20, digits),
    shipping_total: decimal(50, digits),
    tax_total: decimal(50, digits),
    tax_included: fc.boolean(),
    adjustment_total: decimal(9, digits).map((text) => `-${text}`),
    lines: fc.array(
      fc.record({
        sku: fc.constant('S-1'),
        description: fc.constant('Thing'),
        quantity: fc.oneof(
          decimal(20, 4, 1),
          decimal(20, 0, 1),
          decimal(3, 1, 1).map((text) => `-${text}`),
        ),
        unit_price: fc.oneof(
          decimal(500, 6),
          decimal(500, digits),
          decimal(9, 3).map((text) => `-${text}`),
        ),
      }),
      { minLength: 1, maxLength: 5 },
    ),
  }),
);

const AMOUNTS = [
  'discount_total',
  'shipping_total',
  'tax_total',
  'tax_included',
  'adjustment_total',
] as const;
const COLUMNS = [
  'number',
  'ordered_at',
  'customer_name',
  'status',
  'currency',
  ...AMOUNTS,
  'sku',
  'description',
  'quantity',
  'unit_price',
];

describe('the amounts of imported orders', () => {
  let api: OrdersApi;
  beforeAll(async () => {
    api = await OrdersApi.start({ SAMPLE_DATA: 'false' });
  });
  afterAll(() => api.stop());

  it('are those of the same orders by POST, in CSV and in NDJSON, to the digit', async () => {
    const book = fc.sample(orders, 200).map((order, i) => ({
      number: `N-${i}`,
      ordered_at: '2026-01-01',
      customer_name: 'Eve',
      ...order,
    }));
    const posted = new Set<string>();
    for (const order of book) {
      const { status } = await api.call('POST', '/v1/orders', { body: order });
      expect([201, 422]).toContain(status);
      if (status === 201) posted.add(order.number);
    }
    const good = book.filter(({ number }) => posted.has(number));
    expect(good.length).toBeGreaterThan(100);
    const csv = [
      COLUMNS.join(','),
      ...good.flatMap((order) =>
        order.lines.map((line) => {
          const cells = { ...order, ...line } as unknown as Record<string, string | boolean>;
          return COLUMNS.map((column) => String(cells[column])).join(',');
        }),
      ),
    ].join('\n');
    const ndjson = good.map((order) => JSON.stringify(order)).join('\n');
    for (const [type, file, key] of [
      ['text/csv', csv, OTHER_KEY],
      ['application/x-ndjson', ndjson, undefined],
    ] as const) {
      const query = '?on_conflict=update';
      const { body } = await api.importCsv(file, {
        query,
        headers: { 'content-type': type },
        ...(key && { key }),
      });
      expect(await api.imported(body.id, key)).toMatchObject({
        status: 'COMPLETED',
        // The same client's are found to be as they are.
        result: key === undefined ? { unchanged: good.length } : { created: good.length },
      });
    }
    const different = await api.database.query<unknown[]>(
      `SELECT a.number, to_jsonb(a) AS a, to_jsonb(b) AS b FROM orders a JOIN orders b USING (number)
       WHERE a.client_id < b.client_id AND (
         (a.subtotal::text, a.discount_total::text, a.tax_total::text, a.total::text, a.refunded_total::text, a.net_total::text)
           IS DISTINCT FROM
         (b.subtotal::text, b.discount_total::text, b.tax_total::text, b.total::text, b.refunded_total::text, b.net_total::text)
         OR (SELECT json_agg(json_build_array(position, quantity::text, unit_price::text, total::text) ORDER BY position)::text
             FROM order_line WHERE order_id = a.id) IS DISTINCT FROM
            (SELECT json_agg(json_build_array(position, quantity::text, unit_price::text, total::text) ORDER BY position)::text
             FROM order_line WHERE order_id = b.id))`,
    );
    expect(different).toEqual([]);
    const [{ pairs }] = (await api.database.query<unknown[]>(
      'SELECT count(*)::int AS pairs FROM orders a JOIN orders b USING (number) WHERE a.client_id < b.client_id',
    )) as [{ pairs: number }];
    expect(pairs).toBe(good.length);
  });

  it('are refused where POST refuses them', async () => {
    const book = fc.sample(orders, 200).map((order, i) => ({
      number: `R-${i}`,
      ordered_at: '2026-01-01',
      customer_name: 'Eve',
      ...order,
      refunded_total: '40.0',
      discount_total: i % 7 === 0 ? '-1' : '0.5',
    }));
    const refused = new Set<number>();
    for (const [i, order] of book.entries())
      if ((await api.call('POST', '/v1/orders', { body: order })).status === 422) refused.add(i + 1);
    expect(refused.size).toBeGreaterThan(20);
    const { body } = await api.importCsv(book.map((order) => JSON.stringify(order)).join('\n'), {
      key: OTHER_KEY,
      headers: { 'content-type': 'application/x-ndjson' },
    });
    const { row_errors: errors } = (await api.imported(body.id, OTHER_KEY)) as unknown as {
      row_errors: { row: number }[];
    };
    expect(new Set(errors.map(({ row }) => row))).toEqual(refused);
  });
});
