import { MEDIA_TYPES } from '../../src/report-requests/formats/report-format';
import { parse } from 'csv-parse/sync';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPdfs } from '../rendering/pdf-reader';
import { TestApp } from '../support/test-app';

const YEARS = { start_date: '2014-01-01', end_date: '2018-01-01' };
const HALF = { start_date: '2014-01-01', end_date: '2016-06-01' };
let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start({ SAMPLE_DATA: 'true', RENDER_CONCURRENCY: '1' });
});

afterAll(() => app.stop());

/** Asks for a report, waits for it, and fetches it; gives the job too. */
async function report(body: object) {
  const { status, body: accepted } = await app.call('POST', '/v1/orders/reports', { body });
  expect(status).toBe(202);
  expect((await app.polled(`/v1/orders/reports/status/${accepted.id}`)).status).toBe(303);
  const job = (await app.call('GET', `/v1/jobs/${accepted.id}`)).body;
  return { job, file: await app.call('GET', `/v1/orders/reports/${accepted.id}`) };
}

describe('a report as CSV', () => {
  it('holds every order, under its own type and name', async () => {
    const { job, file } = await report({ ...YEARS, format: 'csv' });
    expect(file.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(file.headers.get('content-disposition')).toBe(`attachment; filename="orders-${job.id}.csv"`);
    expect(job.result.artifact).toMatchObject({ media_type: 'text/csv', pages: null });
    const rows: Record<string, string>[] = parse(file.body, { bom: true, columns: true });
    expect(rows).toHaveLength(job.result.orders);
    const [sums] = await app.dataSource.query(
      'SELECT sum(total)::text AS total, count(*)::int AS orders FROM orders',
    );
    expect(rows).toHaveLength(sums.orders);
    const cents = rows.reduce((sum, row) => sum + BigInt((row['total'] ?? '').replace('.', '')), 0n);
    expect(cents).toBe(BigInt(sums.total.replace('.', '')));
  });

  it('holds every line with items', async () => {
    const { file } = await report({ ...YEARS, format: 'csv', include_items: true });
    const rows: Record<string, string>[] = parse(file.body, { bom: true, columns: true });
    const [{ lines }] = await app.dataSource.query('SELECT count(*)::int AS lines FROM order_line');
    expect(rows).toHaveLength(lines);
  });
});

describe('an accessible report', () => {
  it('is tagged at a length at which others are not', async () => {
    const tagged = await report({ ...HALF, accessible: true });
    const plain = await report(HALF);
    const files = [tagged, plain].map(({ file }, index) => {
      const path = join(app.config.dataDir, `form-${index}.pdf`);
      writeFileSync(path, file.body);
      return path;
    });
    const [accessible, other] = await readPdfs(files);
    expect([accessible!.tagged, other!.tagged]).toEqual([true, false]);
    expect(accessible!.pages[1]!.roles).toEqual(expect.arrayContaining(['Table', 'TR', 'TH', 'TD']));
    expect(tagged.job.result.artifact.pages).toBe(plain.job.result.artifact.pages);
  });

  it('is refused beyond its bound, with the count', async () => {
    const { status, body } = await app.call('POST', '/v1/orders/reports', {
      body: { ...YEARS, accessible: true, include_items: true },
    });
    expect(status).toBe(422);
    expect(body).toMatchObject({ code: 'too_many_rows_for_accessible', max_rows: 5_000 });
    expect(body.rows).toBeGreaterThan(5_000);
    expect(body.detail).toContain(String(body.rows));
  });

  it('is not for CSV', async () => {
    const { status, body } = await app.call('POST', '/v1/orders/reports', {
      body: { ...YEARS, accessible: true, format: 'csv' },
    });
    expect([status, body.errors]).toEqual([422, [expect.objectContaining({ field: 'accessible' })]]);
  });
});

it('refuses an unknown format', async () => {
  const { status, body } = await app.call('POST', '/v1/orders/reports', {
    body: { ...YEARS, format: 'xls' },
  });
  expect([status, body.errors[0].field]).toEqual([422, 'format']);
});

it('documents the files of all formats', async () => {
  const { body } = await app.call('GET', '/openapi.json');
  const { content } = body.paths['/v1/orders/reports/{id}'].get.responses['200'];
  expect(Object.keys(content).sort()).toEqual(Object.values(MEDIA_TYPES).sort());
  expect(body.components.schemas.ReportFormat.enum).toEqual(['pdf', 'xlsx', 'csv', 'ndjson']);
});
