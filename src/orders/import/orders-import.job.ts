import { Scope } from '../../clients/scope';
import { defineJobType } from '../../jobs/job-type';
import type { Detected } from './file-reader';
import type { ImportSettings } from './import-settings';

export interface OrdersImportParameters {
  /** Where the store has the uploaded file. */
  file: string;
  bytes: number;
  settings: ImportSettings;
}

export interface OrdersImportResult {
  created: number;
  updated: number;
  unchanged: number;
  skipped: number;
  /** In the file. */
  orders: number;
  lines: number;
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
  resource: { rel: 'imports', path: `${IMPORTS_PATH}/{id}`, statusPath: `${IMPORTS_PATH}/{id}` },
});
