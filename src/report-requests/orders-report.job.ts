import { Scope } from '../clients/scope';
import type { Client } from '../clients/client';
import { defineJobType, jobInput } from '../jobs/job-type';
import type { CurrencyTotal } from '../orders/order-summary';
import { ReportFormat, ReportMediaType } from './report-format';
import { ReportParameters } from './report-request.dto';

/** What the report handler needs to know: the validated request, with its defaults filled in. */
export interface OrdersReportParameters {
  startDate: string;
  /** The first day not included. */
  endDate: string;
  statuses: string[] | null;
  includeItems: boolean;
  locale: string;
  timeZone: string;
  title: string;
  clientName: string;
  format: ReportFormat;
  /** Tagged for readers' software, however long that takes; only for PDF. */
  accessible: boolean;
}

export interface ReportArtifact {
  sha256: string;
  bytes: number;
  /** `null` for CSV, which has none. */
  pages: number | null;
  media_type: ReportMediaType;
}

export interface OrdersReportResult {
  artifact: ReportArtifact;
  orders: number;
  /** By currency; with the digits that are in the file. */
  totals: CurrencyTotal[];
}

/** The validated request with its defaults. */
export const toReportParameters = (request: ReportParameters, client: Client): OrdersReportParameters => ({
  startDate: request.start_date,
  endDate: request.end_date,
  statuses: request.status ?? null,
  includeItems: request.include_items ?? false,
  locale: request.locale ?? 'en-US',
  timeZone: request.time_zone ?? 'UTC',
  title: request.title ?? 'Order report',
  clientName: client.name,
  format: request.format ?? ReportFormat.Pdf,
  accessible: request.accessible ?? false,
});

export const ORDERS_REPORT = defineJobType<OrdersReportParameters, OrdersReportResult>({
  name: 'orders.report',
  steps: ['query', 'render', 'store'],
  scope: Scope.Reports,
  usesStore: true,
  keepsArtifact: true,
  input: jobInput(ReportParameters, toReportParameters),
  resource: {
    rel: 'reports',
    path: '/v1/orders/reports/{id}',
    statusPath: '/v1/orders/reports/status/{id}',
  },
});

/** Where the store has the file that an attempt made: the fencing token is in the name, so none overwrites another's. */
export const reportKey = (jobId: string, attempt: number): string => `${jobId}/${attempt}`;
