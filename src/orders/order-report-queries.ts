import { Injectable } from '@nestjs/common';
import { Client, escapeLiteral } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { DataSource, EntityManager } from 'typeorm';
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
}

/** A client's orders of a period at one moment: the summary and the orders agree, whatever is written meanwhile. */
export interface OrderSnapshot {
  summary: OrderSummary;
  /** By `orderedAt`, then `number`, from the first on each time; as fast as they are consumed, in flat memory. */
  orders(): AsyncIterable<ReportedOrder[]>;
}

const SUMMARIZE = summaryOf(`orders WHERE ${IN_FILTER}`);

/** What a report and a summary read: sums in SQL, orders by `COPY` into a spool. */
@Injectable()
export class OrderReportQueries {
  constructor(private readonly dataSource: DataSource) {}

  async summarize(clientId: string, filter: OrderFilter, signal?: AbortSignal): Promise<OrderSummary> {
    return withConnection(this.dataSource, signal, (runner) =>
      inTransaction(runner, 'REPEATABLE READ, READ ONLY', (manager) => summary(manager, clientId, filter)),
    );
  }

  /**
   * Calls `read` with a snapshot, which is there until that returns. The database knows of it no longer than it takes to
   * read the rows: they are spooled on the disk, unless the orders are few and their lines are not wanted.
   *
   * @param accept called with the summary, while the rows are still read: what it throws ends it
   * @throws the signal's reason when it is aborted; StoreFullError when the disk of the spool is full
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
    if (!filter.includeItems) {
      const small = await withConnection(this.dataSource, signal, ({ manager }) =>
        smallReport(manager, clientId, filter),
      );
      if (small !== null) {
        await accept?.(small.summary);
        return read({ summary: small.summary, orders: () => oneBatch(small.orders) });
      }
    }
    const { spool, summary: found } = await this.spool(clientId, filter, accept, signal);
    try {
      return await read({ summary: found, orders: () => spool.orders(signal) });
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
    accept: ((summary: OrderSummary) => Promise<void>) | undefined,
    outer: AbortSignal | undefined,
  ): Promise<{ spool: OrderSpool; summary: OrderSummary }> {
    const stop = new AbortController();
    const signal = outer === undefined ? stop.signal : AbortSignal.any([outer, stop.signal]);
    const rows = spooledRows(clientId, filter, filter.includeItems, escapeLiteral);
    return withConnection(this.dataSource, signal, (runner) =>
      inTransaction(runner, 'REPEATABLE READ, READ ONLY', async (manager) => {
        const summing = this.summarizeSnapshot(await exportSnapshot(manager), clientId, filter, signal).then(
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
    signal: AbortSignal,
  ): Promise<OrderSummary> {
    return withConnection(this.dataSource, signal, (runner) =>
      inTransaction(runner, 'REPEATABLE READ, READ ONLY', async (manager) => {
        await manager.query(`SET TRANSACTION SNAPSHOT ${escapeLiteral(snapshot)}`);
        return summary(manager, clientId, filter);
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

async function summary(manager: EntityManager, clientId: string, filter: OrderFilter): Promise<OrderSummary> {
  const rows = await manager.query<SummaryRow[]>(SUMMARIZE, [
    ...filterParameters(clientId, filter),
    unitOf(filter),
    ORDER_STATUSES,
  ]);
  return toSummary(rows, filter);
}

async function* oneBatch(orders: ReportedOrder[]): AsyncGenerator<ReportedOrder[]> {
  if (orders.length > 0) yield await Promise.resolve(orders);
}
