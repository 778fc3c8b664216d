import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Client, Pool } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../src/database/connection';
import { OnConflict } from '../src/orders/import/import-settings';
import { type ImportReport, OrderImportService } from '../src/orders/import/order-import.service';
import { apiEnvironment, BenchServer } from './http-server';
import { Measurements, ratioAtLeast, REPORTED, valueAtMost } from './measurements';
import type { Place } from './noop-jobs';
import { withServices } from './bench-services';

/**
 * A file of a million lines through the import: time, memory, and the longest block of the event loop, beside a bare COPY of
 * the same rows into tables of the same shape; the same file again; and orders by `POST`, beside a bare INSERT of the same
 * rows. With `IMPORT_LINES=100000` in a tenth of the time.
 */

const LINES = Number(process.env['IMPORT_LINES'] ?? 1_000_000);
const RUNS = Number(process.env['IMPORT_RUNS'] ?? 3);
const LINES_PER_ORDER = 3;
const ORDERS = Math.ceil(LINES / LINES_PER_ORDER);
const CALLERS = 16;
const WARM_UP_MS = 8_000;
const POST_MS = 5_000;
const MEGABYTE = 1024 * 1024;

const HEADER =
  'number,ordered_at,status,currency,customer_name,customer_reference,shipping_total,sku,description,quantity,unit_price\n';
const STATUSES = ['paid', 'shipped', 'delivered', 'refunded'];

/** The file in pieces of some hundred kilobytes. */
function* file(): Generator<string> {
  yield HEADER;
  let piece = '';
  for (let line = 0; line < LINES; line += 1) {
    const order = Math.floor(line / LINES_PER_ORDER);
    const day = String(1 + (order % 28)).padStart(2, '0');
    const price = `${1 + (line % 997)}.${String(line % 100).padStart(2, '0')}`;
    piece += `B-${order},2026-03-${day},${STATUSES[order % 4]!},EUR,Customer ${order % 5_000},C-${order % 5_000},4.90,SKU-${line % 2_000},"A thing, number ${line % 2_000}",${1 + (line % 4)},${price}\n`;
    if (piece.length < 256 * 1024) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}

interface Run {
  seconds: number;
  /** Of this process, in megabytes: at most, and before. */
  peak: number;
  before: number;
  /** The longest time between two callbacks of a timer: as it passed, and as this process used the processor in it. */
  blockMs: number;
  busyMs: number;
  report: ImportReport;
}

/** How long the event loop stands still. */
class LoopTurns {
  readonly longest = { blockMs: 0, busyMs: 0 };
  private at = performance.now();
  private used = process.cpuUsage();
  private readonly timer = setInterval(() => this.look(), 1);

  stop(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    const now = performance.now();
    const { user, system } = process.cpuUsage(this.used);
    this.longest.blockMs = Math.max(this.longest.blockMs, now - this.at);
    this.longest.busyMs = Math.max(this.longest.busyMs, Math.min((user + system) / 1_000, now - this.at));
    this.at = now;
    this.used = process.cpuUsage();
  }
}

class ImportsBench {
  private readonly results = new Measurements('imports');
  private clientId = '';

  constructor(
    private readonly place: Place,
    private readonly dataSource: DataSource,
  ) {}

  async run(): Promise<void> {
    const path = join(this.place.dataDir, 'orders.csv');
    await pipeline(Readable.from(file()), createWriteStream(path));
    await this.newClient();
    await this.imports(path);
    await this.posts();
    this.results.print();
  }

  private async newClient(): Promise<void> {
    const [client] = await this.dataSource.query<{ id: string }[]>(
      `INSERT INTO client (name) VALUES ('Bench') RETURNING id`,
    );
    this.clientId = client!.id;
  }

  private async imports(path: string): Promise<void> {
    const bare: number[] = [];
    const created: Run[] = [];
    const repeated: Run[] = [];
    const changed: Run[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      await this.dataSource.query('TRUNCATE orders, order_line, order_change');
      await this.dataSource.query('CHECKPOINT');
      created.push(await this.import(path, OnConflict.Error));
      if (run === 0) await this.prepareBare();
      bare.push(await this.copyBare());
      await this.dataSource.query('VACUUM ANALYZE orders, order_line');
      repeated.push(await this.import(path, OnConflict.Update));
      await this.dataSource.query(`UPDATE orders SET customer_name = 'Another'`);
      changed.push(await this.import(path, OnConflict.Update));
    }
    const name = `a file of ${LINES.toLocaleString('en')} lines`;
    const rate = (runs: Run[]): number[] => runs.map(({ seconds }) => LINES / seconds);
    const seconds = (runs: Run[]): number[] => runs.map((each) => each.seconds);
    this.results.add(`${name}, created`, 's', seconds(created));
    this.results.add(
      `${name}, created, beside a bare COPY of the same rows`,
      'lines/s',
      rate(created),
      bare.map((took) => LINES / took),
      ratioAtLeast(0.2),
    );
    this.results.add(`${name} again, nothing changed`, 's', seconds(repeated), seconds(created));
    this.results.add(`${name} again, every order changed`, 's', seconds(changed), seconds(created));
    const all = [...created, ...repeated, ...changed];
    this.results.add(
      `${name}, peak memory beside before`,
      'MB',
      all.map(({ peak }) => peak),
      all.map(({ before }) => before),
    );
    this.results.add(
      `${name}, longest block of the event loop`,
      'ms',
      all.map(({ blockMs }) => blockMs),
      [],
      REPORTED,
    );
    // On a machine that does other work too, a process also waits for a processor.
    this.results.add(
      `${name}, most processor time between two turns of the event loop`,
      'ms',
      all.map(({ busyMs }) => busyMs),
      [],
      valueAtMost(20, 'ms'),
    );
  }

  private async import(path: string, onConflict: OnConflict): Promise<Run> {
    const before = process.memoryUsage.rss() / MEGABYTE;
    let peak = before;
    const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss() / MEGABYTE)), 50);
    const turns = new LoopTurns();
    const from = performance.now();
    try {
      const report = await new OrderImportService(this.dataSource).importOrders(
        this.clientId,
        createReadStream(path),
        { settings: { onConflict } },
      );
      const seconds = (performance.now() - from) / 1_000;
      if (report.failure !== null || report.lines !== LINES)
        throw new Error(`The import failed: ${JSON.stringify(report.errors[0])}`);
      return { seconds, peak, before, ...turns.longest, report };
    } finally {
      turns.stop();
      clearInterval(timer);
    }
  }

  private get bareFiles(): Record<'orders' | 'order_line', string> {
    const { dataDir } = this.place;
    return { orders: join(dataDir, 'orders.copy'), order_line: join(dataDir, 'order_line.copy') };
  }

  /** The rows as `COPY` reads them, and empty tables with the same columns, indexes and references. */
  private async prepareBare(): Promise<void> {
    await this.dataSource.query(`
      CREATE TABLE bare_orders (LIKE orders INCLUDING ALL);
      CREATE TABLE bare_order_line (LIKE order_line INCLUDING ALL);
      ALTER TABLE bare_orders ADD FOREIGN KEY (client_id) REFERENCES client ON DELETE CASCADE;
      ALTER TABLE bare_order_line ADD FOREIGN KEY (order_id) REFERENCES bare_orders ON DELETE CASCADE`);
    for (const table of ['orders', 'order_line'] as const) {
      const copied = `COPY (SELECT ${await this.columnsOf(table)} FROM ${table}) TO STDOUT`;
      await this.onConnection((client) =>
        pipeline(client.query(copyTo(copied)), createWriteStream(this.bareFiles[table])),
      );
    }
  }

  /** Without those that are computed. */
  private async columnsOf(table: string): Promise<string> {
    const columns = await this.dataSource.query<{ name: string }[]>(
      `SELECT column_name AS name FROM information_schema.columns
       WHERE table_name = $1 AND is_generated = 'NEVER' ORDER BY ordinal_position`,
      [table],
    );
    return columns.map(({ name }) => name).join(', ');
  }

  private async copyBare(): Promise<number> {
    await this.dataSource.query('TRUNCATE bare_orders, bare_order_line');
    await this.dataSource.query('CHECKPOINT');
    const columns = {
      orders: await this.columnsOf('orders'),
      order_line: await this.columnsOf('order_line'),
    };
    const from = performance.now();
    await this.onConnection(async (client) => {
      await client.query('BEGIN');
      for (const table of ['orders', 'order_line'] as const)
        await pipeline(
          createReadStream(this.bareFiles[table]),
          client.query(copyFrom(`COPY bare_${table} (${columns[table]}) FROM STDIN`)),
        );
      await client.query('COMMIT');
    });
    return (performance.now() - from) / 1_000;
  }

  private async onConnection(work: (client: Client) => Promise<unknown>): Promise<void> {
    const client = new Client({ connectionString: this.place.databaseUrl });
    await client.connect();
    try {
      await work(client);
    } finally {
      await client.end();
    }
  }

  /** In alternation, so that what else the machine does meets both. */
  private async posts(): Promise<void> {
    const key = `bench-${randomUUID()}`;
    const server = await BenchServer.start('ours', key, apiEnvironment(this.place, key));
    const pool = new Pool({ connectionString: this.place.databaseUrl, max: CALLERS });
    try {
      const inserts = await this.bareInserts(pool);
      const post = (): Promise<unknown> =>
        server.call('POST', '/v1/orders', 201, key, JSON.stringify(newOrder()));
      for (const work of [post, inserts]) await perSecond(work, WARM_UP_MS);
      const ours: number[] = [];
      const bare: number[] = [];
      for (let run = 0; run < RUNS; run += 1) {
        ours.push(await perSecond(post, POST_MS));
        bare.push(await perSecond(inserts, POST_MS));
      }
      this.results.add(
        'orders by POST, beside a bare INSERT of the same rows',
        'orders/s',
        ours,
        bare,
        ratioAtLeast(0.1),
      );
    } finally {
      await server.stop();
      await pool.end();
    }
  }

  private async bareInserts(pool: Pool): Promise<() => Promise<unknown>> {
    const orders = await this.columnsOf('orders');
    const lines = await this.columnsOf('order_line');
    const [sample] = await this.dataSource.query<{ id: string }[]>('SELECT id FROM orders LIMIT 1');
    const fresh = orders
      .split(', ')
      .map((name) => (name === 'id' ? '$1::uuid' : name === 'number' ? '$2::text' : name));
    return () =>
      pool.query(
        `WITH written AS (
           INSERT INTO bare_orders (${orders}) SELECT ${fresh.join(', ')} FROM orders WHERE id = $3 RETURNING id
         )
         INSERT INTO bare_order_line (${lines})
         SELECT written.id, ${lines.split(', ').slice(1).join(', ')} FROM written, order_line WHERE order_id = $3`,
        [randomUUID(), randomUUID(), sample!.id],
      );
  }
}

const newOrder = (): object => ({
  number: randomUUID(),
  ordered_at: '2026-03-01T10:00:00Z',
  status: 'paid',
  currency: 'EUR',
  customer_name: 'Customer 17',
  customer_reference: 'C-17',
  lines: Array.from({ length: LINES_PER_ORDER }, (_, i) => ({
    sku: `SKU-${i}`,
    description: `A thing, number ${i}`,
    quantity: '2',
    unit_price: '17.50',
  })),
});

/** How often it is done, by as many callers at once as there are. */
async function perSecond(work: () => Promise<unknown>, forMs: number): Promise<number> {
  let done = 0;
  const from = performance.now();
  const caller = async (): Promise<void> => {
    while (performance.now() - from < forMs) {
      await work();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return (done * 1_000) / (performance.now() - from);
}

async function main(): Promise<void> {
  await withServices(async (place) => {
    const dataSource = await new DataSource(dataSourceOptions(place.databaseUrl, 10)).initialize();
    try {
      console.log(`${LINES} lines of ${ORDERS} orders`);
      await new ImportsBench(place, dataSource).run();
    } finally {
      await dataSource.destroy();
    }
  });
}

void main();
