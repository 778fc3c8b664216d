/** What a report shows. Amounts are exact decimal strings ("1234.5678"), never floats. */

export interface ReportLine {
  sku: string;
  description: string;
  quantity: string;
  unitPrice: string;
  total: string;
}

export interface ReportOrder {
  id: string;
  number: string;
  orderedAt: Date;
  customerName: string;
  status: string;
  /** ISO 4217. */
  currency: string;
  total: string;
  /** Not read unless the document includes items. */
  lines: ReportLine[];
}

export interface ReportTotal {
  status: string;
  currency: string;
  orders: number;
  total: string;
}

export interface ReportSeriesPoint {
  /** First day of the period, YYYY-MM-DD; weeks start on Monday. */
  periodStart: string;
  currency: string;
  total: string;
  orders: number;
}

export interface ReportSummary {
  orders: number;
  /** Lines of all the orders; they decide the number of pages when items are included. */
  lines: number;
  totals: ReportTotal[];
  /** Periods without orders may be left out. */
  series: ReportSeriesPoint[];
  seriesUnit: 'day' | 'week' | 'month';
}

export interface ReportDocument {
  title: string;
  clientName: string;
  /** First day, YYYY-MM-DD. */
  startDate: string;
  /** First day that is not included, YYYY-MM-DD. */
  endDate: string;
  /** Only these order statuses; null means all. */
  statuses: string[] | null;
  /** BCP 47. Drives numbers, dates, language and direction. */
  locale: string;
  /** IANA name. */
  timeZone: string;
  includeItems: boolean;
  /** Tagged at any length, which takes long: the caller holds a bound. */
  accessible: boolean;
  generatedAt: Date;
  summary: ReportSummary;
  /** Batches of any size, sorted by `orderedAt`, then `number`; read once, and only as fast as it prints. */
  orders: AsyncIterable<ReportOrder[]>;
}

export interface RenderedReport {
  pages: number;
  /** The PDF, printed only as fast as it is read. */
  file: AsyncGenerator<Buffer>;
}
