import { Injectable } from '@nestjs/common';
import { addAbortSignal, Readable } from 'node:stream';
import { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { inTransaction, withConnection } from '../transaction';
import { OrderCsvReader } from './order-csv-reader';
import type { ImportedLine } from './csv-row';
import { OrderStaging } from './order-staging';
import { RowError, RowErrors } from './import-failures';

export interface ImportCounts {
  /** What was imported; 0 when there are errors. */
  orders: number;
  lines: number;
  /** Columns of the file that mean nothing to the import. */
  ignoredColumns: string[];
}

export interface ImportReport extends ImportCounts {
  /** The first errors, by row; when there is one, nothing was imported. */
  errors: RowError[];
  /** How many errors were found. */
  errorCount: number;
  /** Whether the whole file was looked at; if not, it may have more errors. */
  isReadWhole: boolean;
}

export type ImportPhase = 'read' | 'check' | 'store';

export interface ImportOptions {
  /** Of the import, which the changes of the orders name. */
  jobId?: string;
  /** For a file without the column, or a row without a value in it. */
  defaultCurrency?: string;
  signal?: AbortSignal;
  /** Called when a phase begins. */
  onPhase?: (phase: ImportPhase) => void;
  /** Called now and then while reading, with the number of bytes read so far. */
  onBytes?: (bytes: number) => void;
  /**
   * Called in the import's transaction when all is stored, just before it commits. What it writes through it stands
   * or falls with the import; what it throws undoes the import.
   */
  beforeCommit?: (transaction: EntityManager, counts: ImportCounts) => Promise<void>;
}

const DEFAULT_CURRENCY = 'USD';
/** What goes into the database at once. */
const BATCH_LINES = 2_000;
const BATCH_BYTES = 1024 * 1024;

/** Imports order files: all of a file or, when anything in it is wrong, nothing. */
@Injectable()
export class OrderImportService {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Imports a CSV of the columns in `csv-columns.ts`. A file of any size takes little memory. An order that the client
   * has already is an error: an import never changes orders, and a file that is sent twice by mistake is found.
   *
   * @throws the signal's reason when it is aborted; whatever reading the source throws
   */
  async importOrders(clientId: string, source: Readable, options: ImportOptions = {}): Promise<ImportReport> {
    const { signal, defaultCurrency = DEFAULT_CURRENCY } = options;
    const errors = new RowErrors();
    const reader = new OrderCsvReader(errors, defaultCurrency, signal);
    // Also a source from which nothing comes.
    if (signal !== undefined) addAbortSignal(signal, source);
    try {
      const counts = await withConnection(this.dataSource, signal, (runner) =>
        this.run(runner, clientId, source, options, reader, errors),
      );
      const { ignoredColumns } = reader;
      return { ...counts, ignoredColumns, errors: [], errorCount: 0, isReadWhole: true };
    } catch (error) {
      if (!(error instanceof RejectedFile)) throw error;
      const { ignoredColumns, isReadWhole } = reader;
      const found = { errors: errors.list, errorCount: errors.count };
      return { orders: 0, lines: 0, ignoredColumns, ...found, isReadWhole };
    } finally {
      source.destroy();
    }
  }

  private async run(
    runner: QueryRunner,
    clientId: string,
    source: Readable,
    options: ImportOptions,
    reader: OrderCsvReader,
    errors: RowErrors,
  ): Promise<{ orders: number; lines: number }> {
    const staging = new OrderStaging(runner.manager, clientId, options.jobId ?? null);
    await staging.create();
    try {
      // Outside of a transaction: an open one would hold back the readers of events until a slow file is read.
      options.onPhase?.('read');
      const staged = await this.stage(reader, staging, source, options);
      if (staged === 0 && errors.count === 0) errors.add(1, null, 'the file has no order lines');
      if (errors.isFull) throw new RejectedFile();

      options.onPhase?.('check');
      await inTransaction(runner, 'READ COMMITTED', async () => {
        await staging.group(errors);
        await staging.findExisting(errors);
      });
      if (errors.count > 0) throw new RejectedFile();

      options.onPhase?.('store');
      return await inTransaction(runner, 'READ COMMITTED', async (transaction) => {
        const counts = await staging.store();
        if (counts.lines < staged) {
          // Another writer was faster with one of the numbers.
          await staging.findExisting(errors);
          throw new RejectedFile();
        }
        await options.beforeCommit?.(transaction, { ...counts, ignoredColumns: reader.ignoredColumns });
        return counts;
      });
    } finally {
      await staging.drop();
    }
  }

  private async stage(
    reader: OrderCsvReader,
    staging: OrderStaging,
    source: Readable,
    { signal, onBytes }: ImportOptions,
  ): Promise<number> {
    let batch: ImportedLine[] = [];
    let staged = 0;
    let bytesStaged = 0;
    for await (const line of reader.lines(source)) {
      batch.push(line);
      if (batch.length < BATCH_LINES && reader.bytes - bytesStaged < BATCH_BYTES) continue;
      await staging.add(batch);
      staged += batch.length;
      bytesStaged = reader.bytes;
      batch = [];
      onBytes?.(reader.bytes);
      signal?.throwIfAborted();
    }
    await staging.add(batch);
    onBytes?.(reader.bytes);
    return staged + batch.length;
  }
}

/** Rolls the transaction back; the errors are in the report. */
class RejectedFile extends Error {}
