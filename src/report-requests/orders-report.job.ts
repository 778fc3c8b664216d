import { Scope } from '../clients/scope';
import type { Client } from '../clients/client';
import { defineJobType, jobInput } from '../jobs/job-type';
import { ANY_ORDER } from '../orders/order-filter';
import { ALL_DAYS } from '../orders/order-period';
import type { ReportQuery } from '../orders/order-report-queries';
import type { CurrencyTotal } from '../orders/order-summary';
import { toCsvOptions } from './csv-options.dto';
import { MEDIA_TYPES, ReportFormat, type ReportMediaType } from './formats/report-format';
import type { OrdersReportParameters } from './formats/report-parameters';
import { reportMessages } from './messages/report-messages';
import { paperOf } from './rendering/paper';
import { OrdersReportResultView } from './orders-report.view';
import { ReportParameters } from './report-request.dto';
import { formatsOf } from './report-rules';

export interface ReportArtifact {
  format: ReportFormat;
  media_type: ReportMediaType;
  bytes: number;
  sha256: string;
  /** Of data in the file; of a delta with those of orders that are gone. */
  rows: number;
  /** `null` for a format that has none. */
  pages: number | null;
}

export interface OrdersReportResult {
  /** The first of them. */
  artifact: ReportArtifact;
  /** In the order in which their formats were asked for. Not in results of before there were several. */
  artifacts?: ReportArtifact[];
  /** In a delta those that are there. */
  orders: number;
  /** In a delta those that are gone, or no longer among what was asked for; elsewhere 0. */
  removed: number;
  /** The cursor of the snapshot: what came later is read with it as `changed_since`, or as `after` of the changes. */
  as_of: string;
  /** By currency; with the digits that are in the files. */
  totals: CurrencyTotal[];
}

/** What jobs have that were accepted before a report had several formats. */
interface FormerParameters {
  statuses?: string[] | null;
  format?: ReportFormat;
}

export type StoredReportParameters = Partial<OrdersReportParameters> & FormerParameters;

/** Also of a job that was accepted by an older version. */
export function parametersOf(stored: StoredReportParameters): OrdersReportParameters {
  const { statuses, format, locale = 'en-US', ...given } = stored;
  return {
    startDate: null,
    endDate: null,
    changedSince: null,
    columns: null,
    sort: [],
    groupBy: null,
    includeItems: false,
    timeZone: 'UTC',
    // The only one that there was.
    paper: 'A4',
    labels: {},
    csv: toCsvOptions(),
    title: 'Order report',
    clientName: '',
    accessible: false,
    ...given,
    locale,
    filter: { ...ANY_ORDER, statuses: statuses ?? null, ...given.filter },
    formats: given.formats ?? [format ?? ReportFormat.Pdf],
  };
}

/** Which orders a report is of. */
export const queryOf = (parameters: OrdersReportParameters): ReportQuery => ({
  filter: {
    ...ALL_DAYS,
    ...(parameters.startDate !== null &&
      parameters.endDate !== null && { startDate: parameters.startDate, endDate: parameters.endDate }),
    timeZone: parameters.timeZone,
    ...parameters.filter,
  },
  sort: parameters.sort,
  groupBy: parameters.groupBy,
  includeItems: parameters.includeItems,
  changedSince: parameters.changedSince,
});

/** The validated request with its defaults. */
export const toReportParameters = (request: ReportParameters, client: Client): OrdersReportParameters => {
  const { filter, labels = {} } = request;
  // It may be null, and null is left out.
  const locale = request.locale ?? 'en-US';
  return {
    startDate: request.start_date ?? null,
    endDate: request.end_date ?? null,
    changedSince: request.changed_since ?? null,
    filter: {
      statuses: filter?.status ?? request.status ?? null,
      currencies: filter?.currency ?? null,
      customerReferences: filter?.customer_reference ?? null,
      minTotal: filter?.min_total ?? null,
      maxTotal: filter?.max_total ?? null,
    },
    columns: request.columns ?? null,
    sort: request.sort ?? [],
    groupBy: request.group_by ?? null,
    includeItems: request.include_items ?? false,
    formats: formatsOf(request),
    locale,
    timeZone: request.time_zone ?? 'UTC',
    paper: request.paper ?? paperOf(locale),
    labels,
    csv: toCsvOptions(request.csv),
    title: request.title ?? reportMessages(locale, labels).text('title'),
    clientName: client.name,
    accessible: request.accessible ?? false,
  };
};

export const ORDERS_REPORT = defineJobType<StoredReportParameters, OrdersReportResult>({
  name: 'orders.report',
  steps: ['query', 'render', 'store'],
  scope: Scope.Reports,
  usesStore: true,
  keepsArtifact: true,
  input: jobInput(ReportParameters, toReportParameters),
  resultView: OrdersReportResultView,
  resource: {
    rel: 'reports',
    path: '/v1/orders/reports/{id}',
    statusPath: '/v1/orders/reports/status/{id}',
  },
});

/** Those of a finished report, the first of which is what its address leads to. */
export const artifactsOf = ({ artifact, artifacts, orders, removed }: OrdersReportResult): ReportArtifact[] =>
  artifacts ?? [
    {
      ...artifact,
      format: artifact.media_type === MEDIA_TYPES.csv ? ReportFormat.Csv : ReportFormat.Pdf,
      rows: orders + removed,
    },
  ];

/**
 * Where the store has a file that an attempt made: the fencing token is in the name, so none overwrites another's.
 *
 * @param format `null` for the only file of a report that was made before there were several
 */
export const reportKey = (jobId: string, attempt: number, format: ReportFormat | null): string =>
  format === null ? `${jobId}/${attempt}` : `${jobId}/${attempt}.${format}`;
