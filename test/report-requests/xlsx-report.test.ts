import { sumDecimals } from '../../src/common/decimal';
import type { CurrencyTotal } from '../../src/orders/order-summary';
import { TestApp } from '../support/test-app';
import { readWorkbook } from './workbook-reader';

const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start();
  for (const [index, currency] of ['EUR', 'EUR', 'JPY', 'KWD', 'EUR'].entries()) {
    const body = {
      number: `A-${index}`,
      ordered_at: `2026-0${index + 1}-01T23:30:00Z`,
      customer_name: index % 2 === 0 ? 'Ann' : '=Bob',
      status: index === 4 ? 'cancelled' : 'paid',
      currency,
      lines: [
        { sku: 'S-1', description: 'Thing', quantity: '3', unit_price: String(index + 1) },
        { sku: 'S-2', description: 'Return', quantity: '-1', unit_price: '1' },
      ],
    };
    expect((await app.call('POST', '/v1/orders', { body })).status).toBe(201);
  }
});

afterAll(() => app.stop());

it('is a workbook of the orders, whose sums are those of the result', async () => {
  const { body: job } = await app.call('POST', '/v1/orders/reports', {
    body: {
      start_date: '2026-01-01',
      end_date: '2027-01-01',
      formats: ['xlsx', 'csv'],
      group_by: 'customer',
      include_items: true,
      time_zone: 'Europe/Berlin',
      locale: 'de',
    },
  });
  await app.polled(`/v1/orders/reports/status/${job.id}`);
  const { result } = (await app.call('GET', `/v1/jobs/${job.id}`)).body;
  const { headers, body: file } = await app.call('GET', `/v1/orders/reports/${job.id}?format=xlsx`);
  expect(headers.get('content-type')).toBe(XLSX);
  expect(headers.get('content-disposition')).toContain('.xlsx"');
  const [summary, orders] = (await readWorkbook(file)).sheets;

  expect([summary!.name, orders!.name]).toEqual(['Zusammenfassung', 'Bestellungen']);
  expect(summary!.rows.find(([name]) => name === 'Stand')?.[1]).toBe(result.as_of);
  const headings = orders!.rows[0]!;
  const at = (heading: string): number => headings.indexOf(heading);
  // A head of an order has an amount, and its lines have none.
  const heads = orders!.rows.filter(
    (row) => /^A-/.test(String(row[at('Bestellung')])) && row[at('Gesamt')] !== null,
  );
  expect(heads.map((row) => row[at('Bestellung')])).toEqual(['A-1', 'A-3', 'A-0', 'A-2', 'A-4']);
  expect(heads[2]![at('Datum')]).toEqual(new Date('2026-01-02T00:30:00Z'));
  for (const { currency, gross, net } of result.totals as CurrencyTotal[]) {
    const of = heads.filter((row) => row[at('Währung')] === currency);
    const sum = (heading: string): number => Number(sumDecimals(of.map((row) => String(row[at(heading)]))));
    expect([sum('Gesamt'), sum('Netto')]).toEqual([Number(gross), Number(net)]);
    const figures = summary!.rows.find(([name]) => name === currency)!;
    expect([figures[2], figures[5]]).toEqual([Number(gross), Number(net)]);
  }
});

it('says of which currency a sum is where there are several, as the PDF does', async () => {
  const { body: job } = await app.call('POST', '/v1/orders/reports', {
    body: { start_date: '2026-01-01', end_date: '2027-01-01', format: 'xlsx', group_by: 'customer' },
  });
  await app.polled(`/v1/orders/reports/status/${job.id}`);
  const { body: file } = await app.call('GET', `/v1/orders/reports/${job.id}`);
  const [summary, orders] = (await readWorkbook(file)).sheets;
  const sums = orders!.rows.map(([name]) => String(name)).filter((name) => / · \d+ orders?$/.test(name));
  expect(sums).toEqual([
    'Total =Bob · EUR · 1 order',
    'Total =Bob · KWD · 1 order',
    'Total Ann · EUR · 2 orders',
    'Total Ann · JPY · 1 order',
    'All orders · EUR · 3 orders',
    'All orders · JPY · 1 order',
    'All orders · KWD · 1 order',
  ]);
  const statuses = summary!.rows
    .map(([name]) => String(name))
    .filter((name) => /^(Paid|Cancelled)/.test(name));
  expect(statuses).toEqual(['Paid · EUR', 'Cancelled · EUR', 'Paid · JPY', 'Paid · KWD']);
});
