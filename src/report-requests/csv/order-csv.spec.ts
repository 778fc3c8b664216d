import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import type { ReportedOrder } from '../../orders/reported-order';
import { orderCsv } from './order-csv';

const order = (changes: Partial<ReportedOrder> = {}): ReportedOrder => ({
  id: '1',
  number: 'A-1',
  orderedAt: new Date('2016-02-03T04:05:06Z'),
  customerName: 'Anna',
  status: 'paid',
  currency: 'EUR',
  total: '-12.5000',
  lines: [],
  ...changes,
});

const line = { sku: 'S-1', description: 'Chair', quantity: '2', unitPrice: '-6.2500', total: '-12.5000' };

async function csvOf(orders: ReportedOrder[], includeItems = false): Promise<string> {
  const parts: Buffer[] = [];
  const batches = (async function* () {
    for (const each of orders) yield await Promise.resolve([each]);
  })();
  for await (const part of orderCsv(batches, { includeItems })) parts.push(part);
  return Buffer.concat(parts).toString();
}

const read = (text: string): string[][] => parse(text, { bom: true });

describe('orderCsv', () => {
  it('has a row for each order', async () => {
    expect(await csvOf([order(), order({ number: 'A-2' })])).toBe(
      '\ufefforder_number,ordered_at,customer_name,status,currency,order_total\r\n' +
        'A-1,2016-02-03T04:05:06.000Z,Anna,paid,EUR,-12.5000\r\n' +
        'A-2,2016-02-03T04:05:06.000Z,Anna,paid,EUR,-12.5000\r\n',
    );
  });

  it('has a row for each line with items', async () => {
    const rows = read(await csvOf([order({ lines: [line, { ...line, sku: 'S-2' }] })], true));
    expect(rows[0]?.slice(-5)).toEqual(['sku', 'description', 'quantity', 'unit_price', 'line_total']);
    expect(rows.slice(1).map((row) => [row[0], row[5], row[8]])).toEqual([
      ['A-1', 'S-1', '-6.2500'],
      ['A-1', 'S-2', '-6.2500'],
    ]);
  });

  it('is a header alone without orders', async () => {
    expect(read(await csvOf([]))).toHaveLength(1);
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '  =1', '＝1', '＠x'])(
    'keeps a spreadsheet from running %j',
    async (text) => {
      const [, row] = read(await csvOf([order({ number: text, customerName: text })]));
      expect([row?.[0], row?.[2]]).toEqual([`'${text}`, `'${text}`]);
    },
  );

  it.each([';', '\t', '|'])(
    'keeps a text whole for a spreadsheet that separates by %j',
    async (delimiter) => {
      const text = `x${delimiter}=cmd|'/C calc'!A0${delimiter}y`;
      const csv = await csvOf([order({ number: 'A-1', customerName: text })]);
      const cells: string[] = parse(csv.split('\r\n')[1]!.replaceAll(',', delimiter), { delimiter }).flat();
      expect(cells[2]).toBe(text);
    },
  );

  it('gives every text back, but for the apostrophe', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1 }), async (text) => {
        const items = { ...line, sku: text, description: text };
        const [, row] = read(
          await csvOf([order({ number: text, customerName: text, lines: [items] })], true),
        );
        for (const index of [0, 2, 5, 6]) {
          const value = row?.[index] ?? '';
          expect(value === text || value === `'${text}`).toBe(true);
          expect(value).not.toMatch(/^\s*[=+\-@]/);
        }
      }),
    );
  });
});
