import { execFileSync } from 'node:child_process';
import { waitFor } from '../support/services';
import { TestApp } from '../support/test-app';

/** The main processes of the browsers that this process started. */
const browserPids = (): number[] =>
  execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => /headless_shell|chrom/i.test(line))
    .map((line) => Number.parseInt(line, 10));

let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start({ SAMPLE_DATA: 'true', RENDER_CONCURRENCY: '1' });
});

afterAll(() => app.stop());

it('finishes a report whose browser was killed half-way, at the same attempt', async () => {
  const { body } = await app.call('POST', '/v1/orders/reports', {
    body: { start_date: '2014-01-01', end_date: '2018-01-01', include_items: true },
  });
  await waitFor(
    async () => {
      const job = (await app.call('GET', `/v1/jobs/${body.id}`)).body;
      return job.progress > 15 && job.steps[1].status === 'IN_PROGRESS' && browserPids().length > 0;
    },
    { what: 'the rendering to begin', everyMs: 10 },
  );
  for (const pid of browserPids()) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // One of an earlier test that had just ended.
    }
  }

  const done = await app.polled(`/v1/orders/reports/status/${body.id}`);
  expect(done.status).toBe(303);
  const job = (await app.call('GET', `/v1/jobs/${body.id}`)).body;
  expect(job).toMatchObject({ status: 'COMPLETED', attempt: 1, error: null });
  const { headers, body: pdf } = await app.call('GET', `/v1/orders/reports/${body.id}`);
  expect(headers.get('etag')).toBe(`"${job.result.artifact.sha256}"`);
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
});
