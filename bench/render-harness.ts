import type { INestApplication } from '@nestjs/common';
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { request } from 'undici';
import { createApp } from '../src/app/app.setup';
import { AppConfig, readEnvironment } from '../src/config/app-config';
import { migrate } from '../src/database/migrate';
import { EmbeddedServices, startEmbeddedServices } from '../src/embedded/embedded-services';
import { keepHeapSmall } from '../src/app/heap';
import { BrowserProcess } from '../src/report-requests/rendering/browser-process';
import { memoryOfTree, processTree } from '../src/report-requests/rendering/process-tree';

const KEY = 'bench-key-0123456789abcdefghijklmnop';
const ADMIN_KEY = 'bench-admin-0123456789abcdefghijklmn';
const NO_LIMIT = '100000000';
const AT_ONCE = 20_000;
const MEGABYTE = 1024 * 1024;

/** A report that was waited for. */
export interface DoneReport {
  id: string;
  milliseconds: number;
}

/** Highest memory, in megabytes. */
export interface MemoryPeak {
  node: number;
  /** Of the largest browser, all its processes together, without files that they share. */
  browser: number;
}

/** The whole service in this process, on embedded services, with orders of a length that is asked for. */
export class RenderHarness {
  /** A key of each client: first of the one with all the orders. */
  private readonly keys = [KEY];

  private constructor(
    private readonly services: EmbeddedServices,
    private readonly app: INestApplication,
    private readonly url: string,
    readonly dataDir: string,
    /** Main processes of browsers that run. */
    readonly browsers: ReadonlySet<number>,
  ) {}

  static async open(): Promise<RenderHarness> {
    keepHeapSmall();
    const dataDir = mkdtempSync(join(tmpdir(), 'order-reports-bench-'));
    const services = await startEmbeddedServices({ dataDir, postgres: true, redis: true, log: console.log });
    await migrate(services.databaseUrl ?? '');
    const environment = readEnvironment({
      DATA_DIR: dataDir,
      PORT: '0',
      SAMPLE_DATA: 'false',
      ADMIN_API_KEY: ADMIN_KEY,
      DEMO_API_KEY: KEY,
      LOG_LEVEL: 'warn',
      BROWSER_PATH: process.env['BROWSER_PATH'],
      RATE_LIMIT_SUBMIT: NO_LIMIT,
      RATE_LIMIT_OTHER: NO_LIMIT,
      RATE_LIMIT_POLL: NO_LIMIT,
    });
    const config = new AppConfig(environment, {
      databaseUrl: services.databaseUrl ?? '',
      redisUrl: services.redisUrl ?? '',
    });
    const app = await createApp(config);
    const browsers = watchedBrowsers();
    await app.listen(0, '127.0.0.1');
    const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
    return new RenderHarness(services, app, `http://127.0.0.1:${port}`, dataDir, browsers);
  }

  get dataSource(): DataSource {
    return this.app.get(DataSource);
  }

  /** One order every 30 seconds from a year's first day on; years do not meet. */
  async addOrders(year: number, count: number, client = 'Demo'): Promise<void> {
    // In parts: the service's connections end a statement that takes long.
    for (let first = 1; first <= count; first += AT_ONCE) {
      await this.dataSource.query(
        `INSERT INTO orders (client_id, number, ordered_at, status, currency, customer_name, subtotal, discount_total, shipping_total,
             tax_total, tax_included, adjustment_total, refunded_total, line_count)
         SELECT c.id, $1 || '-' || n, make_timestamptz($2, 1, 1, 0, 0, 0, 'UTC') + n * interval '30 seconds',
           (ARRAY['pending', 'paid', 'shipped', 'delivered', 'cancelled', 'refunded'])[1 + n % 6], 'USD',
           (ARRAY['Ana Müller', 'Bob Stone', 'Claire Dubois', 'Dmitri Ivanov'])[1 + n % 4] || ' ' || n % 997,
           round((n * 37::bigint % 100000) / 4.0, 2), 0.00, 0.00, 0.00, false, 0.00, 0.00, 1
         FROM client c, generate_series($3::int, $4::int) AS n WHERE c.name = $5`,
        [String(year), year, first, Math.min(count, first + AT_ONCE - 1), client],
      );
    }
    await this.dataSource.query('ANALYZE orders');
  }

  /** More clients, each with the same orders of a year. */
  async addClients(count: number, year: number, orders: number): Promise<void> {
    while (this.keys.length < count) {
      const name = `Client ${this.keys.length}`;
      const { id } = await this.administer<{ id: string }>('/v1/clients', { name });
      const { key } = await this.administer<{ key: string }>(`/v1/clients/${id}/keys`, {
        name,
        scopes: ['reports'],
      });
      this.keys.push(key);
      await this.addOrders(year, orders, name);
    }
  }

  /** Asks for the orders of a year by HTTP, in a way of its own, and waits until the report is there. */
  async report(year: number, client = 0, asked: object = {}): Promise<DoneReport> {
    const from = performance.now();
    // Not `fetch`, which takes as much processor time again, of the processors that are measured.
    const { statusCode, headers, body } = await request(`${this.url}/v1/orders/reports`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${this.keys[client]}`,
        'content-type': 'application/json',
        // As a client waits that is in a hurry: asking again and again would take from what is measured.
        prefer: 'wait=30',
      },
      body: JSON.stringify({ start_date: `${year}-01-01`, end_date: `${year + 1}-01-01`, ...asked }),
    });
    const text = await body.text();
    const id = /[0-9a-f-]{36}/.exec(String(headers['location']))?.[0];
    if (id === undefined || (statusCode !== 303 && statusCode !== 202))
      throw new Error(`${statusCode}: ${text}`);
    if (statusCode === 202) await this.finished(id);
    return { id, milliseconds: performance.now() - from };
  }

  /** Gives the client with all the orders a brand and a logo (an SVG). */
  async dress(brand: object, logo: string): Promise<void> {
    await this.put('/v1/brand', 'application/json', JSON.stringify(brand));
    await this.put('/v1/brand/logo', 'image/svg+xml', logo);
  }

  async undress(): Promise<void> {
    await this.put('/v1/brand', 'application/json', '{}');
    const headers = { authorization: `Bearer ${KEY}` };
    await fetch(`${this.url}/v1/brand/logo`, { method: 'DELETE', headers });
  }

  /** Reports a second, so many of them asked for at once, by so many clients in alternation. */
  async reports(year: number, count: number, atOnce: number, clients = 1): Promise<number> {
    const from = performance.now();
    let left = count;
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        while (left-- > 0) await this.report(year, left % clients);
      }),
    );
    return (1_000 * count) / (performance.now() - from);
  }

  /** Waits for a report that takes longer than a client may wait for an answer. */
  private async finished(id: string): Promise<void> {
    for (;;) {
      const [job] = await this.dataSource.query<{ state: string; error: unknown }[]>(
        'SELECT state, error FROM job WHERE id = $1',
        [id],
      );
      if (job?.state === 'COMPLETED') return;
      if (job?.state === 'FAILED') throw new Error(JSON.stringify(job.error));
      await sleep(100);
    }
  }

  async save(id: string, path: string): Promise<void> {
    const answer = await fetch(`${this.url}/v1/orders/reports/${id}`, {
      headers: { authorization: `Bearer ${KEY}` },
    });
    await writeFile(path, answer.body!);
  }

  /** Does some work; resolves to its result and to the highest memory meanwhile. */
  async peakDuring<T>(work: () => Promise<T>): Promise<{ result: T; peak: MemoryPeak }> {
    const peak = { node: 0, browser: 0 };
    const timer = setInterval(() => {
      peak.node = Math.max(peak.node, process.memoryUsage.rss() / MEGABYTE);
      for (const pid of this.browsers)
        void memoryOfTree(pid).then((bytes) => (peak.browser = Math.max(peak.browser, bytes / MEGABYTE)));
    }, 200);
    try {
      return { result: await work(), peak };
    } finally {
      clearInterval(timer);
    }
  }

  /** Of all of them together, without files that they share, in megabytes. */
  async memoryOfBrowsers(): Promise<number> {
    const all = await Promise.all([...this.browsers].map(memoryOfTree));
    return all.reduce((sum, bytes) => sum + bytes / MEGABYTE, 0);
  }

  /** How many processes of browsers run. */
  async processes(): Promise<number> {
    const trees = await Promise.all([...this.browsers].map(processTree));
    return trees.flat().length;
  }

  private async put(path: string, type: string, body: string): Promise<void> {
    const headers = { authorization: `Bearer ${KEY}`, 'content-type': type };
    const answer = await fetch(`${this.url}${path}`, { method: 'PUT', headers, body });
    if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`);
  }

  private async administer<T>(path: string, body: object): Promise<T> {
    const answer = await fetch(`${this.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (answer.status !== 201) throw new Error(`${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.services.stop();
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

/** The service does not show its browsers, so their start is observed. */
function watchedBrowsers(): Set<number> {
  const browsers = new Set<number>();
  const start = BrowserProcess.start.bind(BrowserProcess);
  BrowserProcess.start = async (...parameters) => {
    const started = await start(...parameters);
    const pid = started.browser.process()?.pid ?? 0;
    browsers.add(pid);
    started.onEnd(() => browsers.delete(pid));
    return started;
  };
  return browsers;
}
