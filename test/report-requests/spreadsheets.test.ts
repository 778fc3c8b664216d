import type { ReportedOrder } from '../../src/orders/reported-order';
import { CsvReportWriter } from '../../src/report-requests/formats/csv/csv-report.writer';
import type { CsvOptions } from '../../src/report-requests/formats/report-parameters';
import { contentOf, reportFrom } from './file-content';
import { converted, hasLibreOffice } from './libreoffice';

/** As LibreOffice numbers them, in its filter's options: `59,34,76,1,,1031,false,true`. */
const UTF_8 = 76;
const QUOTE = 34;

const COMMA = { delimiter: ',', decimalSeparator: '.' } as const;
const SEMICOLON = { delimiter: ';', decimalSeparator: ',' } as const;
const COUNTRIES: [
  country: string,
  language: number,
  marks: Pick<CsvOptions, 'delimiter' | 'decimalSeparator'>,
][] = [
  ['the United States', 1033, COMMA],
  ['Japan', 1041, COMMA],
  ['India', 1081, COMMA],
  ['Germany', 1031, SEMICOLON],
  ['France', 1036, SEMICOLON],
  ['Brazil', 1046, SEMICOLON],
  ['Russia', 1049, SEMICOLON],
  ['Turkey', 1055, SEMICOLON],
  ['Switzerland', 2055, { delimiter: ';', decimalSeparator: '.' }],
  ['Poland, between tabs', 1045, { delimiter: '\t', decimalSeparator: ',' }],
];

const TEXTS = ['Zoë; "the, one"', '=1+1', '-1', "'quoted'", 'a|b\u00a0c', '李明', '1;2,3'];
/** The first is as large as a spreadsheet still has exactly. */
const TOTALS = ['9999999999999.99', '-0.01', '1234.50', '0.10', '1000', '12.345', '-7'];
const TIMES = ['2016-02-29T23:59:59Z', '2016-12-31T23:30:00Z'];

const orders: ReportedOrder[] = TEXTS.map((text, index) => ({
  id: '',
  number: `N-${index}`,
  orderedAt: new Date(TIMES[index % TIMES.length]!),
  customerName: text,
  customerReference: null,
  status: 'paid',
  currency: 'EUR',
  lineCount: index,
  subtotal: TOTALS[index]!,
  discountTotal: '0.00',
  shippingTotal: '0.00',
  taxTotal: '0.00',
  taxIncluded: false,
  adjustmentTotal: '0.00',
  total: TOTALS[index]!,
  refundedTotal: '0.00',
  netTotal: TOTALS[index]!,
  lines: [],
}));

interface Cell {
  type: string;
  value: string;
}

/** The cells as a spreadsheet understands them whose language is this. */
async function opened(csv: Buffer, language: number, delimiter: string): Promise<Cell[][]> {
  const filter = `CSV:${delimiter.charCodeAt(0)},${QUOTE},${UTF_8},1,,${language},false,true`;
  const files = await converted('orders.csv', csv, ['--convert-to', 'fods', `--infilter=${filter}`]);
  return cellsOf(files.get('orders.fods')!.toString());
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
/** Of the paragraph of a cell. */
const textOf = (xml: string): string =>
  (/<text:p>(.*?)<\/text:p>/s.exec(xml)?.[1] ?? '')
    .replace(/<[^>]*>/g, '')
    .replace(/&(\w+);/g, (_entity, name: string) => ENTITIES[name] ?? '');

/** Of a flat OpenDocument file with one sheet. */
function cellsOf(fods: string): Cell[][] {
  expect(fods).not.toContain('table:formula');
  return [...fods.matchAll(/<table:table-row[^>]*>(.*?)<\/table:table-row>/gs)].map(([, row = '']) =>
    [...row.matchAll(/<table:table-cell([^>]*?)(?:\/>|>(.*?)<\/table:table-cell>)/gs)].flatMap(
      ([, attributes = '', content = '']): Cell[] => {
        const attribute = (name: string): string | undefined =>
          new RegExp(`${name}="([^"]*)"`).exec(attributes)?.[1];
        const type = attribute('office:value-type') ?? 'none';
        const value = attribute('office:value') ?? attribute('office:date-value') ?? textOf(content);
        return Array<Cell>(Number(attribute('table:number-columns-repeated') ?? 1)).fill({ type, value });
      },
    ),
  );
}

(hasLibreOffice ? describe : describe.skip)('a CSV for spreadsheets', () => {
  it.each(COUNTRIES)(
    'opens in %s with numbers, times and texts',
    async (_country, language, { delimiter, decimalSeparator }) => {
      const parameters = {
        columns: ['ordered_at', 'customer_name', 'line_count', 'total'] as const,
        timeZone: 'Europe/Berlin',
        csv: { delimiter, decimalSeparator, times: 'local', headings: 'names' } as const,
      };
      const snapshot = {
        summary: { orders: orders.length, removed: 0 },
        orders: async function* () {
          yield await Promise.resolve(orders);
        },
      };
      const report = reportFrom(snapshot, { ...parameters, columns: [...parameters.columns] });
      const [headings, ...rows] = await opened(
        await contentOf(new CsvReportWriter(), report),
        language,
        delimiter,
      );
      expect(headings!.map(({ value }) => value)).toEqual(parameters.columns);
      rows.forEach(([time, text, count, total], index) => {
        const shown = ['2016-03-01T00:59:59', '2017-01-01T00:30:00'][index % 2];
        expect(time).toEqual({ type: 'date', value: shown });
        const guard = ['=1+1', '-1'].includes(TEXTS[index]!) ? "'" : '';
        expect(text).toEqual({ type: 'string', value: `${guard}${TEXTS[index]}` });
        expect(count).toEqual({ type: 'float', value: String(index) });
        expect(total?.type).toBe('float');
        expect(Number(total?.value)).toBe(Number(TOTALS[index]));
      });
      expect(rows).toHaveLength(orders.length);
    },
  );
});
