import type { BrandsService } from '../../src/brands/brands.service';
import type { ArtifactStore } from '../../src/artifacts/artifact-store';
import type { JobContext } from '../../src/jobs/job-type';
import type { OrderReportQueries, OrderSnapshot } from '../../src/orders/order-report-queries';
import { ReportFormat } from '../../src/report-requests/formats/report-format';
import type { Report, ReportWriter } from '../../src/report-requests/formats/report-writer';
import { OrdersReportHandler } from '../../src/report-requests/orders-report.handler';
import type { StoredReportParameters } from '../../src/report-requests/orders-report.job';
import { PrintPriority } from '../../src/report-requests/rendering/print-priority';
import type { ReportFilesService } from '../../src/report-requests/report-files.service';
import type { ReportLimitsService } from '../../src/report-requests/report-limits.service';

const BATCHES = 3;

describe.each([ReportFormat.Pdf, ReportFormat.Csv])('a %s', (format) => {
  let priority: PrintPriority;
  let read: number;
  let isLarge: boolean | undefined;
  let stored: () => void;

  /** The handler, whose writer reads all orders, and a store that then waits until it has them. */
  function report(orders: number): Promise<unknown> {
    const snapshot = {
      summary: { orders, lines: 0, removed: 0, totals: [] },
      orders: async function* () {
        for (let batch = 0; batch < BATCHES; batch += 1) yield await Promise.resolve([]);
      },
    } as unknown as OrderSnapshot;
    const writer: ReportWriter = {
      format,
      write: (report: Report) => {
        isLarge = report.isLarge;
        const content = async function* (): AsyncGenerator<Buffer> {
          for await (const batch of report.snapshot.orders()) {
            read += 1 + batch.length;
            yield Buffer.from('x');
          }
        };
        return { pages: null, content: content() };
      },
    };
    const put = async (_context: unknown, _format: unknown, source: AsyncIterable<Buffer>) => {
      const chunks = [];
      for await (const chunk of source) chunks.push(chunk);
      await new Promise<void>((resolve) => (stored = resolve));
      return { sha256: '', bytes: chunks.length };
    };
    const nothing = (): void => undefined;
    const handler = new OrdersReportHandler(
      {
        withSnapshot: (
          _client: string,
          _filter: object,
          _options: unknown,
          use: (of: OrderSnapshot) => unknown,
        ) => use(snapshot),
      } as unknown as OrderReportQueries,
      { check: nothing } as unknown as ReportLimitsService,
      { requireRoom: () => Promise.resolve() } as unknown as ArtifactStore,
      { note: () => Promise.resolve(), put } as unknown as ReportFilesService,
      [writer],
      priority,
      { of: () => Promise.resolve(null) } as unknown as BrandsService,
    );
    const { signal } = new AbortController();
    const context = { parameters: { format }, signal, step: nothing, size: nothing, progress: nothing };
    return handler.run(context as unknown as JobContext<StoredReportParameters>);
  }

  const pass = (milliseconds: number): Promise<void> => jest.advanceTimersByTimeAsync(milliseconds);

  beforeEach(() => {
    jest.useFakeTimers();
    priority = new PrintPriority();
    read = 0;
  });

  afterEach(() => jest.useRealTimers());

  it('of more than 1,000 rows reads on when no small one is under way', async () => {
    let end: () => void = () => undefined;
    void priority.run(() => new Promise<void>((resolve) => (end = resolve)));
    void report(1_001);
    await pass(90);
    expect(read).toBe(1);
    end();
    await pass(10);
    expect(read).toBe(BATCHES);
    expect(isLarge).toBe(true);
  });

  it('of 1,000 rows reads at once, whatever else is under way', async () => {
    void priority.run(() => new Promise<void>(() => undefined));
    void report(1_000);
    await pass(0);
    expect(read).toBe(BATCHES);
    expect(isLarge).toBe(false);
  });

  it('of 1,000 rows lets large ones wait until it is in the store', async () => {
    const done = report(1_000);
    await pass(0);
    let isFree = false;
    void priority.yield().then(() => (isFree = true));
    await pass(50);
    expect(isFree).toBe(false);
    stored();
    await done;
    await pass(10);
    expect(isFree).toBe(true);
  });

  it('of more rows lets nobody wait once they are counted', async () => {
    void report(1_001);
    await pass(10);
    let isFree = false;
    void priority.yield().then(() => (isFree = true));
    await pass(0);
    expect(isFree).toBe(true);
  });
});
