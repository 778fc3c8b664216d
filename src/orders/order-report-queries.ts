import { Injectable } from '@nestjs/common';
import { escapeLiteral } from 'pg';
import { DataSource, EntityManager, QueryRunner } from 'typeorm';
import type { RowSpool } from '../database/row-spool';
import { type Arrangement, isInReportOrder } from './order-arrangement';
import { OrderChangesService } from './order-changes.service';
import { changedOrders, removedNumbers } from './order-delta';
import { filterParameters, IN_FILTER, OrderFilter } from './order-filter';
import { ORDER_STATUSES } from './order-status';
import { OrderSummary, SummaryRow, summaryOf, toSummary, unitOf } from './order-summary';
import { groupRows, readGroups, type ReportedGroup } from './reported-group';
import type { ReportedOrder } from './reported-order';
import { copyToSpool } from './row-copies';
import { smallReport } from './small-report';
import { type OrderSelection, readOrders, SelectionSql } from './spooled-orders';
import { inTransaction } from './transaction';

/** Which orders, how they are arranged, and whether with their lines. */
export interface ReportQuery extends Arrangement {
  filter: OrderFilter;
  includeItems: boolean;
  /** A cursor of the feed of changes: only what changed after it; `null`: all. */
  changedSince: string | null;
}

/** A client's orders of a period at one moment: the summary, the groups and the orders agree, whatever is written meanwhile. */
export interface OrderSnapshot {
  summary: OrderSummary;
  /** A cursor of the feed of changes: nothing that this does not see lies before it. */
  asOf: string;
  /**
   * In the order of the groups, then as they are sorted; those that are gone last. From the first on each time, as fast as they
   * are consumed, in flat memory.
   */
  orders(): AsyncIterable<ReportedOrder[]>;
  /** In the same order, and likewise; none where nothing is grouped. */
  groups(): AsyncIterable<ReportedGroup[]>;
}

const SUMMARIZE = summaryOf(`orders WHERE ${IN_FILTER}`);
/** Of a delta, with the position from which it begins as `$12`. */
const SUMMARIZE_CHANGED = summaryOf(`${changedOrders('$1', '$12')} WHERE ${IN_FILTER}`);
const COUNT_REMOVED = `SELECT count(*)::int AS removed FROM ${removedNumbers('$1', '$10', IN_FILTER)}`;

/** What a snapshot is read from when the database has forgotten it. */
interface Spools {
  summary: OrderSummary;
  orders: RowSpool;
  groups: RowSpool | null;
}

/** What a report and a summary read: sums in SQL, orders by `COPY` into a spool. */
@Injectable()
export class OrderReportQueries {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: OrderChangesService,
  ) {}

  async summarize(clientId: string, filter: OrderFilter, signal?: AbortSignal): Promise<OrderSummary> {
    return inTransaction(this.dataSource, 'REPEATABLE READ, READ ONLY', signal, ({ manager }) =>
      summary(manager, clientId, filter, null),
    );
  }

  /**
   * Calls `read` with a snapshot, which is there until that returns. The database knows of it no longer than it takes to
   * read the rows: they are spooled on the disk, unless the orders are few, in the order of a report, and their lines are
   * not wanted.
   *
   * @param accept called with the summary, while the rows are still read: what it throws ends it
   * @throws the signal's reason when it is aborted; OutageError `store_full` when the disk of the spool is full; AppError 422
   *   `invalid_cursor`, `cursor_expired`
   */
  async withSnapshot<T>(
    clientId: string,
    query: ReportQuery,
    {
      signal,
      accept,
    }: { signal?: AbortSignal | undefined; accept?: (summary: OrderSummary) => Promise<void> },
    read: (snapshot: OrderSnapshot) => Promise<T>,
  ): Promise<T> {
    // Before the snapshot: what lies before it is final, so that the snapshot sees it.
    const asOf = await this.changes.asOf(clientId);
    const { changedSince: cursor, filter, includeItems } = query;
    const since = cursor === null ? null : await this.changes.beginOfDelta(clientId, cursor);
    if (!includeItems && since === null && isInReportOrder(query)) {
      const small = await inTransaction(
        this.dataSource,
        'REPEATABLE READ, READ ONLY',
        signal,
        ({ manager }) => smallReport(manager, clientId, filter),
      );
      if (small !== null) {
        await accept?.(small.summary);
        return read({ summary: small.summary, asOf, orders: () => oneBatch(small.orders), groups: noGroups });
      }
    }
    const selection = { ...query, changedSince: since };
    const { orders, groups, summary: found } = await this.spool(clientId, selection, accept, signal);
    try {
      return await read({
        summary: found,
        asOf,
        orders: () => readOrders(orders.rows(), signal),
        groups: groups === null ? noGroups : () => readGroups(groups.rows()),
      });
    } finally {
      await orders.close();
      await groups?.close();
    }
  }

  /**
   * The summary and the groups are made beside the reading of the rows, on another connection that sees the same moment: the
   * snapshot is held for about as long as the longer of the two takes.
   */
  private async spool(
    clientId: string,
    selection: OrderSelection,
    accept: ((summary: OrderSummary) => Promise<void>) | undefined,
    outer: AbortSignal | undefined,
  ): Promise<Spools> {
    const stop = new AbortController();
    const signal = outer === undefined ? stop.signal : AbortSignal.any([outer, stop.signal]);
    const sql = new SelectionSql(clientId, selection, escapeLiteral);
    return inTransaction(this.dataSource, 'REPEATABLE READ, READ ONLY', signal, async (runner) => {
      const { manager } = runner;
      const name = await exportSnapshot(manager);
      if (selection.changedSince !== null) await this.changes.requireKept(manager, selection.changedSince);
      const summing = this.sum(name, clientId, selection, sql, accept, signal);
      summing.catch((error: unknown) => stop.abort(error));
      let orders: RowSpool | undefined;
      try {
        orders = await copyToSpool(runner, sql.rows());
        return { orders, ...(await summing) };
      } catch (error) {
        stop.abort(error);
        await orders?.close();
        await summing.then(({ groups }) => groups?.close()).catch(() => undefined);
        throw error;
      }
    });
  }

  private sum(
    snapshot: string,
    clientId: string,
    { filter, changedSince, groupBy }: OrderSelection,
    sql: SelectionSql,
    accept: ((summary: OrderSummary) => Promise<void>) | undefined,
    signal: AbortSignal,
  ): Promise<Omit<Spools, 'orders'>> {
    const read = async (runner: QueryRunner): Promise<Omit<Spools, 'orders'>> => {
      const found = await summary(runner.manager, clientId, filter, changedSince);
      await accept?.(found);
      const groups = groupBy === null ? null : await copyToSpool(runner, groupRows(sql.orders(), groupBy));
      return { summary: found, groups };
    };
    return inTransaction(this.dataSource, 'REPEATABLE READ, READ ONLY', signal, read, snapshot);
  }
}

/** Its name, by which other transactions see the same moment while this one is open. */
async function exportSnapshot(manager: EntityManager): Promise<string> {
  const [row] = await manager.query<{ name: string }[]>('SELECT pg_export_snapshot() AS name');
  if (row === undefined) throw new Error('A snapshot has a name.');
  return row.name;
}

async function summary(
  manager: EntityManager,
  clientId: string,
  filter: OrderFilter,
  changedSince: string | null,
): Promise<OrderSummary> {
  const chosen = filterParameters(clientId, filter);
  const parameters = [...chosen, unitOf(filter), ORDER_STATUSES];
  if (changedSince === null)
    return toSummary(await manager.query<SummaryRow[]>(SUMMARIZE, parameters), filter);
  const rows = await manager.query<SummaryRow[]>(SUMMARIZE_CHANGED, [...parameters, changedSince]);
  const [gone] = await manager.query<{ removed: number }[]>(COUNT_REMOVED, [...chosen, changedSince]);
  return { ...toSummary(rows, filter), removed: gone?.removed ?? 0 };
}

async function* oneBatch(orders: ReportedOrder[]): AsyncGenerator<ReportedOrder[]> {
  if (orders.length > 0) yield await Promise.resolve(orders);
}

async function* noGroups(): AsyncGenerator<ReportedGroup[]> {}
