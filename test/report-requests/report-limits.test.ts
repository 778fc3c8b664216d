import { TestApp } from '../support/test-app';

const YEARS = { start_date: '2014-01-01', end_date: '2018-01-01' };
const WITH_ITEMS = { ...YEARS, include_items: true };
let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start({ SAMPLE_DATA: 'true', RENDER_CONCURRENCY: '1', REPORT_MAX_ROWS: '6000' });
});

afterAll(() => app.stop());

const deadlineSeconds = async (id: string): Promise<number> => {
  const [row] = await app.dataSource.query(
    'SELECT extract(epoch FROM deadline_at - created_at)::float8 AS seconds FROM job WHERE id = $1',
    [id],
  );
  return row.seconds;
};

async function addOrders(year: number, count: number): Promise<void> {
  await app.dataSource.query(
    `INSERT INTO orders (client_id, number, ordered_at, status, currency, customer_name, subtotal, discount_total, shipping_total,
       tax_total, tax_included, adjustment_total, refunded_total, line_count)
     SELECT c.id, $1 || '-' || n, make_timestamptz($2, 1, 1, 0, 0, 0, 'UTC') + n * interval '10 minutes',
       'paid', 'USD', 'Ana', 1.00, 0.00, 0.00, 0.00, false, 0.00, 0.00, 1
     FROM client c, generate_series(1, $3::int) AS n WHERE c.name = 'Demo'`,
    [String(year), year, count],
  );
}

it('refuses at once a report of too many rows, with their count', async () => {
  const { status, body } = await app.call('POST', '/v1/orders/reports', { body: WITH_ITEMS });
  const [{ rows }] = await app.dataSource.query(
    'SELECT (count(*) + sum(line_count))::int AS rows FROM orders',
  );
  expect(status).toBe(422);
  expect(body).toMatchObject({ code: 'too_many_rows', rows, max_rows: 6_000 });
  expect((await app.call('GET', '/v1/orders/reports')).body.data).toEqual([]);
});

it('fails one that only grew too long after it was accepted', async () => {
  // The submission sees the cap of another, more generous process.
  const generous = await TestApp.start({ ROLE: 'api', REPORT_MAX_ROWS: '2000000' }, app);
  const { body: accepted } = await generous.call('POST', '/v1/orders/reports', { body: WITH_ITEMS });
  const { status, body } = await app.polled(`/v1/orders/reports/status/${accepted.id}`);
  await generous.stop();
  expect([status, body.code]).toEqual([422, 'too_many_rows']);
  expect(body.detail).toMatch(/has \d+ rows; at most 6000/);
  expect(body.job).toMatchObject({ status: 'FAILED', attempt: 1, error: { retryable: false } });
  expect(body).toMatchObject({ rows: expect.any(Number), max_rows: 6_000 });
});

it('gives a repeated request its job, however many orders there are by now', async () => {
  const generous = await TestApp.start({ ROLE: 'api', REPORT_MAX_ROWS: '2000000' }, app);
  const repeated = { headers: { 'Idempotency-Key': 'before-it-grew' }, body: WITH_ITEMS };
  const { body: accepted } = await generous.call('POST', '/v1/orders/reports', repeated);
  await generous.stop();
  expect(await app.call('POST', '/v1/orders/reports', repeated)).toMatchObject({
    status: 202,
    body: { id: accepted.id },
  });
});

it('looks at a generic submission as at the operation itself', async () => {
  const submit = (parameters: object) =>
    app.call('POST', '/v1/jobs', { body: { type: 'orders.report', parameters } });
  expect(await submit(WITH_ITEMS)).toMatchObject({ status: 422, body: { code: 'too_many_rows' } });
  expect(await deadlineSeconds((await submit(YEARS)).body.id)).toBeGreaterThan(900);
});

it('gives a long report a later deadline than a short one', async () => {
  const long = await app.call('POST', '/v1/orders/reports', { body: YEARS });
  const short = await app.call('POST', '/v1/orders/reports', {
    body: { start_date: '1990-01-01', end_date: '1990-02-01' },
  });
  const [{ orders }] = await app.dataSource.query('SELECT count(*)::int AS orders FROM orders');
  expect(await deadlineSeconds(short.body.id)).toBeCloseTo(900, 3);
  expect(await deadlineSeconds(long.body.id)).toBeCloseTo(900 + Math.ceil(orders / 200), 3);
});

it('refuses a report as soon as those that are counted are too many, and invents no number', async () => {
  await addOrders(2035, 20_000);
  await app.dataSource.query('ANALYZE orders');
  const period = { start_date: '2035-01-01', end_date: '2036-01-01' };
  for (const body of [period, { ...period, accessible: true }]) {
    const refused = await app.call('POST', '/v1/orders/reports', { body });
    expect(refused).toMatchObject({
      status: 422,
      body: { code: 'too_many_rows', rows: 10_000, max_rows: 6_000 },
    });
    expect(refused.body.detail).toMatch(/has at least 10000 rows/);
  }
});

it('gives more than 10,000 orders a deadline by the statistics of the table', async () => {
  const generous = await TestApp.start({ ROLE: 'api', REPORT_MAX_ROWS: '2000000' }, app);
  await addOrders(2033, 40_000);
  await app.dataSource.query('ANALYZE orders');
  const body = { start_date: '2033-01-01', end_date: '2034-01-01' };
  const accepted = await generous.call('POST', '/v1/orders/reports', { body });
  const seconds = await deadlineSeconds(accepted.body.id);
  await generous.stop();
  // 40,000 orders are 200 seconds; statistics are not counts, but near them.
  expect(seconds).toBeGreaterThan(900 + 120);
  expect(seconds).toBeLessThan(900 + 300);
});
