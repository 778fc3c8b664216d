import fc from 'fast-check';
import { setTimeout as sleep } from 'node:timers/promises';
import { sumDecimals } from '../../src/common/decimal';
import type { OrderColumn } from '../../src/orders/order-columns';
import type { ReportedLine, ReportedOrder } from '../../src/orders/reported-order';
import type { Report, WriteOptions } from '../../src/report-requests/formats/report-writer';
import { reportSheets } from '../../src/report-requests/formats/xlsx/report-sheets';
import type { SheetCell } from '../../src/report-requests/formats/xlsx/sheet';
import { XlsxReportWriter } from '../../src/report-requests/formats/xlsx/xlsx-report.writer';
import { waitFor } from '../support/services';
import { syntheticOrder, syntheticReport, writeOptions } from './synthetic-report';
import { hasLibreOffice } from './libreoffice';
import { readByLibreOffice, readWorkbook } from './workbook-reader';

const line = (changes: Partial<ReportedLine> = {}): ReportedLine => ({
  sku: 'S-1',
  description: 'Chair',
  quantity: '2.5',
  unitPrice: '-5.0025',
  total: '-12.50',
  ...changes,
});

const HOSTILE = [
  '=1+1',
  '+1',
  '-1',
  '@x',
  "=cmd|'/C calc'!A0",
  '\t=1',
  '#N/A',
  '1001',
  '_x0041_',
  ' a\r\nb \u0007 ',
  '<&">',
];

async function fileOf(report: Report, options: WriteOptions = writeOptions()): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of new XlsxReportWriter().write(report, options).content) parts.push(part);
  return Buffer.concat(parts);
}

const columns = (...names: OrderColumn[]): Pick<Report['parameters'], 'columns'> => ({ columns: names });

describe('a report as a workbook', () => {
  it('has days as days, in its time zone, and amounts as numbers in the format of their currency', async () => {
    const yen = { currency: 'JPY', total: '-12345678' };
    const report = syntheticReport({
      orders: [syntheticOrder({ total: '1234.50' }), syntheticOrder(yen)],
      parameters: {
        ...columns('ordered_at', 'number', 'total', 'line_count', 'tax_included'),
        locale: 'de',
        timeZone: 'Asia/Tokyo',
      },
    });
    const [, orders] = (await readWorkbook(await fileOf(report))).sheets;
    expect(orders!.rows.slice(1, 3)).toEqual([
      [new Date('2016-02-03T13:05:06.789Z'), 'A-1', 1234.5, 1, true],
      [new Date('2016-02-03T13:05:06.789Z'), 'A-1', -12345678, 1, true],
    ]);
    const formats = ['1,0', '1,2', '2,2'].map((cell) => orders!.cells!.get(cell)?.style?.numFmt);
    expect(formats).toEqual(['dd"."mm"."yyyy", "hh":"mm', '#,##0.00"\u00a0"[$€]', '#,##0"\u00a0"[$¥]']);
  });

  it('has an amount whose digits a spreadsheet would not keep as a text, each of them', async () => {
    const report = syntheticReport({
      orders: [syntheticOrder({ total: '1234567890123.45' }), syntheticOrder({ total: '12345678901234.56' })],
      parameters: columns('number', 'customer_name', 'total'),
    });
    const [summary, orders] = (await readWorkbook(await fileOf(report))).sheets;
    expect(orders!.rows.map((row) => row[2])).toEqual([
      'Total',
      1234567890123.45,
      '12345678901234.56',
      '13580246791358.01',
    ]);
    expect(summary!.rows.find(([currency]) => currency === 'EUR')).toContain('13580246791358.01');
  });

  it('has a day that spreadsheets do not count as a text', async () => {
    const report = syntheticReport({
      orders: [syntheticOrder({ orderedAt: new Date('1900-02-28T12:00:00Z') })],
      parameters: columns('ordered_at', 'number', 'customer_name'),
    });
    const [, orders] = (await readWorkbook(await fileOf(report))).sheets;
    expect(orders!.rows[1]![0]).toBe('1900-02-28 12:00:00');
  });

  it('has no formula, and each text as it is', async () => {
    const orders = HOSTILE.map((text) =>
      syntheticOrder({
        number: text,
        customerName: text,
        customerReference: text,
        status: text,
        lines: [line({ sku: text, description: text })],
      }),
    );
    const groups = [{ key: 'g', name: '=1+1', reference: '=2' }];
    const labels = { number: '=A1', summary: "='[x]", sheet_orders: "='[x]", group_total: '=', removed: '=' };
    const report = syntheticReport({
      orders: orders.map((order) => ({ ...order, group: 'g' })),
      groups,
      parameters: { labels, title: '=1+1', clientName: '=1+1' },
    });
    const { sheets } = await readWorkbook(await fileOf(report));
    for (const { cells } of sheets) for (const cell of cells!.values()) expect(cell.formula).toBeUndefined();
    const [summary, written] = sheets;
    expect(summary!.rows[0]![0]).toBe('=1+1');
    const heads = written!.rows.filter(
      ([, , , , status, currency, lines]) => status !== null && currency === 'EUR' && lines === 1,
    );
    expect(heads.map((row) => row.slice(1, 5))).toEqual(HOSTILE.map((text) => [text, text, text, text]));
    const parts = written!.rows.filter((row) => row[20] === -12.5).map((row) => row.slice(16, 18));
    expect(parts).toEqual(HOSTILE.map((text) => [text, text]));
  });

  it('has its headings frozen, with filters for the orders but not for the sums', async () => {
    const report = syntheticReport({
      orders: [syntheticOrder(), syntheticOrder(), syntheticOrder({ currency: 'JPY', total: '1' })],
      parameters: columns('number', 'customer_name', 'total'),
    });
    const [, orders] = (await readWorkbook(await fileOf(report))).sheets;
    expect(orders!.freezePane).toMatchObject({ rows: 1 });
    expect(orders!.autoFilter?.range).toBe('A1:C4');
    expect(orders!.rows).toHaveLength(6);
  });

  it('says what it is of', async () => {
    const report = syntheticReport({
      orders: [syntheticOrder()],
      parameters: {
        sort: ['-total', 'number'],
        groupBy: 'month',
        filter: {
          statuses: ['paid'],
          currencies: ['EUR', 'USD'],
          customerReferences: ['C-1'],
          minTotal: '1',
          maxTotal: null,
        },
      },
    });
    const [summary] = (await readWorkbook(await fileOf(report))).sheets;
    const facts = Object.fromEntries(
      summary!.rows.filter(([name]) => typeof name === 'string').map(([name, value]) => [name, value]),
    );
    expect(facts).toMatchObject({
      Period: expect.stringMatching(/^January 1\s–\sDecember 31, 2016$/),
      'As of': '117',
      Generated: new Date('2026-11-27T10:00:00Z'),
      'Order statuses': 'Paid',
      'Minimum total': 1,
      'Grouped by': 'Month',
      'Sorted by': 'Total, descending; Order',
    });
    expect(facts).not.toHaveProperty('Maximum total');
  });

  it('has groups under their names, with what they come to by currency, and the sums of all at the end', async () => {
    const of = (group: string, total: string, currency = 'EUR'): ReportedOrder =>
      syntheticOrder({ group, total, currency, number: `${group}-${total}` });
    const report = syntheticReport({
      orders: [of('a', '1.50'), of('a', '20', 'JPY'), of('a', '2.00'), of('b', '-0.50')],
      groups: [
        { key: 'a', name: 'Anna', reference: 'C-1' },
        { key: 'b', name: 'Bob' },
      ],
      parameters: columns('number', 'customer_name', 'total'),
    });
    const [, orders] = (await readWorkbook(await fileOf(report))).sheets;
    expect(orders!.rows.map(([name, , total]) => [name, total ?? null])).toEqual([
      ['Order', 'Total'],
      ['Anna (C-1)', null],
      ['a-1.50', 1.5],
      ['a-20', 20],
      ['a-2.00', 2],
      ['Total Anna (C-1) · EUR · 2 orders', 3.5],
      ['Total Anna (C-1) · JPY · 1 order', 20],
      ['Bob', null],
      ['b--0.50', -0.5],
      ['Total Bob · 1 order', -0.5],
      ['All orders · EUR · 3 orders', 3],
      ['All orders · JPY · 1 order', 20],
    ]);
  });

  it('names sums also where each column is an amount', async () => {
    const report = syntheticReport({ orders: [syntheticOrder()], parameters: columns('total', 'net_total') });
    const [, orders] = (await readWorkbook(await fileOf(report))).sheets;
    expect(orders!.rows).toEqual([
      ['Group', 'Total', 'Net'],
      [null, -7.61, -7.61],
      ['All orders · 1 order', -7.61, -7.61],
    ]);
  });

  it('has lines below their order, which repeat no amount of it', async () => {
    const report = syntheticReport({
      orders: [syntheticOrder({ lines: [line(), line({ sku: 'S-2' })] })],
      parameters: columns('number', 'customer_name', 'total'),
    });
    const [, orders] = (await readWorkbook(await fileOf(report))).sheets;
    expect(orders!.rows.slice(1, 4)).toEqual([
      ['A-1', 'Anna', -7.61, null, null, null, null, null],
      ['A-1', 'Anna', null, 'S-1', 'Chair', 2.5, -5.0025, -12.5],
      ['A-1', 'Anna', null, 'S-2', 'Chair', 2.5, -5.0025, -12.5],
    ]);
  });

  it('says what became of the orders of a delta, and of those that are gone their number alone', async () => {
    const gone = syntheticOrder({ number: 'A-9', change: 'removed' });
    const report = syntheticReport({
      orders: [syntheticOrder({ change: 'updated' }), gone],
      parameters: columns('customer_name', 'number', 'total'),
      isDelta: true,
    });
    const options = writeOptions();
    const [summary, orders] = (await readWorkbook(await fileOf(report, options))).sheets;
    expect(orders!.rows.slice(0, 3)).toEqual([
      ['Customer', 'Order', 'Total', 'Change'],
      ['Anna', 'A-1', -7.61, 'Updated'],
      [null, 'A-9', null, 'Removed'],
    ]);
    expect(summary!.rows.find(([name]) => name === 'Removed')?.[1]).toBe(1);
    expect([options.tally.totals[0]?.orders, options.tally.removed]).toEqual([1, 1]);
  });

  it('is there without orders, too', async () => {
    const options = writeOptions();
    const { sheets } = await readWorkbook(await fileOf(syntheticReport({ orders: [] }), options));
    expect(sheets[1]!.rows).toHaveLength(1);
    expect(options.fractions.at(-1)).toBe(1);
  });

  it('is read from right to left where its language is', async () => {
    const report = syntheticReport({ orders: [syntheticOrder()], parameters: { locale: 'he' } });
    const { sheets } = await readWorkbook(await fileOf(report));
    expect(sheets.map(({ view }) => view?.rightToLeft)).toEqual([true, true]);
  });

  it('is made only as fast as it is read, and leaves the rows when nobody reads on', async () => {
    let [read, closed] = [0, false];
    const report = syntheticReport({ orders: [syntheticOrder()] });
    report.snapshot.orders = async function* () {
      try {
        for (; read < 2_000; read += 1)
          yield await Promise.resolve(
            Array.from({ length: 250 }, (_, index) => syntheticOrder({ number: `A-${read}-${index}` })),
          );
      } finally {
        closed = true;
      }
    };
    const { content } = new XlsxReportWriter().write(report, writeOptions());
    let bytes = 0;
    for await (const part of content) {
      bytes += part.length;
      // Time for all of it, if it were made anyway.
      await sleep(100);
      if (bytes > 200_000) break;
    }
    expect(read).toBeLessThan(200);
    await waitFor(() => closed, { what: 'the end of the rows' });
  });

  it('fails with what its rows fail with', async () => {
    const report = syntheticReport({ orders: [syntheticOrder()] });
    report.snapshot.orders = async function* () {
      yield await Promise.resolve([syntheticOrder()]);
      throw new Error('The spool is gone.');
    };
    await expect(fileOf(report)).rejects.toThrow('The spool is gone.');
    const stranger = syntheticReport({
      orders: [syntheticOrder({ group: 'a' })],
      groups: [{ key: 'b', name: 'Bob' }],
    });
    await expect(fileOf(stranger)).rejects.toThrow('order of the orders');
    const reason = new Error('Cancelled.');
    await expect(
      fileOf(syntheticReport({ orders: [syntheticOrder()] }), writeOptions(AbortSignal.abort(reason))),
    ).rejects.toThrow(reason);
  });
});

describe('the sheets of a report', () => {
  const texts = (cells: readonly SheetCell[]): (string | null)[] =>
    cells.map((cell) => (cell?.kind === 'text' ? cell.text : null));

  it('hold all rows in their order, each under its headings and its group, and the sums at the end', async () => {
    const groups = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        groups,
        fc.integer({ min: 6, max: 12 }),
        fc.boolean(),
        async (sizes, most, isGrouped) => {
          const orders = sizes.flatMap((size, group) =>
            Array.from({ length: size }, (_, index) =>
              syntheticOrder({
                number: `${group}-${index}`,
                group: isGrouped ? `g${group}` : null,
                lines: index % 3 === 0 ? [line(), line()] : [],
              }),
            ),
          );
          const report = syntheticReport({
            orders,
            groups: isGrouped ? sizes.map((_, group) => ({ key: `g${group}`, name: `Group ${group}` })) : [],
            parameters: columns('number', 'customer_name', 'total'),
          });
          const sheets: { name: string; rows: string[] }[] = [];
          for await (const sheet of reportSheets(report, writeOptions(), most)) {
            const rows = [texts(sheet.headings?.cells ?? [])[0] ?? ''];
            for await (const batch of sheet.rows)
              rows.push(...batch.map(({ cells }) => texts(cells)[0] ?? ''));
            rows.push(...(await sheet.sums()).map(({ cells }) => texts(cells)[0] ?? ''));
            sheets.push({ name: sheet.name, rows });
          }
          const [, ...ofOrders] = sheets;
          expect(ofOrders.map(({ name }) => name)).toEqual(
            ofOrders.map((_, index) => (index === 0 ? 'Orders' : `Orders ${index + 1}`)),
          );
          for (const [index, { rows }] of ofOrders.entries()) {
            expect(rows.length).toBeLessThanOrEqual(most);
            expect(rows[0]).toBe('Order');
            const isContinued = /^\d+-|^Total/.test(rows[1] ?? '');
            if (isGrouped && index > 0) expect(isContinued).toBe(false);
          }
          const written = ofOrders.flatMap(({ rows }) => rows.filter((row) => /^\d+-\d+$/.test(row)));
          expect(written).toEqual(
            orders.flatMap(({ number, lines }) => [number, ...lines.map(() => number)]),
          );
          const ends = ofOrders.map(({ rows }) => rows.filter((row) => row.startsWith('All orders')).length);
          expect(ends).toEqual(
            ofOrders.map((_, index) => Number(orders.length > 0 && index === ofOrders.length - 1)),
          );
        },
      ),
    );
  });
});

describe('a workbook as other programs read it', () => {
  const amounts = fc.integer({ min: -(10 ** 9), max: 10 ** 9 }).map((cents) => (cents / 100).toFixed(2));
  const orders = fc.array(
    fc.record({
      number: fc.constantFrom(...HOSTILE, 'A-1'),
      total: amounts,
      currency: fc.constantFrom('EUR', 'USD'),
    }),
    { minLength: 1, maxLength: 30 },
  );

  it('has sums that are the sums of its rows, to the last digit', async () => {
    await fc.assert(
      fc.asyncProperty(orders, async (all) => {
        const report = syntheticReport({
          orders: all.map((order) => syntheticOrder(order)),
          parameters: columns('number', 'currency', 'customer_name', 'total'),
        });
        const [summary, written] = (await readWorkbook(await fileOf(report))).sheets;
        for (const currency of new Set(all.map((order) => order.currency))) {
          const rows = written!.rows.filter((row) => row[1] === currency);
          const sum = Number(sumDecimals(rows.map((row) => Number(row[3]).toFixed(2))));
          expect(written!.rows.slice(-2).map((row) => row[3])).toContain(sum);
          expect(summary!.rows.find(([name]) => name === currency)?.[2]).toBe(sum);
        }
      }),
    );
  });

  (hasLibreOffice ? it : it.skip)('has them in LibreOffice, too', async () => {
    const all = HOSTILE.map((text, index) =>
      syntheticOrder({ number: text, customerName: text, total: `${index * 1_000_000}.0${index % 10}` }),
    );
    const report = syntheticReport({
      orders: all,
      parameters: columns('ordered_at', 'number', 'customer_name', 'total'),
    });
    const { Orders: rows, Summary: summary } = await readByLibreOffice(await fileOf(report));
    // It has no place for signs that are not seen, but a break of lines.
    const shown = (text: string): string => text.replace(/(?!\n)\p{Cc}/gu, '');
    expect(rows!.slice(1, -1).map((row) => shown(row[1]!))).toEqual(HOSTILE.map(shown));
    const sum = sumDecimals(rows!.slice(1, -1).map((row) => Number(row[3]).toFixed(2)));
    expect(sum).toBe(sumDecimals(all.map(({ total }) => total)));
    expect(Number(rows!.at(-1)![3])).toBe(Number(sum));
    expect(Number(summary!.find(([name]) => name === 'EUR')?.[2])).toBe(Number(sum));
  });
});
