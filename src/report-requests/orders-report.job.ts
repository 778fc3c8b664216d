import { Scope } from '../clients/scope';
import { defineJobType } from '../jobs/job-type';

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
}

export interface OrdersReportResult {
  artifact: {
    sha256: string;
    bytes: number;
    pages: number;
    media_type: 'application/pdf';
  };
  orders: number;
}

export const ORDERS_REPORT = defineJobType<OrdersReportParameters, OrdersReportResult>({
  name: 'orders.report',
  steps: ['query', 'render', 'store'],
  scope: Scope.Reports,
  keepsArtifact: true,
  resource: {
    rel: 'reports',
    path: '/v1/orders/reports/{id}',
    statusPath: '/v1/orders/reports/status/{id}',
  },
});

/** Where the store has the file that an attempt made: the fencing token is in the name, so none overwrites another's. */
export const reportKey = (jobId: string, attempt: number): string => `${jobId}/${attempt}.pdf`;
