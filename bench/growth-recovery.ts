import type { Client } from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../src/database/connection';
import { DEFAULT_CONCURRENCY, DEFAULT_PER_SECOND } from '../src/webhooks/deliveries/messages';
import { Bench, deliveryConfig, withReceiver } from './delivery-harness';
import { type GrowthContext, RUNS } from './growth-context';
import { addPending } from './growth-fill';
import { quantile, ratioAtMost, valueAtMost } from './measurements';
import { inOwnDatabase } from './own-database';

const PENDING = Number(process.env['GROWTH_PENDING'] ?? 1_000_000);
const FIRST = 100;
/** Of another client, in each run. */
const OTHERS = 300;
const LONGEST_MS = 120_000;
/** It answers after 50 ms, as one across the internet. */
const RECEIVER = '/far';

/**
 * A destination recovers that has failed for long, with a million deliveries and with a hundred: how soon the first hundred
 * arrive, from the moment at which it may be asked again; and how long deliveries of another client take while the backlog
 * drains, beside without, in alternation.
 */
export async function recovery({ results, services }: GrowthContext): Promise<void> {
  await inOwnDatabase(services, async (place, database) => {
    const dataSource = await new DataSource(dataSourceOptions(place.databaseUrl, 4)).initialize();
    try {
      await withReceiver(async (receiver) => {
        const bench = new Bench(deliveryConfig(place), dataSource, receiver);
        const failing = async (pending: number): Promise<string> => {
          const client = await bench.client();
          const endpoint = await bench.endpoint(client, RECEIVER, DEFAULT_CONCURRENCY, DEFAULT_PER_SECOND);
          await breakOff(database, endpoint);
          await addPending(database, client, endpoint, receiver + RECEIVER, pending);
          return endpoint;
        };
        try {
          const other = await bench.clientOf('/quick');
          const small: number[] = [];
          for (let run = 0; run < RUNS; run += 1)
            small.push(await untilFirst(bench, database, await failing(FIRST)));
          const endpoint = await failing(PENDING);
          const large = await untilFirst(bench, database, endpoint);
          results.add(
            `${FIRST} delivered after a recovery, ${PENDING} pending, beside ${FIRST}`,
            's',
            [large],
            small,
            valueAtMost(5, 's'),
          );
          const p99 = async (): Promise<number> => {
            const took: number[] = [];
            for (let each = 0; each < OTHERS; each += 1) took.push(await bench.untilStored(other));
            return quantile(took, 0.99);
          };
          const [during, without]: [number[], number[]] = [[], []];
          for (let run = 0; run <= RUNS; run += 1) {
            await bench.arrivals();
            const meanwhile = await p99();
            const drained = (await bench.arrivals()).length - OTHERS;
            if (drained < FIRST) throw new Error(`The backlog did not drain meanwhile: ${drained} arrived.`);
            await hold(database, endpoint, true);
            const alone = await p99();
            await hold(database, endpoint, false);
            if (run === 0) continue;
            during.push(meanwhile);
            without.push(alone);
          }
          results.add(
            'p99 of others while it drains, beside without',
            'ms',
            during,
            without,
            ratioAtMost(1.2),
          );
        } finally {
          await bench.stop();
        }
      });
    } finally {
      await dataSource.destroy();
    }
  });
}

/** As after days of failures: asked again in an hour at the earliest. */
async function breakOff(database: Client, endpoint: string): Promise<void> {
  await database.query(
    `UPDATE webhook_destination SET failures = 50, failing_since = now() - interval '1 day',
       paused_until = now() + interval '1 hour' WHERE id = $1`,
    [endpoint],
  );
}

/** @returns seconds */
async function untilFirst(bench: Bench, database: Client, endpoint: string): Promise<number> {
  await bench.arrivals();
  await database.query('UPDATE webhook_destination SET paused_until = now() WHERE id = $1', [endpoint]);
  const from = performance.now();
  for (let arrived = 0; arrived < FIRST;) {
    if (performance.now() - from > LONGEST_MS) throw new Error(`Only ${arrived} were delivered.`);
    await sleep(10);
    arrived += (await bench.arrivals()).length;
  }
  return (performance.now() - from) / 1_000;
}

/** Nothing is sent there, or again; what was under way has ended. */
async function hold(database: Client, endpoint: string, isHeld: boolean): Promise<void> {
  await database.query(
    `UPDATE webhook_destination SET disabled_reason = CASE WHEN $2::boolean THEN 'owner' END,
       disabled_at = CASE WHEN $2 THEN now() END WHERE id = $1`,
    [endpoint, isHeld],
  );
  await sleep(1_000);
}
