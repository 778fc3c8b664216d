import { Injectable } from '@nestjs/common';
import { Client, escapeLiteral } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { DataSource, EntityManager } from 'typeorm';
import { OrderChangesService } from './order-changes.service';
import { changedOrders, removedNumbers } from './order-delta';
import { smallReport } from './small-report';
import { filterParameters, IN_FILTER, OrderFilter } from './order-period';
import { ORDER_STATUSES } from './order-status';
import { OrderSummary, SummaryRow, summaryOf, toSummary, unitOf } from './order-summary';
import { OrderSpool, spooledRows } from './order-spool';
import type { ReportedOrder } from './reported-order';
import { inTransaction, withConnection } from './transaction';

/** Which orders, and whether with their lines. */
export interface ReportFilter extends OrderFilter {
  includeItems: boolean;
  /** A cursor of the feed of changes: only what changed after it. */
  changedSince?: string | null;
}

/** A client's orders of a period at one moment: the summary and the orders agree, whatever is written meanwhile. */
export interface OrderSnapshot {
  summary: OrderSummary;
  /** A cursor of the feed of changes: nothing that this does not see lies before it. */
  asOf: string;
  /**
   * By `orderedAt`, then `number`, those that are gone last; from the first on each time, as fast as they are consumed, in flat
   * memory.
   */
  orders(): AsyncIterable<ReportedOrder[]>;
}

const SUMMARIZE = summaryOf(`orders WHERE ${IN_FILTER}`);
/** Of a delta, with the position from which it begins as `$8`. */
const SUMMARIZE_CHANGED = summaryOf(`${changedOrders('$1', '$8')} WHERE ${IN_FILTER}`);
const COUNT_REMOVED = `SELECT count(*)::int AS removed FROM ${removedNumbers('$1', '$6', IN_FILTER)}`;

/** What a report and a summary read: sums in SQL, orders by `COPY` into a spool. */
@Injectable()
export class OrderReportQueries {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: OrderChangesService,
  ) {}

  async summarize(clientId: string, filter: OrderFilter, signal?: AbortSignal): Promise<OrderSummary> {
    return withConnection(this.dataSource, signal, (runner) =>
      inTransaction(runner, 'REPEATABLE READ, READ ONLY', (manager) =>
        summary(manager, clientId, filter, null),
      ),
    );
  }

  /**
   * Calls `read` with a snapshot, which is there until that returns. The database knows of it no longer than it takes to
   * read the rows: they are spooled on the disk, unless the orders are few and their lines are not wanted.
   *
   * @param accept called with the summary, while the rows are still read: what it throws ends it
   * @throws the signal's reason when it is aborted; StoreFullError when the disk of the spool is full; AppError 422
   *   `invalid_cursor`, `cursor_expired`
   */
  async withSnapshot<T>(
    clientId: string,
    filter: ReportFilter,
    {
      signal,
      accept,
    }: { signal?: AbortSignal | undefined; accept?: (summary: OrderSummary) => Promise<void> },
    read: (snapshot: OrderSnapshot) => Promise<T>,
  ): Promise<T> {
    // Before the snapshot: what lies before it is final, so that the snapshot sees it.
    const asOf = await this.changes.asOf(clientId);
    const cursor = filter.changedSince ?? null;
    const since = cursor === null ? null : await this.changes.beginOfDelta(clientId, cursor);
    if (!filter.includeItems && since === null) {
      const small = await withConnection(this.dataSource, signal, ({ manager }) =>
        smallReport(manager, clientId, filter),
      );
      if (small !== null) {
        await accept?.(small.summary);
        return read({ summary: small.summary, asOf, orders: () => oneBatch(small.orders) });
      }
    }
    const { spool, summary: found } = await this.spool(clientId, filter, since, accept, signal);
    try {
      return await read({ summary: found, asOf, orders: () => spool.orders(signal) });
    } finally {
      await spool.close();
    }
  }

  /**
   * The summary is made beside the reading of the rows, on another connection that sees the same moment: the snapshot is
   * held for about as long as the longer of the two takes.
   */
  private async spool(
    clientId: string,
    filter: ReportFilter,
    changedSince: string | null,
    accept: ((summary: OrderSummary) => Promise<void>) | undefined,
    outer: AbortSignal | undefined,
  ): Promise<{ spool: OrderSpool; summary: OrderSummary }> {
    const stop = new AbortController();
    const signal = outer === undefined ? stop.signal : AbortSignal.any([outer, stop.signal]);
    const { includeItems } = filter;
    const rows = spooledRows(clientId, { filter, includeItems, changedSince }, escapeLiteral);
    return withConnection(this.dataSource, signal, (runner) =>
      inTransaction(runner, 'REPEATABLE READ, READ ONLY', async (manager) => {
        const name = await exportSnapshot(manager);
        if (changedSince !== null) await this.changes.requireKept(manager, changedSince);
        const summing = this.summarizeSnapshot(name, clientId, filter, changedSince, signal).then(
          async (found) => {
            await accept?.(found);
            return found;
          },
        );
        summing.catch((error: unknown) => stop.abort(error));
        const connection = (await runner.connect()) as Client;
        let spool: OrderSpool | undefined;
        try {
          spool = await OrderSpool.fill(connection.query(copyTo(`COPY (${rows}) TO STDOUT`)));
          return { spool, summary: await summing };
        } catch (error) {
          stop.abort(error);
          await spool?.close();
          throw error;
        }
      }),
    );
  }

  private summarizeSnapshot(
    snapshot: string,
    clientId: string,
    filter: OrderFilter,
    changedSince: string | null,
    signal: AbortSignal,
  ): Promise<OrderSummary> {
    return withConnection(this.dataSource, signal, (runner) =>
      inTransaction(runner, 'REPEATABLE READ, READ ONLY', async (manager) => {
        await manager.query(`SET TRANSACTION SNAPSHOT ${escapeLiteral(snapshot)}`);
        return summary(manager, clientId, filter, changedSince);
      }),
    );
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
