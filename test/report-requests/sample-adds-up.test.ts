import { parse } from 'csv-parse/sync';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sumDecimals } from '../../src/common/decimal';
import { tableLayout } from '../../src/report-requests/rendering/table-layout';
import { readPdf } from '../rendering/pdf-reader';
import { TestApp } from '../support/test-app';
import { expectPrintAddsUp, expectSummaryAddsUp } from './adding-up';
import { readPages } from './printed-report';

/** Of the language that a report has by itself. */
const LAYOUT = tableLayout({
  columns: ['ordered_at', 'number', 'customer_name', 'status', 'total'],
  includeItems: false,
  isDelta: false,
  groupBy: null,
  paper: 'Letter',
});
/** The example of the README. */
const YEAR = { start_date: '2016-01-01', end_date: '2017-01-01' };

let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start({ SAMPLE_DATA: 'true' });
});

afterAll(() => app.stop());

async function report(body: object) {
  const { body: accepted } = await app.call('POST', '/v1/orders/reports', { body });
  expect((await app.polled(`/v1/orders/reports/status/${accepted.id}`)).status).toBe(303);
  const { result } = (await app.call('GET', `/v1/jobs/${accepted.id}`)).body;
  return { result, file: (await app.call('GET', `/v1/orders/reports/${accepted.id}`)).body };
}

it('says one total on its pages, in its CSV, in its result and in the summary', async () => {
  const summary = (await app.call('GET', '/v1/orders/summary?start_date=2016-01-01&end_date=2017-01-01'))
    .body;
  expectSummaryAddsUp(summary);
  const [total, ...others] = summary.totals;
  expect(others).toEqual([]);

  const csv = await report({ ...YEAR, format: 'csv' });
  const rows: Record<string, string>[] = parse(csv.file, { bom: true, columns: true });
  expect(sumDecimals(rows.map((row) => row['total']!))).toBe(total.gross);
  expect(sumDecimals(rows.map((row) => row['net_total']!))).toBe(total.net);
  expect(csv.result).toMatchObject({ orders: 1_315, totals: summary.totals });

  const known = rows.map((row) => ({
    number: row['number']!,
    currency: row['currency']!,
    period: `${row['ordered_at']!.slice(0, 7)}-01`,
  }));
  const printed = `$${Number(total.net).toLocaleString('en-US')}`;
  for (const hasLines of [false, true]) {
    const { file, result } = await report({ ...YEAR, include_items: hasLines });
    expect(result.totals).toEqual(summary.totals);
    const path = join(app.config.dataDir, `sample-${hasLines}.pdf`);
    writeFileSync(path, file);
    const pages = readPages(await readPdf(path), 'ltr', LAYOUT);
    expectPrintAddsUp(pages, known, 'en-US', hasLines);
    expect(pages.tables.at(-1)!.rows.flat()).toContain(printed);
  }
});
