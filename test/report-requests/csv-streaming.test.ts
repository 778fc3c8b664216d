import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { FileArtifactStore } from '../../src/artifacts/file-artifact-store';
import { CsvReportWriter } from '../../src/report-requests/formats/csv/csv-report.writer';
import { ReportFormat } from '../../src/report-requests/formats/report-format';
import type { Report } from '../../src/report-requests/formats/report-writer';
import { SalesTally } from '../../src/report-requests/formats/sales-tally';
import { parametersOf } from '../../src/report-requests/orders-report.job';
import { waitFor } from '../support/services';

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
    subtotal: '1.00',
    discountTotal: '0.00',
    shippingTotal: '0.00',
    taxTotal: '0.00',
    adjustmentTotal: '0.00',
    total: '1.00',
    refundedTotal: '0.00',
    netTotal: '1.00',
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
  const summary = { orders: BATCHES * PER_BATCH, removed: 0 };
  const report = {
    parameters: parametersOf({ formats: [ReportFormat.Csv] }),
    snapshot: { summary, orders },
    isDelta: false,
  } as unknown as Report;
  const signal = new AbortController().signal;
  try {
    const { content } = new CsvReportWriter().write(report, {
      signal,
      onProgress: () => undefined,
      tally: new SalesTally(),
    });
    const { bytes } = await store.put('job/1', Readable.from(content));
    expect(bytes).toBe(await stored());
    expect(bytes).toBeGreaterThan(BATCHES * PER_BATCH * LONG_NAME.length);
  } finally {
    await rm(root, { recursive: true });
  }
});
