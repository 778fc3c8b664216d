import type { GroupBy } from '../../orders/order-arrangement';
import { ORDER_COLUMNS, type OrderColumn } from '../../orders/order-columns';
import type { OrderFilter } from '../../orders/order-filter';
import type { Paper } from '../rendering/paper';
import { ReportFormat } from './report-format';

/** How a report's CSV is written. */
export interface CsvOptions {
  delimiter: ',' | ';' | '\t' | '|';
  decimalSeparator: '.' | ',';
  /** `utc` in ISO 8601; `local` in the report's time zone, in the form that spreadsheets read. */
  times: 'utc' | 'local';
  /** The columns' names, which programs read and the import too; or their labels in the report's language. */
  headings: 'names' | 'labels';
}

/** What a report is to show, and how: the validated request, with its defaults filled in. */
export interface OrdersReportParameters {
  /** `null`, with `endDate`: of all days, of a delta. */
  startDate: string | null;
  /** The first day not included. */
  endDate: string | null;
  /** A cursor of the feed of changes: only what changed after it. */
  changedSince: string | null;
  filter: Omit<OrderFilter, 'startDate' | 'endDate' | 'timeZone'>;
  /** `null`: those that are usual for a format. */
  columns: OrderColumn[] | null;
  /** Columns, with a `-` before for descending; empty: by time and number. */
  sort: string[];
  groupBy: GroupBy | null;
  includeItems: boolean;
  /** At least one, each once. */
  formats: ReportFormat[];
  /** BCP 47. */
  locale: string;
  /** IANA name. */
  timeZone: string;
  /** Of the PDF. */
  paper: Paper;
  /** Texts of the caller's own, by message key. */
  labels: Record<string, string>;
  csv: CsvOptions;
  title: string;
  clientName: string;
  /** Tagged for readers' software, however long that takes; only for PDF. */
  accessible: boolean;
}

const PRINTED_COLUMNS: OrderColumn[] = ['ordered_at', 'number', 'customer_name', 'status', 'total'];

/** Those that were chosen, else those that are usual for the format. */
export const columnsOf = (
  { columns }: Pick<OrdersReportParameters, 'columns'>,
  format: ReportFormat,
): readonly OrderColumn[] => columns ?? (format === ReportFormat.Pdf ? PRINTED_COLUMNS : ORDER_COLUMNS);
