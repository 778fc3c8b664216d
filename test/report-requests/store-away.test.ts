import { Logger } from '@nestjs/common';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { JobTransitions } from '../../src/jobs/job-transitions';
import { RunningProcess } from '../support/running-process';
import { S3Proxy } from '../support/s3-proxy';
import { waitFor } from '../support/services';
import { TestApp } from '../support/test-app';

const PERIOD = { start_date: '2016-01-01', end_date: '2016-02-01', format: 'csv' };

let server: RunningProcess;
let proxy: S3Proxy;
let app: TestApp;

beforeAll(async () => {
  const folder = await mkdtemp(join(process.env['TEST_FILES_DIR'] ?? tmpdir(), 'order-reports-s3-'));
  server = await RunningProcess.start(process.execPath, [
    join(__dirname, '..', 'artifacts', 's3-server.mjs'),
    folder,
  ]);
  const [, listening] = await server.waitForOutput(/listening on (\d+)/);
  proxy = await S3Proxy.to(Number(listening));
  process.env['AWS_ACCESS_KEY_ID'] = 'S3RVER';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'S3RVER';
  app = await TestApp.start({
    STORAGE_URL: `s3://reports?region=us-east-1&endpoint=http://127.0.0.1:${proxy.port}`,
  });
});

afterAll(async () => {
  await app.stop();
  await proxy.close();
  await server.stop();
});

interface Row {
  state: string;
  attempt: number;
  failures: number;
  crashes: number;
  outages: number;
  overdue_by: number;
}

const rowsOf = (ids: string[], of = app): Promise<Row[]> =>
  of.app.get(DataSource).query(
    `SELECT state, attempt, failures, crashes, outages, extract(epoch FROM now() - deadline_at)::float8 AS overdue_by
     FROM job WHERE id = ANY($1)`,
    [ids],
  );

const submit = async (to = app): Promise<string> => {
  const answer = await to.call('POST', '/v1/orders/reports', { body: PERIOD });
  expect(answer.status).toBe(202);
  return answer.body.id;
};

const readiness = async (): Promise<unknown> => {
  const { status, body } = await app.call('GET', '/health/ready', { key: null });
  return { status, store: body.store };
};

it('that is away delays reports and fails none, however long they wait for it', async () => {
  const before = await submit();
  const status = `/v1/orders/reports/status/${before}`;
  expect((await app.polled(status)).status).toBe(303);
  await waitFor(async () => JSON.stringify(await readiness()) === '{"status":200,"store":"up"}', {
    what: 'the store',
  });
  const link = (await app.call('GET', `/v1/orders/reports/${before}/link`)).body.url as string;

  // It still answers who asks whether it is there, so that the first is tried and meets the outage; once that is known, no
  // other is begun.
  proxy.fault = 'denies access';
  const tried = await submit();
  await waitFor(async () => (await rowsOf([tried]))[0]!.outages > 0, {
    what: 'an attempt that meets the outage',
  });
  expect((await app.call('GET', `/v1/jobs/${tried}`)).body).toMatchObject({
    status: 'PENDING',
    error: { code: 'store_unavailable', retryable: true },
  });
  await waitFor(async () => JSON.stringify(await readiness()) === '{"status":200,"store":"down"}', {
    what: 'readiness',
  });
  proxy.fault = 'cuts connections';
  expect((await app.call('GET', '/metrics', { key: null })).body).toMatch(/^store_up 0$/m);

  const { pathname, search } = new URL(link);
  const csv = { body: 'order_number\n', headers: { 'Content-Type': 'text/csv' } };
  for (const [method, path, options] of [
    ['GET', `/v1/orders/reports/${before}`, {}],
    ['DELETE', `/v1/orders/reports/${before}`, {}],
    ['GET', pathname + search, { key: null }],
    ['POST', '/v1/orders/imports', csv],
  ] as const) {
    const answer = await app.call(method, path, options);
    expect({ path, status: answer.status, code: answer.body?.code }).toEqual({
      path,
      status: 503,
      code: 'store_unavailable',
    });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  }

  const untried = await Promise.all([submit(), submit(), submit()]);
  const all = [tried, ...untried];
  await app.app
    .get(DataSource)
    .query(`UPDATE job SET deadline_at = now() + interval '1 s' WHERE id = ANY($1)`, [untried]);
  await waitFor(async () => (await rowsOf(untried)).every(({ overdue_by }) => overdue_by > 6), {
    what: 'deadlines to pass, and everybody to see it',
  });
  expect(await rowsOf(untried)).toEqual(
    untried.map(() => expect.objectContaining({ state: 'PENDING', attempt: 0 }) as Row),
  );

  // Overdue still, but with more room than that one second once the outage is counted: the machine may be busy.
  await app.app
    .get(DataSource)
    .query(`UPDATE job SET deadline_at = now() - interval '1 s' WHERE id = ANY($1)`, [untried]);
  proxy.fault = undefined;
  await waitFor(async () => (await rowsOf(all)).every(({ state }) => state === 'COMPLETED'), {
    what: 'all of them',
    // An attempt that met the outage often enough is made again a minute later.
    timeoutMs: 150_000,
  });
  for (const row of await rowsOf(all)) expect(row).toMatchObject({ failures: 0, crashes: 0 });
  expect(await readiness()).toEqual({ status: 200, store: 'up' });
  expect((await app.call('GET', `/v1/orders/reports/${before}`)).status).toBe(200);
  expect((await app.call('DELETE', `/v1/orders/reports/${before}`)).status).toBe(204);
  expect((await app.call('GET', `/v1/orders/reports/${before}`)).status).toBe(410);
});

it('that is full is seen as that and not as away, until there is room', async () => {
  const lines: string[] = [];
  const collectors = (['error', 'log'] as const).map((level) =>
    jest.spyOn(Logger.prototype, level).mockImplementation((...[line]: unknown[]) => {
      lines.push(String(line));
    }),
  );
  const metric = async (name: string): Promise<number> => {
    const { body } = await app.call('GET', '/metrics', { key: null });
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(String(body))?.[1]);
  };
  try {
    const before = await submit();
    await waitFor(async () => (await rowsOf([before]))[0]!.state === 'COMPLETED', { what: 'a report' });
    const outages = await metric('store_outages_total');
    expect(await metric('store_full')).toBe(0);

    proxy.fault = 'is full';
    const jobs = [await submit(), await submit()];
    await waitFor(async () => (await rowsOf(jobs)).every((row) => row.outages > 0), {
      what: 'both to meet it',
    });
    for (const id of jobs)
      expect((await app.call('GET', `/v1/jobs/${id}`)).body.error).toMatchObject({ code: 'store_full' });
    await waitFor(() => proxy.refused.some((url) => url.includes('/probe/')), {
      what: 'a question that writes',
    });
    expect(await metric('store_full')).toBe(1);
    expect(await readiness()).toEqual({ status: 200, store: 'up' });
    expect((await app.call('GET', `/v1/orders/reports/${before}`)).status).toBe(200);

    proxy.fault = undefined;
    await waitFor(async () => (await metric('store_full')) === 0, { what: 'room to be seen' });
    expect(await metric('store_outages_total')).toBe(outages);
    expect(lines.filter((line) => line.startsWith('The store '))).toEqual([
      expect.stringMatching(/^The store is full: .*XMinioStorageFull/),
      expect.stringMatching(/^The store has room again after \d+ s\.$/),
    ]);
  } finally {
    proxy.fault = undefined;
    for (const collector of collectors) collector.mockRestore();
  }
});

it('that is away for a day fails a job, and says why', async () => {
  const dataSource = app.app.get(DataSource);
  const id = await submit();
  await waitFor(async () => (await rowsOf([id]))[0]!.state === 'COMPLETED', { what: 'a job' });
  await dataSource.query(
    `UPDATE job SET state = 'IN_PROGRESS', result = NULL, finished_at = NULL, lease_owner = 'test',
       lease_until = now() + interval '1 h', outage_seconds = 86390 WHERE id = $1`,
    [id],
  );
  await dataSource.query('DELETE FROM job_event WHERE job_id = $1 AND terminal', [id]);
  const failure = {
    code: 'store_unavailable',
    message: 'The store of files is not available for a moment.',
    retryable: true,
    step: 'store',
    attempt: 1,
    kind: 'unavailable' as const,
  };
  const lease = { jobId: id, attempt: (await rowsOf([id]))[0]!.attempt };
  expect(await app.app.get(JobTransitions).fail(lease, 'outage', failure, { seconds: 10 })).toBe('FAILED');
  const answer = await app.call('GET', `/v1/orders/reports/${id}`);
  expect(answer).toMatchObject({ status: 503, body: { code: 'store_unavailable' } });
});

it('that was never there delays reports as well, and fails none', async () => {
  proxy.fault = 'cuts connections';
  const fresh = await TestApp.start({ STORAGE_URL: app.config.storageUrl });
  try {
    const id = await submit(fresh);
    // As if it had waited for half a minute: its deadline moves on by all of it, which is enough for a slow machine to print.
    await fresh.dataSource.query(
      `UPDATE job SET created_at = now() - interval '30 s', deadline_at = now() + interval '1 s' WHERE id = $1`,
      [id],
    );
    await waitFor(
      async () => {
        const rows = await fresh.dataSource.query<unknown[]>(
          `UPDATE dependency SET seen_at = now() - interval '31 s' WHERE name = 'store' RETURNING name`,
        );
        return rows.flat().length > 0;
      },
      { what: 'the first look for the store' },
    );
    await waitFor(async () => (await rowsOf([id], fresh))[0]!.overdue_by > 7, {
      what: 'its deadline to pass',
    });
    expect(await rowsOf([id], fresh)).toMatchObject([{ state: 'PENDING', attempt: 0 }]);
    proxy.fault = undefined;
    await waitFor(async () => (await rowsOf([id], fresh))[0]!.state === 'COMPLETED', { what: 'the report' });
  } finally {
    proxy.fault = undefined;
    await fresh.stop();
  }
});
