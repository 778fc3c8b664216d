import { AgeingService } from '../src/database/ageing.service';
import { deliveryRates } from './delivery-rates';
import { CALLERS, clearQueue, type GrowthContext, RUN_MS, RUNS } from './growth-context';
import type { BenchServer } from './http-server';
import { ratioAtLeast } from './measurements';
import { inOwnDatabase } from './own-database';

/** How fast what is old is removed. The last of all rows: it takes away what the others are measured on. */
export async function ageing({ results, grown, alone, services, start }: GrowthContext): Promise<void> {
  const { database, dataSource } = grown;
  const delivered = await inOwnDatabase(services, (place) => deliveryRates(place));
  const made = await accepted(await start(alone));
  await clearQueue(alone);
  // It was said long ago.
  await database.query(
    `INSERT INTO retention SELECT kind, 1, now() - interval '2 days' FROM unnest(ARRAY['job', 'webhook_message']) kind
     ON CONFLICT (kind) DO UPDATE SET days = 1, said_at = excluded.said_at`,
  );
  const rate = async (table: 'job' | 'webhook_message'): Promise<number> => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 10_000);
    const from = performance.now();
    const removed = await new AgeingService(dataSource).remove(
      { table, rows: 'rows', setting: 'none', days: 1, isOver: () => `r.created_at < now()` },
      stop.signal,
    );
    return (removed * 1_000) / (performance.now() - from);
  };
  const messages = [await rate('webhook_message')];
  const jobs = [await rate('job')];
  const twice = ratioAtLeast(2);
  results.add('jobs with their events removed, beside reports accepted', '1/s', jobs, made, twice);
  results.add(
    'messages with their deliveries removed, beside deliveries made',
    '1/s',
    messages,
    delivered,
    twice,
  );
}

/** Reports that one API process accepts in a second. The first run warms up. */
async function accepted(server: BenchServer): Promise<number[]> {
  const runs: number[] = [];
  for (let run = 0; run <= RUNS; run += 1)
    runs.push((await server.load('POST', ['/v1/orders/reports'], 202, RUN_MS, CALLERS)).perSecond);
  return runs.slice(1);
}
