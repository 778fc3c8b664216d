import { Scope } from '../clients/scope';
import type { Client } from '../clients/client';
import { defineJobType, jobInput } from '../jobs/job-type';
import { ALL_DAYS } from '../orders/order-period';
import type { ReportFilter } from '../orders/order-report-queries';
import type { CurrencyTotal } from '../orders/order-summary';
import { ReportFormat, ReportMediaType } from './report-format';
import { ReportParameters } from './report-request.dto';

/** What the report handler needs to know: the validated request, with its defaults filled in. */
export interface OrdersReportParameters {
  /** `null`, with `endDate`: of all days, of a delta. */
  startDate: string | null;
  /** The first day not included. */
  endDate: string | null;
  /** A cursor of the feed of changes: only what changed after it. Not in jobs of before there were deltas. */
  changedSince?: string | null;
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
  /** In a delta those that are there. */
  orders: number;
  /** In a delta those that are gone, or no longer among what was asked for; elsewhere 0. */
  removed: number;
  /** The cursor of the snapshot: what came later is read with it as `changed_since`, or as `after` of the changes. */
  as_of: string;
  /** By currency; with the digits that are in the file. */
  totals: CurrencyTotal[];
}

/** Which orders a report is of. */
export const filterOf = (parameters: OrdersReportParameters): ReportFilter => ({
  ...ALL_DAYS,
  ...(parameters.startDate !== null &&
    parameters.endDate !== null && { startDate: parameters.startDate, endDate: parameters.endDate }),
  timeZone: parameters.timeZone,
  statuses: parameters.statuses,
  includeItems: parameters.includeItems,
  changedSince: parameters.changedSince ?? null,
});

/** The validated request with its defaults. */
export const toReportParameters = (request: ReportParameters, client: Client): OrdersReportParameters => ({
  startDate: request.start_date ?? null,
  endDate: request.end_date ?? null,
  changedSince: request.changed_since ?? null,
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
