import type { ReportBrand } from '../../brands/report-brand';
import type { OrderSnapshot } from '../../orders/order-report-queries';
import type { ReportFormat } from './report-format';
import type { OrdersReportParameters } from './report-parameters';
import type { SalesTally } from './sales-tally';

/** What every format of a report is written from. */
export interface Report {
  parameters: OrdersReportParameters;
  /** Its orders are there to be read once, since all formats share one reading. */
  snapshot: OrderSnapshot;
  /** Whether it shows only what changed. */
  isDelta: boolean;
  /** Whether small reports have priority before it. */
  isLarge: boolean;
  generatedAt: Date;
  /** What its pages are dressed in. */
  brand: ReportBrand | null;
  /** The client whose report it is. */
  owner: string;
}

export interface WriteOptions {
  /** Stops the work at once. */
  signal: AbortSignal;
  /** Called again and again, from 0 to 1. */
  onProgress: (fraction: number) => void;
  /** Gets each order where its row is written. */
  tally: SalesTally;
}

export interface WrittenReport {
  /** Of a format that has pages. */
  pages: number | null;
  /** The file, made only as fast as it is read. */
  content: AsyncIterable<Buffer>;
}

/** Writes reports in one format. What it throws, or its content, is the failure of the attempt. */
export interface ReportWriter {
  readonly format: ReportFormat;
  write(report: Report, options: WriteOptions): WrittenReport | Promise<WrittenReport>;
}
