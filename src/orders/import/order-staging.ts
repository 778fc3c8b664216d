import type { QueryRunner } from 'typeorm';
import type { RowSpool } from '../../database/row-spool';
import { insertChanges } from '../order-changes';
import { copyFromSpool } from '../row-copies';
import { MAX_ROW_ERRORS, RowError, RowErrors } from './import-failures';
import { OnConflict } from './import-settings';
import { STAGED_COLUMNS } from './staged-rows';
import { faultsOfGroups, groupRows, type StagedFile } from './grouping-sql';
import {
  countOrders,
  faultsOfOrders,
  findKnown,
  knownAsFaults,
  noteUnchanged,
  resolveOrders,
} from './resolving-sql';
import { deleteLines, insertLines, insertOrders, updateOrders } from './writing-sql';

/** What is done with the orders of a file, or would be. */
export interface ImportCounts {
  created: number;
  updated: number;
  unchanged: number;
  skipped: number;
  /** In the file. */
  orders: number;
  lines: number;
  /** The numbers of orders of the file whose refund is above their total, the first of them. */
  cappedRefunds: string[];
}

/**
 * The lines of a file on their way into the order book: temporary tables, so that the size of a file costs disk and not
 * memory, and so that the rows of an order may stand anywhere in it. They live and die with the transaction that all of this
 * is done in: what comes after it may reach another session, and another import this one.
 */
export class OrderStaging {
  constructor(private readonly runner: QueryRunner) {}

  /** @param rows with the text that `stagedText` makes */
  async fill(rows: RowSpool): Promise<void> {
    await this.runner.query(`CREATE TEMPORARY TABLE import_line (${STAGED_COLUMNS}) ON COMMIT DROP`);
    await copyFromSpool(this.runner, rows, 'import_line');
  }

  /**
   * Puts the rows together to orders, and finds what is wrong with them as such.
   *
   * @param isWhole whether all rows of the file are here, or only those without errors of their own
   */
  async group(file: StagedFile, errors: RowErrors, isWhole: boolean): Promise<void> {
    await this.runner.query(groupRows(file));
    for (const faults of faultsOfGroups(file, isWhole)) await this.collect(errors, faults);
  }

  /**
   * Finds what the client has already, and what the orders will be. Another writer may still be faster: `write` finds out.
   *
   * @param isLocked whether what is known is locked until the end of the transaction
   */
  async resolve(file: StagedFile, errors: RowErrors, isLocked: boolean): Promise<void> {
    await this.findKnown(file, errors, isLocked);
    await this.runner.query(resolveOrders(file));
    for (const faults of faultsOfOrders(file)) await this.collect(errors, faults);
    const { onConflict, dryRun } = file.settings;
    // Long, and of no use before it is locked, unless nothing will be.
    if (errors.count === 0 && onConflict === OnConflict.Update && (isLocked || dryRun))
      await this.runner.query(noteUnchanged());
  }

  /** Finds what the client has already: errors, unless these orders may be there. */
  async findKnown(file: StagedFile, errors: RowErrors, isLocked = false): Promise<void> {
    await this.runner.query(findKnown(file, isLocked));
    if (file.settings.onConflict === OnConflict.Error) await this.collect(errors, knownAsFaults());
  }

  /** What writing would do with what was resolved. */
  async counts(onConflict: OnConflict): Promise<ImportCounts> {
    const [found] = await this.runner.manager.query<OrderCounts[]>(countOrders());
    if (found === undefined) throw new Error('A count has a row.');
    const { orders, lines, known, unchanged, capped_refunds: cappedRefunds } = found;
    const updates = onConflict === OnConflict.Update;
    return {
      created: orders - known,
      updated: updates ? known - unchanged : 0,
      unchanged: updates ? unchanged : 0,
      skipped: updates ? 0 : known,
      orders,
      lines,
      cappedRefunds,
    };
  }

  /**
   * Moves everything into the order book, with an entry of the changes for each order.
   *
   * @param jobId of the import, for these entries
   * @returns how many orders are new; fewer than were to be when another writer was faster with one of the numbers
   */
  async write(file: StagedFile, jobId: string | null): Promise<number> {
    const created = await this.writeOrders(insertOrders(file), 'created', file, jobId);
    if (file.settings.onConflict === OnConflict.Update) {
      await this.writeOrders(updateOrders(), 'updated', file, jobId);
      await this.runner.query(deleteLines());
    }
    await this.runner.query(insertLines());
    return created;
  }

  private async writeOrders(
    writing: string,
    change: 'created' | 'updated',
    { clientId }: StagedFile,
    jobId: string | null,
  ): Promise<number> {
    const by = { client: '$1', key: 'NULL::uuid', job: '$2::uuid' };
    const [row] = await this.runner.manager.query<{ count: number }[]>(
      `${writing}, noted AS (${insertChanges('written', change, by)})
       SELECT count(*)::integer AS count FROM written`,
      [clientId, jobId],
    );
    return row?.count ?? 0;
  }

  private async collect(errors: RowErrors, faults: string): Promise<void> {
    const rows = await this.runner.manager.query<(RowError & { total: number })[]>(
      `SELECT "row", field, message, value, count(*) OVER ()::integer AS total FROM (${faults}) AS wrong
       ORDER BY "row" LIMIT ${MAX_ROW_ERRORS}`,
    );
    errors.addMany(
      rows.map(({ row, field, message, value }) => ({ row, field, message, value })),
      rows[0]?.total ?? 0,
    );
  }
}

interface OrderCounts {
  orders: number;
  lines: number;
  known: number;
  unchanged: number;
  capped_refunds: string[];
}
