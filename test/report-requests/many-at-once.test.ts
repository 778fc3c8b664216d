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
  await worker?.stop();
  await api.stop();
});

it('reports never wait for each other to give a connection to the database back', async () => {
  const all = await Promise.all(
    Array.from({ length: AT_ONCE }, () => api.call('POST', '/v1/orders/reports', { body: DAY })),
  );
  expect(all.map(({ status }) => status)).toEqual(all.map(() => 202));
  const variables = { ROLE: 'worker', RENDER_CONCURRENCY: '1', JOB_CONCURRENCY: String(AT_ONCE) };
  worker = await TestApp.start(variables, api);
  for (const { body } of all)
    expect((await api.polled(`/v1/orders/reports/status/${body.id}`)).status).toBe(303);
  // One that got no connection in time would have failed, and have been tried again.
  expect(await api.dataSource.query('SELECT max(attempt) AS attempts FROM job')).toEqual([{ attempts: 1 }]);
});
