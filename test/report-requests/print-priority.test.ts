import type { ArtifactStore } from '../../src/artifacts/artifact-store';
import type { JobContext } from '../../src/jobs/job-type';
import type { OrderReportQueries, OrderSnapshot } from '../../src/orders/order-report-queries';
import type { CsvReportWriter } from '../../src/report-requests/csv-report.writer';
import { OrdersReportHandler } from '../../src/report-requests/orders-report.handler';
import type { OrdersReportParameters } from '../../src/report-requests/orders-report.job';
import type { PdfReportWriter } from '../../src/report-requests/pdf-report.writer';
import { PrintPriority } from '../../src/report-requests/rendering/print-priority';
import type { ReportLimitsService } from '../../src/report-requests/report-limits.service';

const BATCHES = 3;

describe.each(['pdf', 'csv'])('a %s', (format) => {
  let priority: PrintPriority;
  let read: number;
  let isLarge: boolean | undefined;
  let stored: () => void;

  /** The handler, whose writers read all orders and then wait until the store has them. */
  function report(orders: number): Promise<unknown> {
    const snapshot = {
      summary: { orders, lines: 0 },
      orders: async function* () {
        for (let batch = 0; batch < BATCHES; batch += 1) yield await Promise.resolve([]);
      },
    } as unknown as OrderSnapshot;
    const write = async (_context: unknown, from: OrderSnapshot, large?: boolean) => {
      isLarge = large;
      for await (const batch of from.orders()) read += 1 + batch.length;
      await new Promise<void>((resolve) => (stored = resolve));
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
      { write } as unknown as PdfReportWriter,
      { write } as unknown as CsvReportWriter,
      priority,
    );
    const context = { parameters: { format }, step: nothing, size: nothing, progress: nothing };
    return handler.run(context as unknown as JobContext<OrdersReportParameters>);
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
    if (format === 'pdf') expect(isLarge).toBe(true);
  });

  it('of 1,000 rows reads at once, whatever else is under way', async () => {
    void priority.run(() => new Promise<void>(() => undefined));
    void report(1_000);
    await pass(0);
    expect(read).toBe(BATCHES);
    if (format === 'pdf') expect(isLarge).toBe(false);
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
