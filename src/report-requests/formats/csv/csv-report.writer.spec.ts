import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { unguarded } from '../../../orders/formula-guard';
import { ORDER_COLUMNS, type OrderColumn } from '../../../orders/order-columns';
import type { ReportedOrder } from '../../../orders/reported-order';
import { syntheticOrder as order } from '../../../../test/report-requests/synthetic-report';
import type { CsvOptions } from '../report-parameters';
import type { Report, WriteOptions } from '../report-writer';
import { CsvReportWriter } from './csv-report.writer';

const line = { sku: 'S-1', description: 'Chair', quantity: '2.5', unitPrice: '-5.00', total: '-12.50' };

const HEADINGS =
  'ordered_at,number,customer_name,customer_reference,status,currency,line_count,subtotal,discount_total,shipping_total,' +
  'tax_total,adjustment_total,total,refunded_total,net_total,tax_included';

const PLAIN: CsvOptions = {
  delimiter: ',',
  decimalSeparator: '.',
  times: 'utc',
  headings: 'names',
};
/** What spreadsheets of most of Europe and of South America open. */
const COMMAS = { delimiter: ';', decimalSeparator: ',' } as const;
const DELIMITERS: CsvOptions['delimiter'][] = [',', ';', '\t', '|'];

type Asked = Partial<Omit<Report['parameters'], 'csv'>> & {
  csv?: Partial<CsvOptions>;
  isDelta?: boolean;
};

interface Written {
  text: string;
  counted: string[];
  fractions: number[];
}

async function write(
  orders: ReportedOrder[],
  { csv, isDelta = false, ...asked }: Asked = {},
): Promise<Written> {
  const report = {
    parameters: {
      columns: null,
      includeItems: false,
      locale: 'en-US',
      labels: {},
      timeZone: 'UTC',
      ...asked,
      csv: { ...PLAIN, ...csv },
    },
    isDelta,
    snapshot: {
      summary: {
        orders: orders.filter(({ change }) => change !== 'removed').length,
        removed: orders.filter(({ change }) => change === 'removed').length,
      },
      orders: async function* () {
        for (const each of orders) yield await Promise.resolve([each]);
      },
    },
  } as unknown as Report;
  const counted: string[] = [];
  const fractions: number[] = [];
  const options = {
    signal: new AbortController().signal,
    onProgress: (fraction: number) => fractions.push(fraction),
    tally: { add: ({ number }: ReportedOrder) => counted.push(number) },
  } as unknown as WriteOptions;
  const parts: Buffer[] = [];
  const { pages, content } = new CsvReportWriter().write(report, options);
  expect(pages).toBeNull();
  for await (const part of content) parts.push(part);
  return { text: Buffer.concat(parts).toString(), counted, fractions };
}

const csvOf = async (orders: ReportedOrder[], asked?: Asked): Promise<string> =>
  (await write(orders, asked)).text;

const read = (text: string, delimiter = ','): Record<string, string>[] =>
  parse(text, { bom: true, columns: true, delimiter });

const rowsOf = (text: string): string[] => text.slice(1).trimEnd().split('\r\n');

describe('a report as CSV', () => {
  it('has a row for each order', async () => {
    const amounts = '-12.50,0.00,4.90,1.00,-0.01,-7.61,0.00,-7.61,true';
    expect(await csvOf([order(), order({ number: 'A-2', customerReference: 'C-7' })])).toBe(
      `\ufeff${HEADINGS}\r\n` +
        `2016-02-03T04:05:06.789Z,A-1,Anna,,paid,EUR,1,${amounts}\r\n` +
        `2016-02-03T04:05:06.789Z,A-2,Anna,C-7,paid,EUR,1,${amounts}\r\n`,
    );
  });

  it('has a row for each line with items, which repeats its order', async () => {
    const csv = await csvOf([order({ lines: [line, { ...line, sku: 'S-2' }] })], { includeItems: true });
    expect(rowsOf(csv)[0]).toBe(`${HEADINGS},sku,description,quantity,unit_price,line_total`);
    const [first, second, ...others] = read(csv);
    expect(first).toMatchObject({ number: 'A-1', total: '-7.61', sku: 'S-1', unit_price: '-5.00' });
    expect(second).toEqual({ ...first, sku: 'S-2' });
    expect(others).toEqual([]);
  });

  it('is a header alone without orders, and done', async () => {
    expect(await write([])).toEqual({ text: `\ufeff${HEADINGS}\r\n`, counted: [], fractions: [1] });
  });

  it('has the columns that are asked for, in their order', async () => {
    const columns: OrderColumn[] = ['net_total', 'number', 'line_count'];
    expect(rowsOf(await csvOf([order()], { columns }))).toEqual([
      'net_total,number,line_count',
      '-7.61,A-1,1',
    ]);
  });

  it('has a row even of nothing', async () => {
    expect(rowsOf(await csvOf([order()], { columns: ['customer_reference'] }))).toEqual([
      'customer_reference',
      '""',
    ]);
  });

  it('has the marks of another language', async () => {
    const asked: Asked = { columns: ['number', 'total'], includeItems: true, csv: COMMAS };
    expect(rowsOf(await csvOf([order({ lines: [line] })], asked))).toEqual([
      'number;total;sku;description;quantity;unit_price;line_total',
      'A-1;-7,61;S-1;Chair;2,5;-5,00;-12,50',
    ]);
  });

  it.each([
    ['2026-03-29T00:59:59.999Z', '2026-03-29 01:59:59'],
    ['2026-03-29T01:00:00.000Z', '2026-03-29 03:00:00'],
    ['2026-12-31T23:30:00.500Z', '2027-01-01 00:30:00'],
    ['1969-12-31T23:59:59.999Z', '1970-01-01 00:59:59'],
  ])('has the time %s as a clock shows it', async (at, shown) => {
    const asked: Asked = { columns: ['ordered_at'], timeZone: 'Europe/Berlin', csv: { times: 'local' } };
    expect(rowsOf(await csvOf([order({ orderedAt: new Date(at) })], asked))[1]).toBe(shown);
  });

  it('has labels for headings, and no formulas among them', async () => {
    const labels = { number: 'Voucher', total: '=1+1', change: '@now' };
    const asked: Asked = {
      columns: ['number', 'total', 'customer_name'],
      labels,
      csv: { headings: 'labels' },
      isDelta: true,
    };
    expect(rowsOf(await csvOf([], asked))).toEqual(["Voucher,'=1+1,Customer,'@now"]);
  });

  it('says what became of orders in a delta; of one that is gone it has the number alone', async () => {
    const gone = order({ number: '=A-9', orderedAt: new Date(NaN), change: 'removed' });
    const changed = order({ change: 'updated', lines: [line, line] });
    const asked: Asked = { columns: ['total', 'number'], isDelta: true };
    const { text, counted } = await write([changed, gone], asked);
    expect(rowsOf(text)).toEqual(['total,number,change', '-7.61,A-1,updated', ",'=A-9,removed"]);
    expect(counted).toEqual(['A-1', gone.number]);
    expect(rowsOf(await csvOf([changed, gone], { ...asked, includeItems: true }))).toEqual([
      'total,number,sku,description,quantity,unit_price,line_total,change',
      '-7.61,A-1,S-1,Chair,2.5,-5.00,-12.50,updated',
      '-7.61,A-1,S-1,Chair,2.5,-5.00,-12.50,updated',
      ",'=A-9,,,,,,removed",
    ]);
  });

  it('counts what it has written, and says how far it is', async () => {
    const orders = ['A-1', 'A-2', 'A-3', 'A-4'].map((number) => order({ number, lines: [line, line] }));
    const { counted, fractions } = await write(orders, { includeItems: true });
    expect(counted).toEqual(['A-1', 'A-2', 'A-3', 'A-4']);
    expect(fractions).toEqual([0.25, 0.5, 0.75, 1]);
  });

  it.each(['=1+1', '-1', '\t=1', '  =1', '＝1'])('keeps a spreadsheet from running %j', async (text) => {
    const written = { number: text, customerName: text, customerReference: text };
    const items = { ...line, sku: text, description: text };
    for (const delimiter of DELIMITERS) {
      const asked: Asked = { includeItems: true, csv: { delimiter } };
      const [row] = read(await csvOf([order({ ...written, lines: [items] })], asked), delimiter);
      const cells = [row?.['number'], row?.['customer_name'], row?.['customer_reference']];
      expect([...cells, row?.['sku'], row?.['description']]).toEqual(Array(5).fill(`'${text}`));
    }
  });

  const pairs = DELIMITERS.flatMap((own) => DELIMITERS.map((other) => [own, other] as const));
  it.each(pairs)(
    'keeps a text of cells by %j whole for a spreadsheet that separates by %j',
    async (own, other) => {
      const text = `x${other}=1+1${other}y`;
      for (const decimalSeparator of ['.', ','] as const) {
        const csv = { delimiter: own, decimalSeparator };
        const [, row = ''] = rowsOf(
          await csvOf([order({ customerName: text })], { columns: ['customer_name'], csv }),
        );
        expect(parse(row, { delimiter: other })).toEqual([[text]]);
      }
    },
  );

  it('has numbers for everybody who separates as asked, and quotes around none of them', async () => {
    const csv = await csvOf([order({ lines: [line] })], { includeItems: true, csv: COMMAS });
    expect(csv).not.toContain('"');
  });

  it('gives back everything in every form', async () => {
    const texts = fc.string({ unit: 'grapheme', minLength: 1 });
    const units = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n });
    const amounts = fc.tuple(units, fc.constantFrom(0, 2, 3, 4)).map(([whole, digits]) => {
      const digitsOf = (whole < 0n ? -whole : whole).toString().padStart(digits + 1, '0');
      const point = digitsOf.length - digits;
      return `${whole < 0n ? '-' : ''}${digitsOf.slice(0, point)}${digits === 0 ? '' : `.${digitsOf.slice(point)}`}`;
    });
    const asked = fc.record({
      columns: fc.shuffledSubarray([...ORDER_COLUMNS], { minLength: 1 }),
      delimiter: fc.constantFrom(...DELIMITERS),
      decimalSeparator: fc.constantFrom('.' as const, ',' as const),
      includeItems: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(asked, texts, amounts, async ({ columns, includeItems, ...marks }, text, amount) => {
        const items = { sku: text, description: text, quantity: amount, unitPrice: amount, total: amount };
        const written = order({
          number: text,
          customerName: text,
          customerReference: text,
          subtotal: amount,
          total: amount,
          lines: [items, items],
        });
        const csv = await csvOf([written], { columns, includeItems, csv: marks });
        const rows = read(csv, marks.delimiter);
        expect(rows).toHaveLength(includeItems ? 2 : 1);
        const plain = (cell: string): string => cell.replace(marks.decimalSeparator, '.');
        const asText = { number: text, customer_name: text, customer_reference: text };
        const asAmount = { subtotal: amount, total: amount, net_total: '-7.61', line_count: '1' };
        const lineText = { sku: text, description: text };
        const lineAmount = { quantity: amount, unit_price: amount, line_total: amount };
        const ofLine = includeItems ? Object.keys({ ...lineText, ...lineAmount }) : [];
        for (const row of rows) {
          expect(Object.keys(row)).toEqual([...columns, ...ofLine]);
          for (const [name, value] of Object.entries({ ...asText, ...lineText }))
            if (name in row) expect(unguarded(row[name]!)).toBe(value);
          for (const [name, value] of Object.entries({ ...asAmount, ...lineAmount }))
            if (name in row) expect(plain(row[name]!)).toBe(value);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('stops when it is aborted', async () => {
    const abort = new AbortController();
    const report = {
      parameters: { columns: null, includeItems: false, csv: PLAIN },
      snapshot: {
        summary: { orders: 2, removed: 0 },
        orders: async function* () {
          for (const batch of [[order()], [order()]]) yield await Promise.resolve(batch);
        },
      },
    } as unknown as Report;
    const options = { signal: abort.signal, onProgress: () => undefined, tally: { add: () => undefined } };
    const { content } = new CsvReportWriter().write(report, options as unknown as WriteOptions);
    const reading = async (): Promise<void> => {
      for await (const part of content) if (part.length > 0) abort.abort(new Error('stop'));
    };
    await expect(reading()).rejects.toThrow('stop');
  });
});
