import type { BrandsService } from '../../src/brands/brands.service';
import { Registry } from 'prom-client';
import {
  type ArtifactStore,
  StoreFullError,
  StoreUnavailableError,
} from '../../src/artifacts/artifact-store';
import { FileArtifactStore } from '../../src/artifacts/file-artifact-store';
import { StoreHealthService } from '../../src/jobs/store-health.service';
import type { JobContext } from '../../src/jobs/job-type';
import type { OrderReportQueries } from '../../src/orders/order-report-queries';
import { OrdersReportHandler } from '../../src/report-requests/orders-report.handler';
import type { StoredReportParameters } from '../../src/report-requests/orders-report.job';
import type { ReportFilesService } from '../../src/report-requests/report-files.service';
import { PrintPriority } from '../../src/report-requests/rendering/print-priority';
import type { ReportLimitsService } from '../../src/report-requests/report-limits.service';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '../support/services';

const MORE_THAN_ANY_DISK = 1e18;

it.each(['pdf', 'csv'])(
  'ends a %s that has no room before anything is read or printed, so that it is tried again',
  async (format) => {
    const untouched = (): never => {
      throw new Error('It went on without room.');
    };
    const folder = await mkdtemp(join(tmpdir(), 'order-reports-test-'));
    const store: ArtifactStore = new FileArtifactStore(join(folder, 'artifacts'));
    const summary = { orders: MORE_THAN_ANY_DISK / 100, lines: 0 };
    const read = (
      _client: string,
      _filter: object,
      { accept }: { accept: (of: typeof summary) => Promise<void> },
    ) => accept(summary).then(untouched);
    const handler = new OrdersReportHandler(
      { withSnapshot: read } as unknown as OrderReportQueries,
      { check: () => undefined } as unknown as ReportLimitsService,
      store,
      { note: untouched, put: untouched } as unknown as ReportFilesService,
      [],
      new PrintPriority(),
      { of: untouched } as unknown as BrandsService,
    );
    const nothing = (): void => undefined;
    const context = { parameters: { format }, step: nothing, size: nothing, progress: nothing };
    await expect(handler.run(context as unknown as JobContext<StoredReportParameters>)).rejects.toMatchObject(
      { name: 'StoreFullError', code: 'store_full' },
    );
    await rm(folder, { recursive: true });
  },
);

it('is said to be too little until there is as much as was needed, though small files are taken', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'order-reports-test-'));
  const registry = new Registry();
  const health = new StoreHealthService(new FileArtifactStore(folder), registry);
  const isFull = async (): Promise<number | undefined> =>
    (await registry.getSingleMetric('store_full')!.get()).values[0]?.value;
  expect(await isFull()).toBe(0);
  health.note(new StoreFullError({ neededBytes: MORE_THAN_ANY_DISK }));
  health.onApplicationBootstrap();
  try {
    await waitFor(() => health.isUp, { what: 'the first question' });
    expect(await isFull()).toBe(1);
    health.note(new StoreFullError({ neededBytes: 1 }));
    // Asks at once.
    health.note(new StoreUnavailableError());
    await waitFor(async () => (await isFull()) === 0, { what: 'room for a byte' });
  } finally {
    await health.onApplicationShutdown();
    await rm(folder, { recursive: true });
  }
});
