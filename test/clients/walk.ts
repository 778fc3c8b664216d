import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

/** Of a job, what the walk looks at. */
export interface SeenJob {
  id: string;
  status: string;
}

/** README's calls, each through a client that was generated. An error of the client's is thrown. */
export interface Calls {
  /** The report of 2016, with an idempotency key. */
  submitReport(): Promise<SeenJob>;
  /** The report in three formats, grouped, filtered and sorted. */
  submitArrangedReport(): Promise<SeenJob>;
  job(id: string): Promise<SeenJob>;
  /** By the address in `Location`. */
  reportStatus(id: string): Promise<SeenJob>;
  /** The digest, in hex, that the job has of its first file. */
  sha256Of(id: string): Promise<string | undefined>;
  download(id: string): Promise<ArrayBuffer>;
  cancel(id: string): Promise<SeenJob>;
  importOrders(csv: string): Promise<SeenJob>;
  /** How many orders an import created; `undefined` while it is under way. */
  createdBy(importId: string): Promise<number | undefined>;
  createOrder(): Promise<{ id: string; total: string }>;
  replaceOrder(): Promise<{ id: string; total: string }>;
  refundOrder(id: string): Promise<{ status: string }>;
}

const ORDERS = `order_number,ordered_at,status,currency,customer_name,sku,description,quantity,unit_price
A-1002,2016-01-08,paid,EUR,Ana Pérez,BK-1,Bookcase,2,130.98
A-1002,2016-01-08,paid,EUR,Ana Pérez,CH-7,Chair,3,243.98
`;
const WITHIN_MS = 120_000;

/** Goes through submit, follow, download, cancel and import; an error ends the process. */
export async function walk(calls: Calls): Promise<void> {
  const order = await calls.createOrder();
  check('the total of the order', order.total, '64.75');
  const replaced = await calls.replaceOrder();
  check('the id of the replaced order', replaced.id, order.id);
  check('the refunded order', (await calls.refundOrder(order.id)).status, 'refunded');

  const imported = await calls.importOrders(ORDERS);
  check('the orders created', await until('the import', () => calls.createdBy(imported.id)), 1);

  const report = await calls.submitReport();
  await until('the report', async () => ended(await calls.job(report.id)));
  check('the status at its address', (await calls.reportStatus(report.id)).status, 'COMPLETED');
  const file = new Uint8Array(await calls.download(report.id));
  check('the file', createHash('sha256').update(file).digest('hex'), await calls.sha256Of(report.id));

  const cancelled = await calls.submitArrangedReport();
  await calls.cancel(cancelled.id);
  const { status } = await until('the cancelled report', async () => ended(await calls.job(cancelled.id)));
  check('its status', status, 'CANCELLED');
}

const ended = (job: SeenJob): SeenJob | undefined =>
  ['COMPLETED', 'FAILED', 'CANCELLED'].includes(job.status) ? job : undefined;

function check(what: string, seen: unknown, wanted: unknown): void {
  if (seen !== wanted) throw new Error(`${what}: ${String(seen)} instead of ${String(wanted)}`);
}

async function until<T>(what: string, see: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + WITHIN_MS;
  for (;;) {
    const seen = await see();
    if (seen !== undefined) return seen;
    if (Date.now() > deadline) throw new Error(`${what} had not ended after ${WITHIN_MS} ms`);
    await sleep(250);
  }
}
