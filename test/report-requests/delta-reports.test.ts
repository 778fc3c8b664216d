import { parse } from 'csv-parse/sync';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPdf, textOf } from '../rendering/pdf-reader';
import { TestApp } from '../support/test-app';

const PERIOD = { start_date: '2026-01-01', end_date: '2027-01-01' };
const ORDER = {
  ordered_at: '2026-03-01T10:00:00Z',
  status: 'paid',
  currency: 'EUR',
  customer_name: 'Ann',
  lines: [
    { sku: 'A', description: 'Apple', quantity: '1', unit_price: '2.50' },
    { sku: 'B', description: 'Bread', quantity: '2', unit_price: '3.10' },
  ],
};

let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start({ RENDER_CONCURRENCY: '1' });
});

afterAll(() => app.stop());

const put = async (number: string, more: object = {}): Promise<string> => {
  const { body } = await app.call('PUT', `/v1/orders/by-number/${number}`, { body: { ...ORDER, ...more } });
  return body.id;
};

async function report(body: object) {
  const { status, body: accepted } = await app.call('POST', '/v1/orders/reports', { body });
  expect(status).toBe(202);
  await app.polled(`/v1/orders/reports/status/${accepted.id}`);
  const job = (await app.call('GET', `/v1/jobs/${accepted.id}`)).body;
  const file = await app.call('GET', `/v1/orders/reports/${accepted.id}`);
  return { result: job.result, file: file.body };
}

async function csv(body: object) {
  const { result, file } = await report({ ...body, format: 'csv' });
  const rows: Record<string, string>[] = parse(file, { bom: true, columns: true });
  return { result, rows };
}

const changesOf = (rows: Record<string, string>[]): string[] =>
  rows.map(({ number, change }) => `${number} ${change}`);

/** An order that changed, one that is gone, one that left the period, one that left the statuses, one that was made anew. */
async function changed(): Promise<string> {
  const [kept, gone, moved, cancelled, anew] = await Promise.all(
    ['KEPT', 'GONE', 'MOVED', 'CANCELLED', 'ANEW', 'SAME'].map((number) => put(number)),
  );
  const { result, rows } = await csv({ ...PERIOD, status: ['paid'] });
  expect(rows).toHaveLength(6);
  expect(rows[0]).not.toHaveProperty('change');
  await app.call('PATCH', `/v1/orders/${kept}`, { body: { customer_name: 'Bob' } });
  await app.call('DELETE', `/v1/orders/${gone}`);
  await app.call('PATCH', `/v1/orders/${moved}`, { body: { ordered_at: '2025-12-31T23:59:59Z' } });
  await app.call('PATCH', `/v1/orders/${cancelled}`, { body: { status: 'cancelled' } });
  await app.call('DELETE', `/v1/orders/${anew}`);
  await put('ANEW', { customer_name: 'Cleo' });
  await put('NEW', { ordered_at: '2026-01-01T00:00:00Z' });
  return result.as_of;
}

describe('a delta', () => {
  let asOf: string;

  beforeAll(async () => {
    asOf = await changed();
  });

  it('has what changed, as it is now, and the numbers of what is no longer among what was asked for', async () => {
    const { result, rows } = await csv({ ...PERIOD, status: ['paid'], changed_since: asOf });
    expect(changesOf(rows)).toEqual([
      'NEW updated',
      'ANEW updated',
      'KEPT updated',
      'CANCELLED removed',
      'GONE removed',
      'MOVED removed',
    ]);
    expect(Object.keys(rows[0]!).at(-1)).toBe('change');
    expect(rows[1]).toMatchObject({ customer_name: 'Cleo', total: '8.70' });
    expect(Object.values(rows[3]!).filter((value) => value !== '')).toEqual(['CANCELLED', 'removed']);
    expect(result).toMatchObject({
      orders: 3,
      removed: 3,
      totals: [{ currency: 'EUR', orders: 3, gross: '26.10', net: '26.10' }],
    });
    expect((await csv({ ...PERIOD, changed_since: result.as_of })).rows).toEqual([]);
  });

  it('needs no period', async () => {
    const { rows } = await csv({ changed_since: asOf });
    expect(changesOf(rows)).toEqual([
      'MOVED updated',
      'NEW updated',
      'ANEW updated',
      'CANCELLED updated',
      'KEPT updated',
      'GONE removed',
    ]);
  });

  it('has a row for each line with items, and one for what is gone', async () => {
    const { rows } = await csv({ changed_since: asOf, include_items: true, status: ['cancelled'] });
    expect(rows.map(({ number, sku, change }) => [number, sku, change])).toEqual([
      ['CANCELLED', 'A', 'updated'],
      ['CANCELLED', 'B', 'updated'],
      ['ANEW', '', 'removed'],
      ['GONE', '', 'removed'],
      ['KEPT', '', 'removed'],
      ['MOVED', '', 'removed'],
      ['NEW', '', 'removed'],
    ]);
  });

  it.each([[{}], [{ include_items: true }], [PERIOD]])('is printed too (%j)', async (more) => {
    const { result, file } = await report({ ...more, changed_since: asOf, title: 'What is new' });
    const path = join(app.config.dataDir, 'delta.pdf');
    writeFileSync(path, file);
    const pdf = await readPdf(path);
    const text = textOf(pdf);
    expect(text).toContain('Changed orders');
    expect(text).toMatch(/Orders Removed/);
    expect(text).toMatch(/GONE\s+Removed/);
    expect(text).toContain('Cleo');
    expect(text).toContain('start_date' in more ? 'January 1' : 'All days');
    expect(pdf.outline.at(-1)!.title).toBe('Removed');
    expect(result.removed).toBe('start_date' in more ? 2 : 1);
  });

  it('begins where the feed of changes is read', async () => {
    const { body } = await app.call('GET', `/v1/orders/changes?after=${asOf}&page_size=100`);
    expect(body.data.map(({ number, change }: Record<string, string>) => `${number} ${change}`)).toEqual([
      'KEPT updated',
      'GONE deleted',
      'MOVED updated',
      'CANCELLED updated',
      'ANEW deleted',
      'ANEW created',
      'NEW created',
    ]);
    const after = body.data[4].cursor;
    expect(changesOf((await csv({ changed_since: after })).rows)).toEqual(['NEW updated', 'ANEW updated']);
  });

  it.each([
    ['a cursor that is none', { changed_since: 'x' }, 'invalid_cursor', 'changed_since'],
    ['no text', { changed_since: null }, 'invalid_request', 'changed_since'],
    ['one day alone', { end_date: '2026-02-01' }, 'invalid_request', 'start_date'],
    ['no period and no cursor', { changed_since: undefined }, 'invalid_request', 'start_date'],
  ])('is refused with %s', async (_what, more, code, field) => {
    const { status, body } = await app.call('POST', '/v1/orders/reports', {
      body: { changed_since: asOf, ...more },
    });
    expect([status, body.code, body.errors.map((error: { field: string }) => error.field)]).toEqual([
      422,
      code,
      expect.arrayContaining([field]),
    ]);
  });

  it('is refused when the changes after its cursor are no longer kept, also when they go while it waits', async () => {
    const { result } = await csv({ changed_since: asOf });
    await put('LAST');
    await app.dataSource.query(
      'UPDATE order_change_horizon SET removed_up_to = (SELECT max(position) FROM order_change)',
    );
    const refused = await app.call('POST', '/v1/orders/reports', { body: { changed_since: result.as_of } });
    expect([refused.status, refused.body.code]).toEqual([422, 'cursor_expired']);
    const { as_of } = (await csv(PERIOD)).result;
    expect((await csv({ changed_since: as_of })).rows).toEqual([]);
  });
});
