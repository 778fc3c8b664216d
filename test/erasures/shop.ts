import { ErasureWorkerService } from '../../src/erasures/erasure-worker.service';
import { waitFor } from '../support/services';
import type { Answer, CallOptions, TestApp } from '../support/test-app';

const HEADER =
  'order_number,ordered_at,customer_name,customer_reference,currency,sku,description,quantity,unit_price';

export interface Delivery {
  id: string;
  status: string;
  failure: string | null;
}

/** A client, with what stories about erasure do in its name. */
export class Shop {
  private constructor(
    private readonly app: TestApp,
    readonly id: string,
    readonly key: string,
  ) {}

  static async open(app: TestApp, name: string): Promise<Shop> {
    const { id, key } = await app.client(name);
    return new Shop(app, id, key);
  }

  call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    return this.app.call(method, path, { key: this.key, ...options });
  }

  /** @returns the order's id */
  async create(order: object): Promise<string> {
    const made = await this.call('POST', '/v1/orders', { body: order });
    expect(made.status).toBe(201);
    return made.body.id;
  }

  /** The job once it has ended. */
  ended(id: string): Promise<Answer> {
    return waitFor(
      async () => {
        const job = await this.call('GET', `/v1/jobs/${id}`);
        return ['COMPLETED', 'FAILED', 'CANCELLED'].includes(job.body.status) && job;
      },
      { what: `job ${id} to end` },
    );
  }

  /** Asks for it asynchronously, and waits. @returns the job's id */
  async task(method: string, path: string, body?: object): Promise<string> {
    const accepted = await this.call(method, path, { body, headers: { Prefer: 'respond-async' } });
    expect(accepted.status).toBe(202);
    await this.ended(accepted.body.id);
    return accepted.body.id;
  }

  async report(body: object): Promise<string> {
    const accepted = await this.call('POST', '/v1/orders/reports', { body: { format: 'csv', ...body } });
    expect(accepted.status).toBe(202);
    expect((await this.ended(accepted.body.id)).body.status).toBe('COMPLETED');
    return accepted.body.id;
  }

  /** Hands in rows of order lines, and does not wait. @returns the job's id */
  async upload(...rows: string[]): Promise<string> {
    const accepted = await this.call('POST', '/v1/orders/imports', {
      body: [HEADER, ...rows].join('\n'),
      headers: { 'Content-Type': 'text/csv' },
    });
    expect(accepted.status).toBe(202);
    return accepted.body.id;
  }

  async importFile(...rows: string[]): Promise<Answer> {
    return this.ended(await this.upload(...rows));
  }

  /** @returns the erasure's id */
  async erase(customerReference: string): Promise<string> {
    const accepted = await this.call('POST', '/v1/erasures', {
      body: { customer_reference: customerReference },
    });
    expect(accepted).toMatchObject({ status: 202, body: { subject: 'person', client_id: this.id } });
    expect(accepted.headers.get('location')).toBe(`/v1/erasures/${accepted.body.id}`);
    return accepted.body.id;
  }

  /** The erasure's record once it is done, by who works on it on schedule. */
  doneOnSchedule(id: string): Promise<Answer> {
    return this.doneBy(() => Promise.resolve(), id);
  }

  /** The same, without waiting for the schedule. */
  done(id: string): Promise<Answer> {
    const worker = this.app.app.get(ErasureWorkerService, { strict: false });
    return this.doneBy(() => worker.run(new AbortController().signal), id);
  }

  private doneBy(work: () => Promise<void>, id: string): Promise<Answer> {
    return waitFor(
      async () => {
        await work();
        const erasure = await this.call('GET', `/v1/erasures/${id}`);
        return erasure.body.status === 'COMPLETED' && erasure;
      },
      { what: `erasure ${id} to be done`, timeoutMs: 120_000 },
    );
  }

  deliveryOf(jobId: string): Promise<Delivery> {
    return waitFor(
      async () => (await this.call('GET', `/v1/webhooks/deliveries?job_id=${jobId}`)).body.data[0],
      { what: `the delivery of ${jobId}` },
    );
  }
}
