import { Readable } from 'node:stream';
import { RowErrors } from './import-failures';
import { PLAIN } from './import-settings';
import type { ImportedRow } from './imported-row';
import { MAX_LINE_CHARACTERS, NdjsonReader } from './ndjson-reader';

const LINE = { sku: 'S-1', description: 'Thing', quantity: '2', unit_price: '2.50' };
const order = (more: object = {}): object => ({
  number: 'N-1',
  ordered_at: '2026-01-02T03:04:05.678Z',
  currency: 'EUR',
  customer_name: 'Eve',
  lines: [LINE],
  ...more,
});
/** What a report has besides. */
const REPORTED = {
  customer_reference: null,
  status: 'paid',
  line_count: 1,
  subtotal: '4.99',
  discount_total: '0.00',
  shipping_total: '0.00',
  tax_total: '0.00',
  adjustment_total: '0.00',
  total: '4.99',
  refunded_total: '0.00',
  net_total: '4.99',
  tax_included: false,
  change: 'updated',
  lines: [{ ...LINE, line_total: '4.99' }],
};

async function read(
  text: string,
  pieces = 1,
): Promise<{ rows: ImportedRow[]; errors: RowErrors; reader: NdjsonReader }> {
  const errors = new RowErrors();
  const bytes = Buffer.from(text);
  const size = Math.ceil(bytes.length / pieces);
  const source = Array.from({ length: pieces }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
  const reader = new NdjsonReader(Readable.from(source), PLAIN, errors);
  const rows: ImportedRow[] = [];
  for await (const batch of reader.batches()) rows.push(...batch);
  return { rows, errors, reader };
}

const linesOf = (...orders: object[]): string => orders.map((each) => `${JSON.stringify(each)}\n`).join('');

describe('reading NDJSON', () => {
  it('takes what creates an order, and what is not said is nothing', async () => {
    const { rows, errors } = await read(linesOf(order()));
    expect(errors.list).toEqual([]);
    expect(rows).toEqual([
      {
        row: 1,
        orderNumber: 'N-1',
        orderedAt: '2026-01-02T03:04:05.678Z',
        status: null,
        currency: 'EUR',
        customerName: 'Eve',
        customerReference: null,
        taxIncluded: null,
        amounts: {},
        lines: [
          { sku: 'S-1', description: 'Thing', quantity: '2', unitPrice: '2.50', total: null, discount: null },
        ],
      },
    ]);
  });

  it('takes what a report has of an order, with the totals of its lines as they are', async () => {
    const { rows, errors } = await read(linesOf(order(REPORTED)));
    expect(errors.list).toEqual([]);
    expect(rows).toMatchObject([
      {
        customerReference: '',
        status: 'paid',
        taxIncluded: false,
        amounts: {
          discount_total: '0.00',
          shipping_total: '0.00',
          tax_total: '0.00',
          adjustment_total: '0.00',
          total: '4.99',
          refunded_total: '0.00',
        },
        lines: [{ unitPrice: '2.50', total: '4.99' }],
      },
    ]);
    expect(rows[0]!.amounts).not.toHaveProperty('subtotal');
  });

  it.each([
    [{ ...REPORTED, change: 'removed' }, 'change', 'removed'],
    [{ ...REPORTED, total: 4.99 }, 'total', '4.99'],
    [{ ...REPORTED, lines: [{ ...LINE, line_total: 'x' }] }, 'lines.0.line_total', 'x'],
    [{ ...REPORTED, order_total: '4.99' }, 'order_total', '4.99'],
    [{ ...REPORTED, customer_reference: ' ' }, 'customer_reference', ' '],
  ])('refuses what no report has (%#)', async (more, field, value) => {
    const { rows, errors } = await read(linesOf(order(), order(more)));
    expect(rows).toHaveLength(1);
    expect(errors.list).toMatchObject([{ row: 2, field, value }]);
  });

  it('reads orders of more lines than a request may have, and names what is wrong by its place in them', async () => {
    const lines = Array.from({ length: 1_700 }, (_, index) => ({ ...LINE, sku: `S-${index}` }));
    const { rows, errors } = await read(linesOf(order({ lines })), 7);
    expect(errors.list).toEqual([]);
    expect(rows[0]!.lines.map(({ sku }) => sku)).toEqual(lines.map(({ sku }) => sku));

    const wrong = lines.with(1_234, { ...LINE, quantity: '0' });
    expect((await read(linesOf(order({ lines: wrong })))).errors.list).toMatchObject([
      { row: 1, field: 'lines.1234.quantity', value: '0' },
    ]);
    const many = Array.from({ length: 10_001 }, () => ({}));
    expect((await read(linesOf(order({ lines: many })))).errors.list).toMatchObject([
      { row: 1, field: 'lines', message: 'lines must have at most 10000 elements' },
    ]);
  });

  it('knows the rows of what stands in several pieces', async () => {
    const text = `${linesOf(order(), order({ number: 'N-2' }))}\r\n\n{"number":\n${linesOf(order({ number: 'N-3' }))}`;
    for (const pieces of [1, 2, 3, 10, 100]) {
      const { rows, errors, reader } = await read(text, pieces);
      expect(rows.map(({ row, orderNumber }) => [row, orderNumber])).toEqual([
        [1, 'N-1'],
        [2, 'N-2'],
        [6, 'N-3'],
      ]);
      expect(errors.list).toMatchObject([{ row: 5, message: 'the line is not JSON' }]);
      expect(reader.isReadWhole).toBe(true);
    }
  });

  it('stops at a line without end', async () => {
    const { rows, errors, reader } = await read(
      `${linesOf(order())}${'x'.repeat(3 * MAX_LINE_CHARACTERS)}`,
      50,
    );
    expect(rows).toHaveLength(1);
    expect(errors.list).toMatchObject([{ row: 2, field: null }]);
    expect(reader).toMatchObject({ isReadWhole: false, isNoFile: false });
  });
});
