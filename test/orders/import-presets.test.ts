import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OrdersApi } from './orders-api';

const fixture = (name: string): string => readFileSync(join(__dirname, 'fixtures', name), 'utf8');

interface Stored {
  number: string;
  ordered_at: Date;
  status: string;
  customer: string;
  amounts: string;
  total: string;
  net: string;
  lines: string[];
}

/** Amounts in the order of an order's total: lines, discount, shipping, tax (`+` where it is added), adjustment, refund. */
const order = (
  number: string,
  ordered_at: string,
  status: string,
  customer: string,
  amounts: string,
  total: string,
  lines: string[],
) => ({ number, ordered_at: new Date(ordered_at), status, customer, amounts, total, lines });

const SHOPIFY = [
  order(
    '#1001',
    '2024-01-08T15:12:11Z',
    'shipped',
    'Ada Byron ada@example.com',
    'USD 52.48 -5.25 5.00 +3.90 0.00 r0.00',
    '56.13',
    ['PRINT-A4 2 x 19.99 = 39.98', 'TOTE-1 1 x 12.50 = 12.50'],
  ),
  order(
    '#1002',
    '2024-01-09T23:30:00Z',
    'shipped',
    'Grace Hopper grace@example.com',
    'USD 60.00 -0.00 0.00 +4.80 0.00 r21.60',
    '64.80',
    ['MUG-1 3 x 20.00 = 60.00'],
  ),
  order(
    '#1003',
    '2024-01-10T13:00:00Z',
    'refunded',
    'Alan Kay alan@example.com',
    'USD 25.00 -0.00 4.95 +1.56 0.00 r31.51',
    '31.51',
    ['SCARF-1 1 x 25.00 = 25.00'],
  ),
  order(
    '#1004',
    '2024-01-12T02:15:40Z',
    'cancelled',
    'Barbara Liskov barbara@example.com',
    'USD 80.00 -0.00 0.00 +0.00 0.00 r0.00',
    '80.00',
    ['LAMP-1 2 x 40.00 = 80.00'],
  ),
  order(
    '#1005',
    '2024-01-12T17:00:00Z',
    'shipped',
    '-',
    'USD 1115.98 -0.00 0.00 +92.07 10.00 r0.00',
    '1218.05',
    ['1 1 x 999.00 = 999.00', '2 2 x 58.49 = 116.98'],
  ),
  // The discount is the line's own: 3.00 off 2 x 15.00.
  order(
    '#1006',
    '2024-07-01T03:59:59Z',
    'pending',
    'Edsger Dijkstra edsger@example.com',
    'USD 27.00 -0.00 6.00 +2.23 0.00 r0.00',
    '35.23',
    ['NOTE-1 2 x 15.00 = 27.00'],
  ),
  // 40.00 were given back.
  order(
    '#1007',
    '2024-07-02T13:00:00Z',
    'refunded',
    'Donald Knuth donald@example.com',
    'USD 30.00 -0.00 0.00 +2.48 0.00 r32.48',
    '32.48',
    ['ORGAN-1 1 x 30.00 = 30.00'],
  ),
];

/** With the columns and the spelling of the help page, and taxes within the prices. */
const SHOPIFY_AS_DOCUMENTED = [
  order(
    '#DE2001',
    '2024-03-31T01:30:00Z',
    'shipped',
    'Marlene Weiß marlene@example.de',
    'EUR 59.90 -5.99 4.90 9.39 0.00 r0.00',
    '58.81',
    ['MASKE-1 1 x 34.90 = 34.90', 'SEIFE-2 1 x 25.00 = 25.00'],
  ),
  order(
    '#DE2002',
    '2024-04-01T10:00:00Z',
    'paid',
    'Jörg Müller joerg@example.at',
    'EUR 20.00 -0.00 0.00 3.33 0.00 r0.00',
    '20.00',
    ['KERZE-1 2 x 10.00 = 20.00'],
  ),
  order(
    '#DE2003',
    '2024-04-02T07:00:00Z',
    'cancelled',
    'Emmy Noether emmy@example.de',
    'EUR 40.00 -0.00 0.00 6.39 0.00 r40.00',
    '40.00',
    ['KANNE-1 1 x 40.00 = 40.00'],
  ),
];

const WOOCOMMERCE = [
  order(
    '1001',
    '2024-01-08T10:12:00Z',
    'delivered',
    'Rosalind Franklin rosalind@example.co.uk',
    'GBP 45.00 -0.00 4.17 +9.83 0.00 r0.00',
    '59.00',
    ['TEA-1 2 x 13.50 = 27.00', 'POT-1 1 x 18.00 = 18.00'],
  ),
  // A quarter to midnight in London is a quarter to eleven in UTC in summer.
  order(
    '1002',
    '2024-07-01T22:45:00Z',
    'paid',
    'Tim Berners-Lee tim@example.co.uk',
    'GBP 15.00 -0.00 0.00 +3.00 0.00 r0.00',
    '18.00',
    ['CUP-3 3 x 5.00 = 15.00'],
  ),
  order(
    '1003',
    '2024-07-02T07:00:00Z',
    'refunded',
    'Mary Shelley mary@example.co.uk',
    'GBP 0.00 -0.00 4.17 +4.83 20.00 r29.00',
    '29.00',
    ['BOOK-1 1 x 0.00 = 0.00'],
  ),
  order(
    '1004',
    '2024-07-02T08:00:00Z',
    'cancelled',
    'Isaac Newton isaac@example.co.uk',
    'GBP 40.00 -0.00 0.00 +8.00 0.00 r0.00',
    '48.00',
    ['LAMP-1 2 x 20.00 = 40.00'],
  ),
  order(
    '1005',
    '2024-07-03T09:00:00Z',
    'pending',
    'Charles Babbage charles@example.co.uk',
    'GBP 20.00 -0.00 0.00 +8.00 20.00 r24.00',
    '48.00',
    ['1 1 x 20.00 = 20.00'],
  ),
  order(
    '1006',
    '2024-07-04T09:00:00Z',
    'delivered',
    'Ada Lovelace ada@example.co.uk',
    'GBP 24.00 -0.00 0.00 +4.80 0.00 r0.00',
    '28.80',
    ['TEA-2 3 x 8.00 = 24.00'],
  ),
];

const charge = (
  id: string,
  time: string,
  status: string,
  customer: string,
  currency: string,
  amount: string,
  refunded: string,
) => {
  const none = amount.includes('.') ? '0.00' : '0';
  return order(
    id,
    time,
    status,
    customer,
    `${currency} ${amount} -${none} ${none} +${none} ${none} r${refunded}`,
    amount,
    [`1 1 x ${amount} = ${amount}`],
  );
};
const STRIPE = [
  charge('ch_3OWl2eKZ0001', '2024-01-08T15:12:11Z', 'paid', 'Ada Byron cus_PL01', 'USD', '1115.98', '0.00'),
  charge('ch_3OWl2eKZ0002', '2024-01-08T16:00:00Z', 'refunded', '- cus_PL02', 'USD', '20.00', '20.00'),
  charge('ch_3OWl2eKZ0003', '2024-01-08T17:00:00Z', 'paid', '- alan@example.com', 'EUR', '49.00', '9.80'),
  charge('ch_3OWl2eKZ0004', '2024-01-09T08:30:00Z', 'cancelled', '- cus_PL04', 'USD', '75.00', '0.00'),
  charge('py_3OWl2eKZ0005', '2024-01-09T09:00:00Z', 'paid', '高橋 花子 cus_PL05', 'JPY', '4800', '0'),
  charge('ch_3OWl2eKZ0006', '2024-01-09T10:00:00Z', 'pending', '- cus_PL06', 'USD', '30.00', '0.00'),
].toSorted((a, b) => (a.number < b.number ? -1 : 1));
const STRIPE_ALL_COLUMNS = [
  charge(
    'ch_1OWl2eKZ0011',
    '2023-11-08T15:12:00Z',
    'paid',
    'Emmy Noether cus_OL01',
    'EUR',
    '1115.98',
    '0.00',
  ),
  charge('ch_1OWl2eKZ0012', '2023-11-08T16:00:00Z', 'paid', '- lise@example.at', 'EUR', '50.00', '12.50'),
  charge('pi_3OWl0013', '2023-11-09T08:30:00Z', 'pending', '- cus_OL03', 'EUR', '75.00', '0.00'),
  charge('pi_3OWl0014', '2023-11-09T09:00:00Z', 'cancelled', '- cus_OL03', 'EUR', '75.00', '0.00'),
];

const AMAZON = [
  order(
    '111-2222222-0000001',
    '2024-01-08T18:53:56Z',
    'shipped',
    '-',
    'USD 71.98 -6.00 7.99 +6.93 3.99 r0.00',
    '84.89',
    ['FRAME-12 2 x 29.99 = 59.98', 'POST-01 1 x 12.00 = 12.00'],
  ),
  order(
    '111-2222222-0000002',
    '2024-01-09T02:10:00Z',
    'cancelled',
    '-',
    'USD 0.00 -0.00 0.00 +0.00 0.00 r0.00',
    '0.00',
    ['LAMP-001 1 x 0.00 = 0.00'],
  ),
  order(
    '111-2222222-0000003',
    '2024-01-09T03:00:00Z',
    'pending',
    '-',
    'USD 0.00 -0.00 0.00 +0.00 0.00 r0.00',
    '0.00',
    ['NOTE-001 1 x 0.00 = 0.00'],
  ),
  order(
    '111-2222222-0000005',
    '2024-01-09T06:00:00Z',
    'shipped',
    '-',
    'USD 40.00 -0.00 0.00 +3.30 0.00 r0.00',
    '43.30',
    ['BOWL-001 1 x 0.00 = 0.00', 'PLATE-01 4 x 10.00 = 40.00'],
  ),
  order(
    '702-3333333-0000004',
    '2024-01-09T05:00:00Z',
    'delivered',
    '-',
    'CAD 20.00 -0.00 0.00 +2.60 0.00 r0.00',
    '22.60',
    ['MUG-0001 1 x 20.00 = 20.00'],
  ),
];

const AMAZON_EU = [
  order(
    '204-1111111-0000002',
    '2024-03-31T08:00:00Z',
    'paid',
    '-',
    'GBP 24.00 -0.00 0.00 4.00 0.00 r0.00',
    '24.00',
    ['TOWEL-01 3 x 8.00 = 24.00'],
  ),
  order(
    '302-1111111-0000001',
    '2024-03-30T23:30:00Z',
    'shipped',
    '-',
    'EUR 89.95 -4.99 4.99 15.16 0.00 r0.00',
    '89.95',
    ['RAHMEN-1 1 x 89.95 = 89.95'],
  ),
];

describe('importing what shops export', () => {
  let api: OrdersApi;
  beforeAll(async () => {
    api = await OrdersApi.start({ SAMPLE_DATA: 'false' });
  });
  beforeEach(async () => {
    await api.database.query('DELETE FROM orders');
  });
  afterAll(() => api.stop());

  const stored = (): Promise<Stored[]> =>
    api.database.query(
      `SELECT number, ordered_at, status, concat_ws(' ', customer_name, customer_reference) AS customer,
         concat_ws(' ', currency, subtotal, '-' || discount_total, shipping_total,
           CASE WHEN tax_included THEN '' ELSE '+' END || tax_total, adjustment_total, 'r' || refunded_total) AS amounts,
         total::text,
         ARRAY(SELECT concat_ws(' ', sku, trim_scale(quantity), 'x', unit_price, '=', total) FROM order_line
           WHERE order_id = orders.id ORDER BY position) AS lines
       FROM orders ORDER BY number COLLATE "C"`,
    );
  const imported = async (file: string, query: string, type = 'text/csv') =>
    api.imported((await api.importCsv(file, { query, headers: { 'content-type': type } })).body.id);
  const TSV = 'text/tab-separated-values';

  it.each([
    ['shopify', 'shopify.csv', '', SHOPIFY, 'text/csv'],
    ['shopify', 'shopify-as-documented.csv', '', SHOPIFY_AS_DOCUMENTED, 'application/vnd.ms-excel'],
    ['woocommerce', 'woocommerce.csv', '&currency=GBP&time_zone=Europe/London', WOOCOMMERCE, 'text/csv'],
    ['stripe', 'stripe.csv', '&time_zone=Asia/Tokyo', STRIPE, 'text/csv'],
    ['stripe', 'stripe-all-columns.csv', '&time_zone=Asia/Tokyo', STRIPE_ALL_COLUMNS, 'text/csv'],
    ['amazon', 'amazon.txt', '', AMAZON, TSV],
    ['amazon', 'amazon-eu.txt', '', AMAZON_EU, TSV],
  ])(
    'reads the export of %s in %s, and finds it unchanged the second time',
    async (preset, name, more, expected, type) => {
      const file = fixture(name);
      const query = `?preset=${preset}&on_conflict=update${more}`;
      const lines = expected.reduce((sum, each) => sum + each.lines.length, 0);
      const counts = { orders: expected.length, lines, skipped: 0, dry_run: false };
      expect(await imported(file, query, type)).toMatchObject({
        status: 'COMPLETED',
        result: { ...counts, created: expected.length, updated: 0, unchanged: 0 },
      });
      expect(await stored()).toEqual(expected);

      const before = await api.database.query<unknown[]>('SELECT * FROM order_change ORDER BY position');
      expect(await imported(file, query, type)).toMatchObject({
        status: 'COMPLETED',
        result: { ...counts, created: 0, updated: 0, unchanged: expected.length },
      });
      expect(await stored()).toEqual(expected);
      expect(await api.database.query('SELECT * FROM order_change ORDER BY position')).toEqual(before);
    },
  );

  it('counts a refund above the total up to the total, and says of which orders', async () => {
    const imports = async (file: string, query: string) =>
      imported(file, `?preset=shopify&on_conflict=update${query}`);
    const dry = await imports(fixture('shopify.csv'), '&dry_run=true');
    expect(dry).toMatchObject({ result: { created: SHOPIFY.length, capped_refunds: ['#1007'] } });
    expect(await imports(fixture('shopify.csv'), '')).toMatchObject({
      result: { capped_refunds: ['#1007'] },
    });
    expect(await imports(fixture('shopify-as-documented.csv'), '')).toMatchObject({
      result: { capped_refunds: [] },
    });
    // An order of which nothing is left, after an edit.
    const edited = fixture('shopify.csv')
      .replace('30.00,0.00,2.48,32.48', '0.00,0.00,0.00,0.00')
      .replace('1,Desk Organ,30.00', '0,Desk Organ,30.00');
    expect(await imports(edited, '')).toMatchObject({
      result: { updated: 1, unchanged: SHOPIFY.length - 1, capped_refunds: ['#1007'] },
    });
    expect((await stored()).find(({ number }) => number === '#1007')).toMatchObject({
      status: 'refunded',
      amounts: 'USD 0.00 -0.00 0.00 +0.00 0.00 r0.00',
    });
    // Less than nothing was given back by nobody, and other systems refund no more than the total.
    expect(await imports(fixture('shopify.csv').replace(',,40.00,North', ',,-1.00,North'), '')).toMatchObject(
      {
        status: 'FAILED',
        row_errors: [{ field: 'refunded_total', message: 'refunded_total must not be negative' }],
      },
    );
    expect(
      await imported(fixture('stripe.csv').replace('49.00,9.80', '49.00,49.01'), '?preset=stripe'),
    ).toMatchObject({
      status: 'FAILED',
      row_errors: [{ message: 'order ch_3OWl2eKZ0003 has more refunded than its total of 49.00' }],
    });
  });

  it('refuses the export of another system, and names what it lacks', async () => {
    expect(await imported(fixture('stripe.csv'), '?preset=woocommerce')).toMatchObject({
      status: 'FAILED',
      error: { code: 'invalid_file' },
      row_errors: [
        {
          row: 1,
          message:
            'the first row has none of the columns Order Number, Order Date, Item Name, Quantity, Item Cost',
        },
      ],
    });
    expect(await imported('Name,Created at\n#1,2024-01-08\n', '?preset=shopify')).toMatchObject({
      status: 'FAILED',
      error: { code: 'invalid_csv' },
      row_errors: [
        { row: 1, field: 'description', message: 'the column Lineitem name is missing' },
        { row: 1, field: 'quantity' },
        { row: 1, field: 'unit_price' },
      ],
    });
  });

  it('names a status that the preset does not know, with what was read', async () => {
    const file = fixture('woocommerce.csv').replace('1002,Processing', '1002,Backordered');
    expect(await imported(file, '?preset=woocommerce')).toMatchObject({
      error: { code: 'invalid_csv' },
      row_error_count: 1,
      row_errors: [{ row: 4, field: 'status', value: 'Backordered' }],
    });
    expect(await stored()).toEqual([]);
  });
});
