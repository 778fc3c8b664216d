import { Scope } from '../../clients/scope';
import { defineJobType } from '../../jobs/job-type';

export interface OrdersImportParameters {
  /** Where the store has the uploaded file. */
  file: string;
  bytes: number;
  defaultCurrency: string;
}

export interface OrdersImportResult {
  orders: number;
  lines: number;
  /** Columns of the file that mean nothing to the import. */
  ignored_columns: string[];
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
