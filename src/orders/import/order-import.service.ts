import { Injectable } from '@nestjs/common';
import { addAbortSignal, Readable } from 'node:stream';
import { DataSource, EntityManager } from 'typeorm';
import type { RowSpool } from '../../database/row-spool';
import { lockWriters } from '../order-changes';
import { spooled } from '../row-copies';
import { inTransaction } from '../transaction';
import { DelimitedReader } from './delimited-reader';
import type { Detected, FileReader } from './file-reader';
import { FailureCode, RowError, RowErrors } from './import-failures';
import { ImportSettings, OnConflict, PLAIN } from './import-settings';
import { NdjsonReader } from './ndjson-reader';
import { ImportCounts, OrderStaging } from './order-staging';
import { stagedText } from './staged-rows';
import { formOf } from './presets';
import type { StagedFile } from './grouping-sql';

/** What became of a file, or with `dryRun` would have. */
export interface ImportOutcome extends ImportCounts {
  /** Columns of the file that mean nothing to the import. */
  ignoredColumns: string[];
  detected: Detected;
}

export interface ImportReport extends ImportOutcome {
  /** What the errors come to; without it all was imported. */
  failure: FailureCode | null;
  /** The first errors, by row; when there is one, nothing was imported. */
  errors: RowError[];
  /** How many errors were found. */
  errorCount: number;
  /** Whether the whole file was looked at; if not, it may have more errors. */
  isReadWhole: boolean;
}

export type ImportPhase = 'read' | 'check' | 'store';

export interface ImportOptions {
  settings?: Partial<ImportSettings>;
  /** Whose import it is, for the changes of the orders. */
  jobId?: string;
  signal?: AbortSignal;
  /** Called when a phase begins. */
  onPhase?: (phase: ImportPhase) => void;
  /** Called now and then while reading, with the number of bytes read so far. */
  onBytes?: (bytes: number) => void;
  /**
   * Called in the import's transaction when all is stored, just before it commits. What it writes through it stands
   * or falls with the import; what it throws undoes the import.
   */
  beforeCommit?: (transaction: EntityManager, outcome: ImportOutcome) => Promise<void>;
}

const NOTHING: ImportCounts = {
  created: 0,
  updated: 0,
  unchanged: 0,
  skipped: 0,
  orders: 0,
  lines: 0,
  cappedRefunds: [],
};
/** What goes into the database at once: some thousand lines. */
const BATCH_CHARACTERS = 256 * 1024;
/** So often an order may be deleted or created by others between two statements of an update. */
const MOST_TRIES = 5;

/** Imports order files: all of a file or, when anything in it is wrong, nothing. */
@Injectable()
export class OrderImportService {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Imports a file of any size in little memory. `onConflict` says what becomes of an order that the client has already.
   *
   * @throws the signal's reason when it is aborted; whatever reading the source throws
   */
  async importOrders(clientId: string, source: Readable, options: ImportOptions = {}): Promise<ImportReport> {
    const { signal } = options;
    const settings: ImportSettings = { ...PLAIN, ...options.settings };
    const errors = new RowErrors();
    const reader: FileReader =
      settings.format === 'ndjson'
        ? new NdjsonReader(source, settings, errors, signal)
        : new DelimitedReader(source, settings, errors, signal);
    // Also a source from which nothing comes.
    if (signal !== undefined) addAbortSignal(signal, source);
    try {
      const outcome = await new Import(this.dataSource, clientId, settings, reader, errors, options).run();
      return { ...outcome, failure: null, errors: [], errorCount: 0, isReadWhole: true };
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof RejectedFile)) throw error;
      const { ignoredColumns, detected, isReadWhole } = reader;
      const failure = error.isNoFile ? 'invalid_file' : 'invalid_csv';
      const found = { failure, errors: errors.list, errorCount: errors.count } as const;
      return { ...NOTHING, ignoredColumns, detected, ...found, isReadWhole };
    } finally {
      source.destroy();
    }
  }
}

/** One file on its way: onto the disk of this process, and from there into the order book. */
class Import {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clientId: string,
    private readonly settings: ImportSettings,
    private readonly reader: FileReader,
    private readonly errors: RowErrors,
    private readonly options: ImportOptions,
  ) {}

  async run(): Promise<ImportOutcome> {
    const { dataSource, options } = this;
    options.onPhase?.('read');
    // Not into the database: between two transactions nothing there is ours behind a pooler, and one that is open would hold
    // back the readers of events until a slow file is read.
    const rows = await spooled(Readable.from(this.texts()));
    try {
      return await inTransaction(dataSource, 'READ COMMITTED', options.signal, (runner) =>
        this.book(runner.manager, new OrderStaging(runner), rows),
      );
    } finally {
      await rows.close();
    }
  }

  /** The rows of the file, as they are staged. */
  private async *texts(): AsyncGenerator<string> {
    const { reader, errors } = this;
    const { signal, onBytes } = this.options;
    let text = '';
    let hasRows = false;
    for await (const rows of reader.batches()) {
      hasRows = true;
      // Not of the whole batch at once: that would be the longest step, and its rows would be kept until then.
      text += stagedText(rows);
      if (text.length < BATCH_CHARACTERS) continue;
      yield text;
      text = '';
      onBytes?.(reader.bytesRead);
      signal?.throwIfAborted();
    }
    yield text;
    onBytes?.(reader.bytesRead);
    if (reader.isNoFile) throw new RejectedFile(true);
    if (errors.isFull) throw new RejectedFile(false);
    if (hasRows || errors.count > 0) return;
    errors.add(1, null, 'the file has no order lines');
    throw new RejectedFile(true);
  }

  private async book(
    transaction: EntityManager,
    staging: OrderStaging,
    rows: RowSpool,
  ): Promise<ImportOutcome> {
    const { reader, settings, options } = this;
    options.onPhase?.('check');
    await staging.fill(rows);
    const file: StagedFile = {
      clientId: this.clientId,
      settings,
      form: formOf(settings.preset),
      stated: reader.stated,
    };
    const wouldBe = await this.check(staging, file);

    options.onPhase?.('store');
    const counts = settings.dryRun ? wouldBe : await this.store(transaction, staging, file, wouldBe);
    const { ignoredColumns, detected } = reader;
    const outcome = { ...counts, ignoredColumns, detected };
    await options.beforeCommit?.(transaction, outcome);
    return outcome;
  }

  private async check(staging: OrderStaging, file: StagedFile): Promise<ImportCounts> {
    const { errors } = this;
    const isWhole = errors.count === 0;
    await staging.group(file, errors, isWhole);
    // Of orders that lack a row nothing can be said that would be right.
    await (isWhole ? staging.resolve(file, errors, false) : staging.findKnown(file, errors));
    this.rejectErrors();
    return staging.counts(file.settings.onConflict);
  }

  private async store(
    transaction: EntityManager,
    staging: OrderStaging,
    file: StagedFile,
    wouldBe: ImportCounts,
  ): Promise<ImportCounts> {
    const { errors, options } = this;
    const { onConflict } = this.settings;
    await lockWriters(transaction, this.clientId);
    for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
      await transaction.query('SAVEPOINT before_orders');
      let counts = wouldBe;
      if (onConflict === OnConflict.Update) {
        await staging.resolve(file, errors, true);
        this.rejectErrors();
        counts = await staging.counts(onConflict);
      }
      const created = await staging.write(file, options.jobId ?? null);
      if (created === counts.created) return counts;
      if (onConflict === OnConflict.Skip) return { ...counts, created, skipped: counts.orders - created };
      // Another writer was faster with one of the numbers.
      await transaction.query('ROLLBACK TO SAVEPOINT before_orders');
      await staging.findKnown(file, errors);
      this.rejectErrors();
    }
    throw new Error('Others write the same orders all the time.');
  }

  private rejectErrors(): void {
    if (this.errors.count > 0) throw new RejectedFile(false);
  }
}

/** Rolls the transaction back; the errors are in the report. */
class RejectedFile extends Error {
  constructor(readonly isNoFile: boolean) {
    super();
  }
}
