/** What a report shows. Amounts are exact decimal strings with the digits of their currency ("1234.50"), never floats. */

export interface ReportLine {
  sku: string;
  description: string;
  quantity: string;
  /** With as many digits as it needs. */
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
  discountTotal: string;
  shippingTotal: string;
  taxTotal: string;
  /** Whether the prices contain the tax, so that it is not a part of the total besides. */
  taxIncluded: boolean;
  adjustmentTotal: string;
  /** The lines, less the discount, and shipping, tax and adjustment. */
  total: string;
  refundedTotal: string;
  /** Not read unless the document includes items. */
  lines: ReportLine[];
  /** In a delta: `removed` orders have their number alone. */
  change?: 'updated' | 'removed' | null;
}

/** What some orders of one currency come to: gross - cancelled - refunded = net. */
export interface ReportFigures {
  currency: string;
  orders: number;
  gross: string;
  cancelled: string;
  refunded: string;
  net: string;
}

export interface ReportStatusTotal extends ReportFigures {
  status: string;
}

export interface ReportSeriesPoint extends ReportFigures {
  /** First day of the period, YYYY-MM-DD; weeks start on Monday. */
  periodStart: string;
}

export interface ReportSummary {
  orders: number;
  /** Lines of all the orders; with `extras` they decide the number of pages when items are included. */
  lines: number;
  /** Discounts, shipping, taxes, adjustments and refunds of all the orders that are not 0. */
  extras: number;
  /** Of a delta: orders that are gone, or no longer among those that were asked for. */
  removed: number;
  /** One for each currency that occurs. */
  totals: ReportFigures[];
  byStatus: ReportStatusTotal[];
  /** Periods without orders may be left out. */
  series: ReportSeriesPoint[];
  seriesUnit: 'day' | 'week' | 'month';
}

export interface ReportDocument {
  title: string;
  clientName: string;
  /** First day, YYYY-MM-DD; `null`, with `endDate`: of all days. */
  startDate: string | null;
  /** First day that is not included, YYYY-MM-DD. */
  endDate: string | null;
  /** Whether it shows only what changed. */
  isDelta?: boolean;
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
  /** Batches of any size, sorted by `orderedAt`, then `number`, removed ones last; read once, and only as fast as it prints. */
  orders: AsyncIterable<ReportOrder[]>;
}

export interface RenderedReport {
  pages: number;
  /** The PDF, printed only as fast as it is read. */
  file: AsyncGenerator<Buffer>;
}
