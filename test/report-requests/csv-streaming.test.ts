import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { FileArtifactStore } from '../../src/artifacts/file-artifact-store';
import { CsvReportWriter } from '../../src/report-requests/csv-report.writer';
import type { ReportFilesService } from '../../src/report-requests/report-files.service';
import { waitFor } from '../support/services';

type Context = Parameters<CsvReportWriter['write']>[0];
type Snapshot = Parameters<CsvReportWriter['write']>[1];

const LONG_NAME = 'x'.repeat(200);
const BATCHES = 40;
const PER_BATCH = 300;

function batch(from: number): object[] {
  return Array.from({ length: PER_BATCH }, (_, index) => ({
    number: `N-${from + index}`,
    orderedAt: new Date(0),
    customerName: LONG_NAME,
    status: 'COMPLETED',
    currency: 'USD',
    total: '1.00',
    lines: [],
  }));
}

it('has a CSV in the store as far as its orders are read', async () => {
  const root = await mkdtemp(join(tmpdir(), 'order-reports-test-'));
  const stored = async (): Promise<number> => {
    const names = await readdir(root, { recursive: true });
    const sizes = await Promise.all(names.map((name) => stat(join(root, name))));
    return sizes.filter((each) => each.isFile()).reduce((sum, { size }) => sum + size, 0);
  };
  const store = new FileArtifactStore(root);
  const files = {
    put: (_context: Context, source: Readable) => store.put('job/1', source),
  } as unknown as ReportFilesService;
  const context = {
    jobId: 'job',
    attempt: 1,
    parameters: { includeItems: false },
    signal: new AbortController().signal,
    step: () => undefined,
    progress: () => undefined,
  } as unknown as Context;
  const orders = async function* (): AsyncGenerator<object[]> {
    for (let count = 0; count < BATCHES; count += 1) {
      // The last one is not there before most of those before it are in the file.
      if (count === BATCHES - 1) {
        const enough = (BATCHES / 4) * PER_BATCH * LONG_NAME.length;
        await waitFor(async () => (await stored()) > enough, { what: 'the store has what was read' });
      }
      yield batch(count * PER_BATCH);
    }
  };
  const snapshot = { summary: { orders: BATCHES * PER_BATCH }, orders } as unknown as Snapshot;
  try {
    const { bytes } = await new CsvReportWriter(files).write(context, snapshot);
    expect(bytes).toBe(await stored());
    expect(bytes).toBeGreaterThan(BATCHES * PER_BATCH * LONG_NAME.length);
  } finally {
    await rm(root, { recursive: true });
  }
});
