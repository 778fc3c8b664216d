import type { ReportBrand } from '../../brands/report-brand';
import type { GroupBy } from '../../orders/order-arrangement';
import type { OrderColumn } from '../../orders/order-columns';
import type { OrderFilter } from '../../orders/order-filter';
import type { OrderSummary } from '../../orders/order-summary';
import type { ReportedGroup } from '../../orders/reported-group';
import type { ReportedOrder } from '../../orders/reported-order';
import type { Paper } from './paper';

/** What a report shows. Amounts are exact decimal strings with the digits of their currency ("1234.50"), never floats. */
export interface ReportDocument {
  title: string;
  clientName: string;
  /** First day, YYYY-MM-DD; `null`, with `endDate`: of all days. */
  startDate: string | null;
  /** First day that is not included, YYYY-MM-DD. */
  endDate: string | null;
  /** Whether it shows only what changed. */
  isDelta: boolean;
  /** What of the period's orders is shown. */
  filter: Omit<OrderFilter, 'startDate' | 'endDate' | 'timeZone'>;
  /** In their order. */
  columns: readonly OrderColumn[];
  /** Columns, with a `-` before for descending; none: by time, then number. */
  sort: readonly string[];
  groupBy: GroupBy | null;
  paper: Paper;
  /** What it is dressed in; `null` for a plain one. */
  brand: ReportBrand | null;
  /** BCP 47. Drives words, numbers, dates and direction. */
  locale: string;
  /** Texts of one's own, by message key. */
  labels: Record<string, string>;
  /** IANA name. */
  timeZone: string;
  includeItems: boolean;
  /** Tagged at any length, which takes long: the caller holds a bound. */
  accessible: boolean;
  generatedAt: Date;
  /** The cursor of its snapshot. */
  asOf: string;
  summary: OrderSummary;
  /** Batches of any size, in the order of the groups, then as sorted, removed ones last; read once, and only as fast as it prints. */
  orders: () => AsyncIterable<ReportedOrder[]>;
  /** In the same order, from the first on each time; none where nothing is grouped. */
  groups: () => AsyncIterable<ReportedGroup[]>;
}

export interface RenderedReport {
  pages: number;
  /** The PDF, printed only as fast as it is read. */
  file: AsyncGenerator<Buffer>;
}
