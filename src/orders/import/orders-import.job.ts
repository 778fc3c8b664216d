import { Scope } from '../../clients/scope';
import { defineJobType } from '../../jobs/job-type';
import type { Detected } from './file-reader';
import { type ImportSettings, PLAIN } from './import-settings';
import { OrdersImportResultView } from './orders-import-result.view';

export interface OrdersImportParameters {
  /** Where the store has the uploaded file. */
  file: string;
  bytes: number;
  /** Not in jobs of before there were any, which have a currency instead. */
  settings?: ImportSettings;
  defaultCurrency?: string;
}

export const settingsOf = ({
  settings,
  defaultCurrency = PLAIN.currency,
}: OrdersImportParameters): ImportSettings => settings ?? { ...PLAIN, currency: defaultCurrency };

export interface OrdersImportResult {
  created: number;
  updated: number;
  unchanged: number;
  skipped: number;
  /** In the file. */
  orders: number;
  lines: number;
  /** The numbers of orders whose refund is above their total, the first of them. */
  capped_refunds: string[];
  /** Columns of the file that mean nothing to the import. */
  ignored_columns: string[];
  detected: Detected;
  /** Whether this is what would have happened, and nothing was written. */
  dry_run: boolean;
}

export const IMPORTS_PATH = '/v1/orders/imports';

export const ORDERS_IMPORT = defineJobType<OrdersImportParameters, OrdersImportResult>({
  name: 'orders.import',
  steps: ['read', 'check', 'store'],
  scope: Scope.Orders,
  deadlineSeconds: 3_600,
  usesStore: true,
  resultView: OrdersImportResultView,
  resource: { rel: 'imports', path: `${IMPORTS_PATH}/{id}`, statusPath: `${IMPORTS_PATH}/{id}` },
});
