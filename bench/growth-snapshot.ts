import { createWriteStream, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { escapeLiteral } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { CursorsService } from '../src/database/cursors.service';
import { SharedKeysService } from '../src/database/shared-keys.service';
import { OrderChangesService } from '../src/orders/order-changes.service';
import { IN_REPORT_ORDER } from '../src/orders/order-arrangement';
import { ANY_ORDER } from '../src/orders/order-filter';
import { OrderReportQueries, type ReportQuery } from '../src/orders/order-report-queries';
import { SelectionSql } from '../src/orders/spooled-orders';
import { type GrowthContext, RUNS } from './growth-context';
import { addOrders } from './growth-fill';
import { ratioAtMost } from './measurements';

const ORDERS = Number(process.env['GROWTH_ORDERS'] ?? 1_000_000);

/** For how long a report of many rows holds its snapshot. */
export async function snapshot({
  results,
  alone: { database, dataSource, client },
}: GrowthContext): Promise<void> {
  const [found] = (await database.query<{ orders: number }>('SELECT count(*)::int AS orders FROM orders'))
    .rows;
  if (found!.orders < ORDERS) await addOrders(database, client, ORDERS - found!.orders);
  const query: ReportQuery = {
    ...IN_REPORT_ORDER,
    filter: { ...ANY_ORDER, startDate: '2015-01-01', endDate: '2017-01-01', timeZone: 'UTC' },
    includeItems: false,
    changedSince: null,
  };
  const rows = new SelectionSql(client, query, escapeLiteral).rows();
  const cursors = new CursorsService(new SharedKeysService(dataSource));
  const queries = new OrderReportQueries(dataSource, new OrderChangesService(dataSource, cursors));
  const [held, bare]: [number[], number[]] = [[], []];
  const file = join(tmpdir(), `order-reports-bench-copy-${process.pid}`);
  for (let run = 0; run <= RUNS; run += 1) {
    let from = performance.now();
    await pipeline(database.query(copyTo(`COPY (${rows}) TO STDOUT`)), createWriteStream(file));
    const copied = (performance.now() - from) / 1_000;
    from = performance.now();
    const spooled = await queries.withSnapshot(client, query, {}, () =>
      Promise.resolve((performance.now() - from) / 1_000),
    );
    if (run === 0) continue;
    bare.push(copied);
    held.push(spooled);
  }
  rmSync(file);
  results.add(
    `a report of ${ORDERS} rows holds its snapshot, beside a bare COPY`,
    's',
    held,
    bare,
    ratioAtMost(2),
  );
}
