import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { unguarded } from '../../../orders/formula-guard';
import type { ReportedOrder } from '../../../orders/reported-order';
import { orderCsv } from './order-csv';

const order = (changes: Partial<ReportedOrder> = {}): ReportedOrder => ({
  id: '1',
  number: 'A-1',
  orderedAt: new Date('2016-02-03T04:05:06Z'),
  customerName: 'Anna',
  customerReference: null,
  status: 'paid',
  currency: 'EUR',
  lineCount: 1,
  subtotal: '-12.50',
  discountTotal: '0.00',
  shippingTotal: '4.90',
  taxTotal: '1.00',
  taxIncluded: true,
  adjustmentTotal: '-0.01',
  total: '-7.61',
  refundedTotal: '0.00',
  netTotal: '-7.61',
  lines: [],
  ...changes,
});

const line = { sku: 'S-1', description: 'Chair', quantity: '2', unitPrice: '-6.25', total: '-12.50' };

const HEADINGS =
  'ordered_at,number,customer_name,customer_reference,status,currency,line_count,subtotal,discount_total,shipping_total,' +
  'tax_total,adjustment_total,total,refunded_total,net_total,tax_included';

async function csvOf(orders: ReportedOrder[], includeItems = false): Promise<string> {
  const parts: Buffer[] = [];
  const batches = (async function* () {
    for (const each of orders) yield await Promise.resolve([each]);
  })();
  for await (const part of orderCsv(batches, { includeItems })) parts.push(part);
  return Buffer.concat(parts).toString();
}

const read = (text: string): Record<string, string>[] => parse(text, { bom: true, columns: true });

describe('orderCsv', () => {
  it('has a row for each order', async () => {
    const amounts = '-12.50,0.00,4.90,1.00,-0.01,-7.61,0.00,-7.61,true';
    expect(await csvOf([order(), order({ number: 'A-2', customerReference: 'C-7' })])).toBe(
      `\ufeff${HEADINGS}\r\n` +
        `2016-02-03T04:05:06.000Z,A-1,Anna,,paid,EUR,1,${amounts}\r\n` +
        `2016-02-03T04:05:06.000Z,A-2,Anna,C-7,paid,EUR,1,${amounts}\r\n`,
    );
  });

  it('has a row for each line with items, which repeats its order', async () => {
    const csv = await csvOf([order({ lines: [line, { ...line, sku: 'S-2' }] })], true);
    expect(csv.split('\r\n')[0]).toBe(`\ufeff${HEADINGS},sku,description,quantity,unit_price,line_total`);
    const [first, second, ...others] = read(csv);
    expect(first).toMatchObject({ number: 'A-1', total: '-7.61', sku: 'S-1', unit_price: '-6.25' });
    expect(second).toEqual({ ...first, sku: 'S-2' });
    expect(others).toEqual([]);
  });

  it('is a header alone without orders', async () => {
    expect(await csvOf([])).toBe(`\ufeff${HEADINGS}\r\n`);
  });

  it.each(['=1+1', '-1', '\t=1', '  =1', '＝1'])('keeps a spreadsheet from running %j', async (text) => {
    const written = { number: text, customerName: text, customerReference: text };
    const items = { ...line, sku: text, description: text };
    const [row] = read(await csvOf([order({ ...written, lines: [items] })], true));
    const cells = [row?.['number'], row?.['customer_name'], row?.['customer_reference']];
    expect([...cells, row?.['sku'], row?.['description']]).toEqual(Array(5).fill(`'${text}`));
  });

  it.each([';', '\t', '|'])(
    'keeps a text whole for a spreadsheet that separates by %j',
    async (delimiter) => {
      const text = `x${delimiter}=cmd|'/C calc'!A0${delimiter}y`;
      const csv = await csvOf([order({ number: 'A-1', customerName: text })]);
      const cells: string[] = parse(csv.split('\r\n')[1]!.replaceAll(',', delimiter), { delimiter }).flat();
      expect(cells[2]).toBe(text);
    },
  );

  it('gives every text back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1 }), async (text) => {
        const items = { ...line, sku: text, description: text };
        const written = { number: text, customerName: text, customerReference: text, lines: [items] };
        const [row] = read(await csvOf([order(written)], true));
        for (const column of ['number', 'customer_name', 'customer_reference', 'sku', 'description'])
          expect(unguarded(row?.[column] ?? '')).toBe(text);
      }),
    );
  });
});
