import { execFileSync } from 'node:child_process';
import { OrdersReportHandler } from '../../src/report-requests/orders-report.handler';
import { BrowserPool } from '../../src/report-requests/rendering/browser-pool';
import { waitFor } from '../support/services';
import { TestApp } from '../support/test-app';

/** The browsers that this process started and that still run. */
const browsers = (): string[] =>
  execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => /headless_shell|chrom/i.test(line))
    .map((line) => line.trim().split(' ')[0]!);

describe('roles', () => {
  it('api accepts and never starts a browser; worker renders and has no HTTP but for health', async () => {
    // Of tests that ran in this process before some may be ending still.
    const before = browsers();
    const ours = (): string[] => browsers().filter((pid) => !before.includes(pid));
    const api = await TestApp.start({ ROLE: 'api', SAMPLE_DATA: 'true' });
    expect(() => api.app.get(BrowserPool, { strict: false })).toThrow();
    expect(() => api.app.get(OrdersReportHandler, { strict: false })).toThrow();
    const accepted = await api.call('POST', '/v1/orders/reports', {
      body: { start_date: '2016-01-01', end_date: '2016-02-01' },
    });
    expect(accepted.status).toBe(202);
    expect(ours()).toEqual([]);

    const worker = await TestApp.start({ ROLE: 'worker', STORAGE_URL: api.config.storageUrl }, api);
    try {
      expect(worker.app.get(BrowserPool, { strict: false })).toBeInstanceOf(BrowserPool);
      for (const [method, path] of [
        ['POST', '/v1/orders/reports'],
        ['GET', '/v1/jobs'],
        ['GET', '/v1/orders'],
        ['GET', '/docs'],
        ['GET', '/openapi.json'],
      ] as const) {
        expect((await worker.call(method, path)).status).toBe(404);
      }
      expect((await worker.call('GET', '/health/live', { key: null })).body).toEqual({ status: 'up' });
      expect((await worker.call('GET', '/health/ready', { key: null })).body).toEqual({
        status: 'up',
        database: 'up',
        redis: 'up',
        store: 'up',
      });
      const done = await api.polled(`/v1/orders/reports/status/${accepted.body.id}`);
      expect(done.status).toBe(303);
      expect(ours().length).toBeGreaterThan(0);
    } finally {
      await worker.stop();
      await api.stop();
    }
    await waitFor(() => ours().length === 0, { what: 'the browsers to be gone' });
  });
});
