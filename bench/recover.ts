import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../src/database/connection';
import { JobsWorkerModule } from '../src/jobs/worker/jobs-worker.module';
import { DEFAULT_CONCURRENCY, DEFAULT_PER_SECOND } from '../src/webhooks/deliveries/messages';
import { Bench, deliveryConfig, withReceiver } from './delivery-harness';
import { apiEnvironment, BenchServer } from './http-server';
import { Measurements, quantile, ratioAtMost } from './measurements';
import type { Place } from './noop-jobs';
import { DeadReceiver } from './recover-harness';
import { withServices } from './bench-services';

/**
 * A receiver was dead and missed events, whose deliveries were given up: one call catches up with them. How long that takes
 * one after the other, when the order is the feed's, and with as many at once as by default; and how long deliveries of
 * another client take meanwhile, beside without. With `RECOVER_EVENTS=2000` in a minute.
 */

const EVENTS = Number(process.env['RECOVER_EVENTS'] ?? 100_000);
const RUNS = 3;
/** Deliveries of another client in each, and unmeasured before. */
const [MEASURED, WARMING] = [500, 20];
const KEY = `recover-${'x'.repeat(32)}`;
/** More than comes about. */
const ANY_RATE = 10_000;

async function measure(bench: Bench, receiver: DeadReceiver): Promise<void> {
  const results = new Measurements('recover');
  const name = `${EVENTS.toLocaleString('en')} missed events by one call`;
  for (const [limits, concurrency, isOrdered] of [
    ['one at a time', 1, true],
    [`${DEFAULT_CONCURRENCY} at once`, DEFAULT_CONCURRENCY, false],
  ] as const) {
    await receiver.dies(concurrency, ANY_RATE);
    const from = performance.now();
    await receiver.end(await receiver.recover());
    const seconds = (performance.now() - from) / 1_000;
    const arrivals = await receiver.arrived();
    const order = isOrdered ? ', in the order of the feed' : '';
    results.add(`${name}, ${limits}`, 's', [seconds], [], {
      aim: `each once, the same bytes${order}`,
      holds: () => receiver.hasAll(arrivals) && (!isOrdered || receiver.isInOrder(arrivals)),
    });
  }

  const other = await bench.clientOf('/quick');
  const p99 = async (): Promise<number> => {
    await receiver.delaysOfOthers(other, WARMING);
    return quantile(await receiver.delaysOfOthers(other, MEASURED), 0.99);
  };
  await p99();
  const [during, without]: [number[], number[]] = [[], []];
  // In alternation, so that whatever else happens on the machine happens to both.
  for (let run = 0; run < RUNS; run += 1) {
    await receiver.dies(DEFAULT_CONCURRENCY, DEFAULT_PER_SECOND);
    without.push(await p99());
    const job = await receiver.recover();
    during.push(await p99());
    await receiver.cancel(job);
  }
  results.add(
    `p99 from event to 2xx of others, while one catches up (${DEFAULT_CONCURRENCY} at once, ${DEFAULT_PER_SECOND} a second), beside without`,
    'ms',
    during,
    without,
    ratioAtMost(1.1),
  );
  results.print();
}

async function inPlace(place: Place): Promise<void> {
  const dataSource = await new DataSource(dataSourceOptions(place.databaseUrl, 4)).initialize();
  const api = await BenchServer.start('ours', KEY, apiEnvironment(place, KEY));
  try {
    await withReceiver(async (url) => {
      const bench = new Bench(deliveryConfig(place), dataSource, url, [JobsWorkerModule]);
      try {
        await measure(bench, await DeadReceiver.add({ bench, dataSource, api, url }, EVENTS));
      } finally {
        await bench.stop();
      }
    });
  } finally {
    await api.stop();
    await dataSource.destroy();
  }
}

void withServices(inPlace);
