import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../src/database/connection';
import { Bench, deliveryConfig, withReceiver } from './delivery-harness';
import { type Foreign, type Place, SECONDS, whileOpen } from './noop-jobs';

/** More than can be delivered while it is watched. */
const EVENTS = 100_000;
const WARM_UP_MS = 4_000;

/**
 * Deliveries a second of one worker to one endpoint, from a full outbox.
 *
 * @returns one rate, and a second one with a foreign transaction
 */
export async function deliveryRates(place: Place, foreign?: Foreign): Promise<number[]> {
  const dataSource = await new DataSource(dataSourceOptions(place.databaseUrl, 4)).initialize();
  const rates: number[] = [];
  try {
    await withReceiver(async (receiver) => {
      const bench = new Bench(deliveryConfig(place), dataSource, receiver);
      const watch = async (): Promise<number> => {
        await bench.arrivals();
        const from = performance.now();
        await sleep(SECONDS * 1_000);
        const { length } = await bench.arrivals();
        if (length === 0) throw new Error('There were too few deliveries.');
        return (length * 1_000) / (performance.now() - from);
      };
      try {
        const client = await bench.clientOf('/throughput');
        await bench.stop();
        await bench.events(client, foreign?.jobs ?? EVENTS);
        await dataSource.query('VACUUM (ANALYZE) job, job_event, webhook_outbox');
        await bench.start();
        await sleep(WARM_UP_MS);
        rates.push(await watch());
        if (foreign) rates.push(await whileOpen(place.databaseUrl, foreign.seconds, watch));
      } finally {
        await bench.stop();
      }
    });
  } finally {
    await dataSource.destroy();
  }
  return rates;
}
