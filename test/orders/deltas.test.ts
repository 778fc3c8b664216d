import { parse } from 'csv-parse/sync';
import { join } from 'node:path';
import { AppConfig } from '../../src/config/app-config';
import { RunningProcess } from '../support/running-process';
import { waitFor } from '../support/services';
import { DEMO_KEY } from '../support/test-config';
import { OrdersApi } from './orders-api';

/**
 * Yesterday's file and the deltas since are today's file, row by row, whatever is written meanwhile and although the
 * worker is killed while it makes one of them. `npm run deltas` does it with 100,000 orders and 20 random seeds.
 */
const RUNS = Number(process.env['DELTA_RUNS'] ?? 1);
const ORDERS = Number(process.env['DELTA_ORDERS'] ?? 20_000);
const SEED = Number(process.env['DELTA_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const WRITERS = 50;
const MAIN = join(__dirname, '../../dist/main.js');
const STATUSES = ['pending', 'paid', 'shipped', 'delivered', 'cancelled', 'refunded'];
/** Some of what the writers do leads into it, and some out of it. */
const FILTER = {
  start_date: '2026-01-01',
  end_date: '2026-07-01',
  status: STATUSES.filter((status) => status !== 'pending'),
};
const LINE = { sku: 'A', description: 'Thing', quantity: '1', unit_price: '12.50' };

let api: OrdersApi;
let worker: RunningProcess;

beforeAll(async () => {
  api = await OrdersApi.start({
    ROLE: 'api',
    SAMPLE_DATA: 'false',
    RATE_LIMIT_OTHER: '1000000',
    RATE_LIMIT_SUBMIT: '1000000',
    RATE_LIMIT_POLL: '1000000',
  });
  worker = await startWorker();
});

afterAll(async () => {
  await kill(worker);
  await api.stop();
});

function startWorker(): Promise<RunningProcess> {
  const { databaseUrl, redisUrl, dataDir } = api.app.get(AppConfig);
  return RunningProcess.start(process.execPath, [MAIN], {
    cwd: dataDir,
    env: {
      PATH: process.env['PATH'],
      HOME: dataDir,
      ROLE: 'worker',
      DATABASE_URL: databaseUrl,
      REDIS_URL: redisUrl,
      DATA_DIR: dataDir,
      JOB_LEASE_SECONDS: '5',
      PORT: '0',
    },
  });
}

async function kill(process_: RunningProcess): Promise<void> {
  process_.signal('SIGKILL');
  await process_.exited();
}

type Row = Record<string, string>;

interface Report {
  asOf: string;
  rows: Row[];
}

const submit = async (body: object): Promise<string> => {
  const answer = await api.call('POST', '/v1/orders/reports', { body: { ...body, format: 'csv' } });
  if (answer.status !== 202) throw new Error(JSON.stringify(answer.body));
  return answer.body.id;
};

async function made(id: string): Promise<Report> {
  const job = await waitFor(
    async () => {
      const { body } = await api.call('GET', `/v1/jobs/${id}`);
      return !['PENDING', 'IN_PROGRESS'].includes(body.status) && body;
    },
    { what: `report ${id}`, timeoutMs: 180_000 },
  );
  if (job.status !== 'COMPLETED') throw new Error(JSON.stringify(job.error));
  const file = await fetch(`http://127.0.0.1:${api.port}/v1/orders/reports/${id}`, {
    headers: { authorization: `Bearer ${DEMO_KEY}` },
  });
  return {
    asOf: job.result.as_of,
    rows: parse<Row>(Buffer.from(await file.arrayBuffer()), { columns: true, bom: true }),
  };
}

const report = async (body: object): Promise<Report> => made(await submit(body));

/** Applies a delta to a file, as a reader of both does. */
function apply(file: Map<string, string>, delta: Row[]): void {
  for (const { change, ...row } of delta) {
    if (change === 'removed') file.delete(row['number']!);
    else if (change === 'updated') file.set(row['number']!, JSON.stringify(row));
    else throw new Error(`A row has the change ${change}.`);
  }
}

const asFile = (rows: Row[]): Map<string, string> =>
  new Map(rows.map((row) => [row['number']!, JSON.stringify(row)]));

/** A number of 32 bits for each call: mulberry32. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** A writer may be refused for what an order is by then, and for nothing else. */
async function attempt(...call: Parameters<OrdersApi['call']>): ReturnType<OrdersApi['call']> {
  const answer = await api.call(...call);
  if (![200, 201, 204, 404, 412, 422].includes(answer.status))
    throw new Error(`${call[0]} ${call[1]}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer;
}

/** Does one thing to one of the orders, or to the one that it makes. */
async function write(random: (below: number) => number): Promise<void> {
  const number = `N-${random(ORDERS + 500)}`;
  const path = `/v1/orders/by-number/${number}`;
  const ordered_at = random(4) === 0 ? '2025-12-31T23:00:00Z' : `2026-0${1 + random(6)}-11T08:00:00Z`;
  const status = STATUSES[random(STATUSES.length)];
  const what = random(10);
  if (what < 4) {
    const body = {
      ordered_at,
      status,
      currency: 'EUR',
      customer_name: `Name ${random(1_000)}`,
      lines: [LINE],
    };
    await attempt('PUT', path, { body });
    return;
  }
  const { status: found, body: order } = await attempt('GET', path);
  if (found === 404) return;
  if (what < 7) await attempt('PATCH', `/v1/orders/${order.id}`, { body: { status, refunded_total: null } });
  else if (what < 8) await attempt('PATCH', `/v1/orders/${order.id}`, { body: { ordered_at } });
  else if (what < 9) await attempt('DELETE', `/v1/orders/${order.id}`);
  else
    await attempt('PATCH', `/v1/orders/${order.id}`, {
      body: { customer_name: 'X' },
      headers: { 'if-match': '"1"' },
    });
}

async function importMore(run: number): Promise<void> {
  const rows = Array.from(
    { length: 2_000 },
    (_, index) => `I-${run}-${index},2026-03-03T03:03:03Z,paid,EUR,Import ${index},A,Thing,1,12.50`,
  );
  await api.importCsv(
    [
      'order_number,ordered_at,status,currency,customer_name,sku,description,quantity,unit_price',
      ...rows,
    ].join('\n'),
  );
}

it.each(Array.from({ length: RUNS }, (_, run) => SEED + run))(
  "yesterday's file and the deltas since are today's file (seed %i)",
  async (seed) => {
    const random = randomOf(seed);
    const database = api.database;
    const [{ id: clientId }] = await database.query(`SELECT id FROM client WHERE name = 'Demo'`);
    await database.query('DELETE FROM orders WHERE client_id = $1', [clientId]);
    await database.query(
      `WITH made AS (
         INSERT INTO orders (client_id, number, ordered_at, status, currency, customer_name, subtotal, discount_total, shipping_total,
           tax_total, tax_included, adjustment_total, refunded_total, line_count)
         SELECT $1, 'N-' || n, timestamptz '2025-12-01 UTC' + n % 200 * interval '1 day',
           ($3::text[])[1 + n % 4], 'EUR', 'Name ' || n % 997, 12.50, 0.00, 0.00, 0.00, false, 0.00, 0.00, 1
         FROM generate_series(1, $2::int) n RETURNING id
       ) INSERT INTO order_line (order_id, position, sku, description, quantity, unit_price, total)
       SELECT id, 1, 'A', 'Thing', 1, 12.50, 12.50 FROM made`,
      [clientId, ORDERS, STATUSES],
    );
    const done = new AbortController();
    const writing = Promise.all(
      Array.from({ length: WRITERS }, async () => {
        while (!done.signal.aborted) await write(random);
      }),
    );
    try {
      const id = await submit(FILTER);
      await waitFor(
        async () => {
          const { body } = await api.call('GET', `/v1/jobs/${id}`);
          return body.progress > 0 || body.status === 'COMPLETED';
        },
        { what: 'the report under way', everyMs: 5 },
      );
      await kill(worker);
      worker = await startWorker();
      const yesterday = await made(id);
      await importMore(seed);
      const reports = [yesterday];
      for (let delta = 0; delta < 2; delta += 1)
        reports.push(await report({ ...FILTER, changed_since: reports.at(-1)!.asOf }));
      done.abort();
      await writing;
      await waitFor(
        async () => (await api.call('GET', '/v1/jobs?status=PENDING,IN_PROGRESS')).body.data.length === 0,
        { what: 'the import to end' },
      );
      reports.push(await report({ ...FILTER, changed_since: reports.at(-1)!.asOf }));
      const today = await report(FILTER);

      const file = asFile(yesterday.rows);
      for (const { rows } of reports.slice(1)) apply(file, rows);
      const expected = asFile(today.rows);
      const differing = [...new Set([...file.keys(), ...expected.keys()])].filter(
        (number) => file.get(number) !== expected.get(number),
      );
      expect(differing.map((number) => [number, file.get(number), expected.get(number)])).toEqual([]);
      expect(expected.size).toBe(today.rows.length);
      expect(reports.slice(1).some(({ rows }) => rows.some(({ change }) => change === 'removed'))).toBe(true);
      expect((await report({ ...FILTER, changed_since: today.asOf })).rows).toEqual([]);
    } finally {
      done.abort();
      await writing;
    }
  },
  600_000,
);
