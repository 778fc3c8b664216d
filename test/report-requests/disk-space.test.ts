import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArtifactStore } from '../../src/artifacts/artifact-store';
import type { JobContext } from '../../src/jobs/job-handler';
import type { OrderSnapshot } from '../../src/orders/order-report-queries';
import type { OrdersReportParameters } from '../../src/report-requests/orders-report.job';
import { PdfReportWriter } from '../../src/report-requests/pdf-report.writer';
import type { ReportFiles } from '../../src/report-requests/report-files.service';
import { requireFreeSpace } from '../../src/report-requests/rendering/disk-space';
import type { ReportRenderer } from '../../src/report-requests/rendering/report-renderer';

const MORE_THAN_ANY_DISK = 1e18;

it('asks the file system of the folder itself', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'order-reports-test-'));
  await expect(requireFreeSpace(folder, 1)).resolves.toBeUndefined();
  await expect(requireFreeSpace(folder, MORE_THAN_ANY_DISK)).rejects.toThrow(
    /bytes free, and 1\d{18} may be needed/,
  );
  await rm(folder, { recursive: true });
});

it('ends a report that has no room before anything is read or printed, so that it is tried again', async () => {
  const untouched = (): never => {
    throw new Error('It went on without room.');
  };
  const writer = new PdfReportWriter(
    { render: untouched } as unknown as ReportRenderer,
    { put: untouched } as unknown as ArtifactStore,
    { note: untouched } as unknown as ReportFiles,
  );
  const before = (await readdir(tmpdir())).filter((name) => name.startsWith('order-reports-report-'));
  const context = { step: untouched } as unknown as JobContext<OrdersReportParameters>;
  const snapshot = { orders: untouched } as unknown as OrderSnapshot;
  const written = writer.write(context, snapshot, MORE_THAN_ANY_DISK / 100);
  await expect(written).rejects.toMatchObject({ name: 'DiskFullError' });
  const after = (await readdir(tmpdir())).filter((name) => name.startsWith('order-reports-report-'));
  // Others may go at any time: an earlier report's, or another process's.
  expect(after.filter((name) => !before.includes(name))).toEqual([]);
});
