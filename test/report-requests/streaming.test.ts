import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { FileArtifactStore } from '../../src/artifacts/file-artifact-store';
import { CsvReportWriter } from '../../src/report-requests/formats/csv/csv-report.writer';
import { NdjsonReportWriter } from '../../src/report-requests/formats/ndjson/ndjson-report.writer';
import type { ReportedOrder } from '../../src/orders/reported-order';
import { waitFor } from '../support/services';
import { reportFrom, writeOptions } from './file-content';

const LONG_NAME = 'x'.repeat(200);
const BATCHES = 40;
const PER_BATCH = 300;

function batch(from: number): ReportedOrder[] {
  return Array.from({ length: PER_BATCH }, (_, index) => ({
    id: '',
    number: `N-${from + index}`,
    orderedAt: new Date(0),
    customerName: LONG_NAME,
    customerReference: null,
    status: 'paid',
    currency: 'USD',
    lineCount: 1,
    subtotal: '1.00',
    discountTotal: '0.00',
    shippingTotal: '0.00',
    taxTotal: '0.00',
    taxIncluded: false,
    adjustmentTotal: '0.00',
    total: '1.00',
    refundedTotal: '0.00',
    netTotal: '1.00',
    lines: [],
  }));
}

it.each([
  ['CSV', new CsvReportWriter()],
  ['NDJSON', new NdjsonReportWriter()],
])('has %s in the store as far as its orders are read', async (_name, writer) => {
  const root = await mkdtemp(join(tmpdir(), 'order-reports-test-'));
  const stored = async (): Promise<number> => {
    const names = await readdir(root, { recursive: true });
    const sizes = await Promise.all(names.map((name) => stat(join(root, name))));
    return sizes.filter((each) => each.isFile()).reduce((sum, { size }) => sum + size, 0);
  };
  const orders = async function* (): AsyncGenerator<ReportedOrder[]> {
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
  try {
    const { content } = writer.write(reportFrom({ summary, orders }), writeOptions());
    const { bytes } = await new FileArtifactStore(root).put('job/1', Readable.from(content));
    expect(bytes).toBe(await stored());
    expect(bytes).toBeGreaterThan(BATCHES * PER_BATCH * LONG_NAME.length);
  } finally {
    await rm(root, { recursive: true });
  }
});
