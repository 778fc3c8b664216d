import { waitFor } from '../support/services';
import { TestApp } from '../support/test-app';

/** Far more than a pool of any usual size has connections. */
const AT_ONCE = 60;
const DAY = { start_date: '2014-01-01', end_date: '2014-02-01' };
let api: TestApp;
let worker: TestApp | undefined;

beforeAll(async () => {
  api = await TestApp.start({ ROLE: 'api', SAMPLE_DATA: 'true' });
});

afterAll(async () => {
  await api.stop();
});
afterEach(async () => {
  await worker?.stop();
  worker = undefined;
});

const submitted = async (count: number, body: object): Promise<string[]> => {
  const all = await Promise.all(
    Array.from({ length: count }, () => api.call('POST', '/v1/orders/reports', { body })),
  );
  expect(all.map(({ status }) => status)).toEqual(all.map(() => 202));
  return all.map(({ body }) => String(body.id));
};
/** One that got no connection in time would have failed, and have been tried again. */
const expectFirstAttempts = async (ids: string[]): Promise<void> => {
  for (const id of ids) expect((await api.polled(`/v1/orders/reports/status/${id}`)).status).toBe(303);
  const sql = 'SELECT max(attempt) AS attempts FROM job WHERE id = ANY($1)';
  expect(await api.dataSource.query(sql, [ids])).toEqual([{ attempts: 1 }]);
};

it('reports never wait for each other to give a connection to the database back', async () => {
  const ids = await submitted(AT_ONCE, DAY);
  const variables = { ROLE: 'worker', RENDER_CONCURRENCY: '1', JOB_CONCURRENCY: String(AT_ONCE) };
  worker = await TestApp.start(variables, api);
  await expectFirstAttempts(ids);
});

it('large reports in all slots leave connections for what else a worker does', async () => {
  const ids = await submitted(8, { ...DAY, include_items: true });
  const blocker = api.dataSource.createQueryRunner();
  await blocker.startTransaction();
  try {
    // Their reading waits, and so do their sums.
    await blocker.query('LOCK TABLE orders IN ACCESS EXCLUSIVE MODE');
    // As many slots as it gives itself in this pool.
    const variables = { RENDER_CONCURRENCY: '8', JOB_CONCURRENCY: '', DATABASE_POOL_SIZE: '12' };
    worker = await TestApp.start({ ROLE: 'worker', ...variables }, api);
    const waiting = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
    const held = worker.config.jobConcurrency + 4;
    await waitFor(async () => (await api.dataSource.query<unknown[]>(waiting)).length === held, {
      what: 'the reports to hold their connections',
    });
    expect(await worker.dataSource.query('SELECT 1 AS answer')).toEqual([{ answer: 1 }]);
  } finally {
    await blocker.rollbackTransaction();
    await blocker.release();
  }
  await expectFirstAttempts(ids);
});
