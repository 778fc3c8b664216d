import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import type { Arrivals, Bench } from './delivery-harness';
import type { BenchServer } from './http-server';

const SINCE = '2020-01-01T00:00:00Z';
const PATH = '/digest';
/** Of one statement. */
const AT_ONCE = 1_000;
const EVERY_MS = 20;
/** How often what has arrived is fetched, while nothing else is measured. */
const FETCH_MS = 500;

interface Context {
  bench: Bench;
  dataSource: DataSource;
  api: BenchServer;
  /** Where the receiver is. */
  url: string;
}

interface FeedPage {
  data: { id: string; type: string; body: string }[];
  next_cursor: string | null;
}

/** An endpoint of the client with the key, whose deliveries were all given up while its receiver was dead. */
export class DeadReceiver {
  /** The SHA-256 of each event's body by its id, in the order of the feed. */
  private readonly expected = new Map<string, string>();
  private arrivals: Arrivals = [];

  private constructor(
    private readonly context: Context,
    private readonly endpoint: string,
    private readonly events: number,
  ) {}

  static async add(context: Context, events: number): Promise<DeadReceiver> {
    const [key] = await context.dataSource.query<{ client_id: string }[]>('SELECT client_id FROM api_key');
    const client = key?.client_id ?? '';
    const endpoint = await context.bench.endpoint(client, PATH);
    await context.dataSource.query(`UPDATE webhook_endpoint SET event_types = '{bench.*}' WHERE id = $1`, [
      endpoint,
    ]);
    const receiver = new DeadReceiver(context, endpoint, events);
    await receiver.fill(client);
    await receiver.readFeed();
    return receiver;
  }

  /** It has had nothing, and failed for long. */
  async dies(concurrency: number, perSecond: number): Promise<void> {
    const { dataSource } = this.context;
    await dataSource.query(
      `UPDATE delivery SET state = 'EXHAUSTED', failure = 'timeout', failures = 10, finished_at = now()
       WHERE endpoint_id = $1 AND state = 'DELIVERED'`,
      [this.endpoint],
    );
    await dataSource.query('DELETE FROM delivery_attempt');
    await dataSource.query(
      `UPDATE webhook_destination SET failures = 50, failing_since = now() - interval '3 days',
         paused_until = now() + interval '1 hour', max_concurrency = $2, concurrency = $2, max_per_second = $3
       WHERE id = $1`,
      [this.endpoint, concurrency, perSecond],
    );
    await dataSource.query(
      'VACUUM (ANALYZE) webhook_message, delivery, delivery_attempt, webhook_destination',
    );
    this.arrivals = [];
    await this.context.bench.arrivals();
  }

  /** The one call. @returns the id of its job */
  async recover(): Promise<string> {
    const path = `/v1/webhooks/endpoints/${this.endpoint}/recover`;
    const { id } = await this.context.api.call(
      'POST',
      path,
      202,
      undefined,
      JSON.stringify({ since: SINCE }),
    );
    return id as string;
  }

  /** Until the job has ended, and has delivered all. */
  async end(job: string): Promise<void> {
    for (;;) {
      const { status, result } = await this.job(job);
      if (status === 'COMPLETED') {
        const { delivered } = result as { delivered: number };
        if (delivered !== this.events)
          throw new Error(`Of ${this.events} it delivered: ${JSON.stringify(result)}.`);
        return;
      }
      if (status !== 'PENDING' && status !== 'IN_PROGRESS')
        throw new Error(`The job ended ${String(status)}.`);
      await this.fetchArrivals();
      await sleep(FETCH_MS);
    }
  }

  /** Ends what is still being sent. */
  async cancel(job: string): Promise<void> {
    const { status } = await this.job(job);
    if (status !== 'IN_PROGRESS') throw new Error('It had caught up before the others were measured.');
    await this.context.api.call('DELETE', `/v1/jobs/${job}`, 202);
    for (let isOver = false; !isOver;) {
      await sleep(FETCH_MS);
      isOver = (await this.job(job))['status'] === 'CANCELLED' && (await this.isQuiet());
    }
  }

  /** What it got, in the order in which it came. */
  async arrived(): Promise<Arrivals> {
    await this.fetchArrivals();
    return this.arrivals
      .filter(([, , digest]) => digest !== undefined)
      .sort(([, one], [, other]) => one - other);
  }

  hasAll(arrivals: Arrivals): boolean {
    return (
      arrivals.length === this.expected.size &&
      new Set(arrivals.map(([id]) => id)).size === arrivals.length &&
      arrivals.every(([id, , digest]) => this.expected.get(id) === digest)
    );
  }

  isInOrder(arrivals: Arrivals): boolean {
    const ids = [...this.expected.keys()];
    return arrivals.every(([id], index) => id === ids[index]);
  }

  /** Milliseconds from the commit of each event of another client to its arrival, at a fixed interval. */
  async delaysOfOthers(client: string, count: number): Promise<number[]> {
    const committed = new Map<string, number>();
    for (let index = 0; index < count; index += 1) {
      const [id = ''] = await this.context.bench.events(client, 1);
      committed.set(id, performance.timeOrigin + performance.now());
      this.context.bench.wakeUp();
      await sleep(EVERY_MS);
    }
    const found: number[] = [];
    while (found.length < count) {
      for (const [id, at] of await this.context.bench.arrivals()) {
        const from = committed.get(id);
        if (from !== undefined) found.push(at - from);
      }
      await sleep(EVERY_MS);
    }
    return found;
  }

  private job(id: string): Promise<Record<string, unknown>> {
    return this.context.api.call('GET', `/v1/jobs/${id}`, 200);
  }

  private async isQuiet(): Promise<boolean> {
    const open = await this.context.dataSource.query<unknown[]>(
      `SELECT FROM delivery WHERE endpoint_id = $1 AND state IN ('PENDING', 'DELIVERING') LIMIT 1`,
      [this.endpoint],
    );
    return open.length === 0;
  }

  private async fetchArrivals(): Promise<void> {
    this.arrivals.push(...(await this.context.bench.arrivals()));
  }

  private async fill(client: string): Promise<void> {
    const { dataSource, url } = this.context;
    for (let from = 0; from < this.events; from += AT_ONCE)
      await dataSource.query(
        `WITH message AS (
           INSERT INTO webhook_message (id, client_id, type, body, occurred_at, created_at)
           SELECT uuid_v7(), $1, 'bench.completed', convert_to(json_build_object('type', 'bench.completed', 'timestamp', at,
             'data', json_build_object('number', n, 'padding', repeat('x', 400)))::text, 'UTF8'), at, at
           FROM (SELECT n, now() - interval '1 day' + n * interval '0.5 s' AS at FROM generate_series($4::int, $5) AS n) made
           ORDER BY n RETURNING id
         )
         INSERT INTO delivery (id, message_id, client_id, destination_id, endpoint_id, url, state, attempt, failures, failure,
           give_up_at, finished_at)
         SELECT uuid_v7(), id, $1, $2, $2, $3, 'EXHAUSTED', 10, 10, 'timeout', now(), now() FROM message`,
        [client, this.endpoint, url + PATH, from + 1, Math.min(from + AT_ONCE, this.events)],
      );
  }

  private async readFeed(): Promise<void> {
    for (let after: string | null = ''; after !== null;) {
      const page: unknown = await this.context.api.call(
        'GET',
        `/v1/events?page_size=100&after=${after}`,
        200,
      );
      const { data, next_cursor } = page as FeedPage;
      for (const { id, body } of data) this.expected.set(id, createHash('sha256').update(body).digest('hex'));
      after = next_cursor;
    }
    if (this.expected.size !== this.events) throw new Error(`The feed has ${this.expected.size} events.`);
  }
}
