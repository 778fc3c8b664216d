import fc from 'fast-check';
import { ORDER_COLUMNS, type OrderColumn } from '../../../orders/order-columns';
import type { ReportedOrder } from '../../../orders/reported-order';
import { syntheticOrder as order } from '../../../../test/report-requests/synthetic-report';
import type { Report, WriteOptions } from '../report-writer';
import { NdjsonReportWriter } from './ndjson-report.writer';

const line = { sku: 'S-1', description: 'Chair', quantity: '2', unitPrice: '-6.25', total: '-12.50' };

interface Asked {
  columns?: OrderColumn[];
  includeItems?: boolean;
  isDelta?: boolean;
}

async function write(
  orders: ReportedOrder[],
  { columns, includeItems = false, isDelta = false }: Asked = {},
): Promise<{ text: string; counted: string[] }> {
  const report = {
    parameters: { columns: columns ?? null, includeItems },
    isDelta,
    snapshot: {
      summary: { orders: orders.length, removed: 0 },
      orders: async function* () {
        for (const each of orders) yield await Promise.resolve([each]);
      },
    },
  } as unknown as Report;
  const counted: string[] = [];
  const options = {
    signal: new AbortController().signal,
    onProgress: () => undefined,
    tally: { add: ({ number }: ReportedOrder) => counted.push(number) },
  } as unknown as WriteOptions;
  const parts: Buffer[] = [];
  const { pages, content } = new NdjsonReportWriter().write(report, options);
  expect(pages).toBeNull();
  for await (const part of content) parts.push(part);
  return { text: Buffer.concat(parts).toString(), counted };
}

describe('a report as NDJSON', () => {
  it('has an object for each order, with types that lose nothing', async () => {
    const { text, counted } = await write([order(), order({ number: 'A-2', customerReference: 'C-7' })]);
    const amounts =
      '"subtotal":"-12.50","discount_total":"0.00","shipping_total":"4.90","tax_total":"1.00","adjustment_total":"-0.01",' +
      '"total":"-7.61","refunded_total":"0.00","net_total":"-7.61","tax_included":true';
    expect(text).toBe(
      `{"ordered_at":"2016-02-03T04:05:06.789Z","number":"A-1","customer_name":"Anna","customer_reference":null,"status":"paid","currency":"EUR","line_count":1,${amounts}}\n` +
        `{"ordered_at":"2016-02-03T04:05:06.789Z","number":"A-2","customer_name":"Anna","customer_reference":"C-7","status":"paid","currency":"EUR","line_count":1,${amounts}}\n`,
    );
    expect(counted).toEqual(['A-1', 'A-2']);
  });

  it('has the lines of an order in it', async () => {
    const asked: Asked = { columns: ['number'], includeItems: true };
    const { text } = await write([order({ lines: [line, { ...line, sku: 'S-2' }] })], asked);
    const written = '"description":"Chair","quantity":"2","unit_price":"-6.25","line_total":"-12.50"';
    expect(text).toBe(`{"number":"A-1","lines":[{"sku":"S-1",${written}},{"sku":"S-2",${written}}]}\n`);
  });

  it('is empty without orders', async () => {
    expect(await write([])).toEqual({ text: '', counted: [] });
  });

  it('says what became of orders in a delta; of one that is gone it has the number alone', async () => {
    const gone = order({ number: 'A-9', orderedAt: new Date(NaN), change: 'removed' });
    const { text, counted } = await write([order({ change: 'updated' }), gone], {
      columns: ['total', 'number'],
      isDelta: true,
    });
    expect(text).toBe(
      '{"total":"-7.61","number":"A-1","change":"updated"}\n{"number":"A-9","change":"removed"}\n',
    );
    expect(counted).toEqual(['A-1', gone.number]);
  });

  it('has the columns that are asked for, in their order, and each text on one line', async () => {
    const columns = fc.shuffledSubarray([...ORDER_COLUMNS], { minLength: 1 });
    const texts = fc.string({ unit: 'grapheme', minLength: 1 });
    await fc.assert(
      fc.asyncProperty(columns, texts, async (asked, text) => {
        const written = await write([order({ number: text, customerName: text }), order()], {
          columns: asked,
        });
        const [first, second, ...rest] = written.text.split('\n');
        expect(rest).toEqual(['']);
        for (const each of [first!, second!]) expect(Object.keys(JSON.parse(each) as object)).toEqual(asked);
        expect(JSON.parse(first!)).toMatchObject({
          ...(asked.includes('number') && { number: text }),
          ...(asked.includes('customer_name') && { customer_name: text }),
        });
      }),
    );
  });
});
