import { cpus } from 'node:os';
import { type Measurements, ratioAtLeast } from './measurements';
import { RenderHarness } from './render-harness';

/** Small reports of clients in alternation, beside those of one. */

export const SMALL = { year: 2001, rows: 20, reports: 240 };
const AT_ONCE = 4 * Math.max(1, cpus().length);

/** Each run of many beside one of one client, so that what else the machine does meets both. */
export async function compareClients(
  harness: RenderHarness,
  results: Measurements,
  clients: number,
  runs: number,
): Promise<void> {
  await harness.addClients(clients, SMALL.year, SMALL.rows);
  const [many, one]: [number[], number[]] = [[], []];
  const measure = (of: number): Promise<number> => harness.reports(SMALL.year, SMALL.reports, AT_ONCE, of);
  // Compilers and caches are warm, and each client has printed before.
  await measure(clients);
  for (let run = 0; run < runs; run += 1) {
    one.push(await measure(1));
    many.push(await measure(clients));
  }
  results.add(
    `small reports a second of ${clients} clients in alternation, beside one client`,
    '1/s',
    many,
    one,
    ratioAtLeast(0.8),
  );
}

/** The same on a service of its own. */
export async function manyClients(results: Measurements): Promise<void> {
  const harness = await RenderHarness.open();
  try {
    await harness.addOrders(SMALL.year, SMALL.rows);
    await compareClients(harness, results, 50, 5);
  } finally {
    await harness.close();
  }
}
