import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { waitFor } from '../support/services';
import { TestApp } from '../support/test-app';

const run = promisify(execFile);

/** The main processes of the browsers that this process started. */
async function browserPids(): Promise<number[]> {
  const { stdout } = await run('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)]).catch(() => ({
    stdout: '',
  }));
  return stdout
    .split('\n')
    .filter((line) => /headless_shell|chrom/i.test(line))
    .map((line) => Number.parseInt(line, 10));
}

let app: TestApp;

beforeAll(async () => {
  // Neighbours need a browser that nobody kills.
  app = await TestApp.start({ SAMPLE_DATA: 'true', RENDER_CONCURRENCY: '2' });
});

afterAll(() => app.stop());

const stateOf = async (id: string): Promise<string> => {
  const rows = await app.dataSource.query<{ state: string }[]>('SELECT state FROM job WHERE id = $1', [id]);
  return rows[0]!.state;
};

/** Whenever this job is worked on, no browser of the worker lives long: as if its document killed them. */
async function killBrowsersOf(id: string): Promise<void> {
  for (
    let state = await stateOf(id);
    state === 'PENDING' || state === 'IN_PROGRESS';
    state = await stateOf(id)
  ) {
    if (state === 'IN_PROGRESS') {
      for (const pid of await browserPids()) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It had just ended.
        }
      }
    }
    await sleep(10);
  }
}

it('ends a report that kills its browser every time as poison, while 50 neighbours complete', async () => {
  const poison = await app.call('POST', '/v1/orders/reports', {
    body: { start_date: '2014-01-01', end_date: '2018-01-01', include_items: true },
  });
  const neighbours = await Promise.all(
    Array.from({ length: 50 }, () =>
      app.call('POST', '/v1/orders/reports', { body: { start_date: '2016-01-01', end_date: '2016-01-08' } }),
    ),
  );
  await killBrowsersOf(poison.body.id);

  const failed = await app.call('GET', `/v1/orders/reports/status/${poison.body.id}`);
  expect(failed).toMatchObject({
    status: 500,
    body: { code: 'poison', job: { status: 'FAILED', attempt: 3 } },
  });
  for (const { body } of neighbours) {
    const job = await waitFor(
      async () => {
        const { body: view } = await app.call('GET', `/v1/jobs/${body.id}`);
        return ['COMPLETED', 'FAILED'].includes(view.status) && view;
      },
      { what: `neighbour ${body.id} to end`, timeoutMs: 120_000 },
    );
    expect(job.status).toBe('COMPLETED');
  }
  // A browser killed while it starts is given up only after half a minute.
}, 480_000);
