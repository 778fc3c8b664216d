import type { OrderStatus } from '../order-status';

/** What is done with an order of the file that the client has already. */
export enum OnConflict {
  /** It is an error of its row, and nothing of the file is imported. */
  Error = 'error',
  /** It stays as it is. */
  Skip = 'skip',
  /** It gets what the file has columns for, and the file's lines. */
  Update = 'update',
}

/** The system that has written a file. */
export enum Preset {
  Shopify = 'shopify',
  WooCommerce = 'woocommerce',
  Stripe = 'stripe',
  Amazon = 'amazon',
}

/** A table of rows whose cells are separated, or a JSON object in each row. */
export type FileFormat = 'delimited' | 'ndjson';

/** By a heading of the file, the column of ours that it is; `null` for one that is not to be read. */
export type ColumnMap = Readonly<Record<string, string | null>>;

/** How a file is to be imported. All of it is a part of what an idempotency key stands for. */
export interface ImportSettings {
  format: FileFormat;
  /** Whether the sender said that it is compressed by gzip. A file that begins as one is unpacked in any case. */
  gzipped: boolean;
  /** By the sender, where the file itself does not show it. */
  charset: 'utf-8' | 'utf-16le' | 'utf-16be' | null;
  onConflict: OnConflict;
  preset: Preset | null;
  dryRun: boolean;
  columnMap: ColumnMap;
  /** For a file, or a row, that has none. */
  currency: string;
  /** Of times without an offset, and of days. */
  timeZone: string;
  /** For a file, or a row, that has none. */
  status: OrderStatus | null;
}

/** How a file is imported of which nothing else is said. */
export const PLAIN: ImportSettings = {
  format: 'delimited',
  gzipped: false,
  charset: null,
  onConflict: OnConflict.Error,
  preset: null,
  dryRun: false,
  columnMap: {},
  currency: 'USD',
  timeZone: 'UTC',
  status: null,
};
