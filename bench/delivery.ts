import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { Pool } from 'undici';
import { newId } from '../src/common/ids';
import { callbackHeaders } from '../src/webhooks/signing/callback-headers';
import { newSigningKey } from '../src/webhooks/signing/standard-webhooks';
import { type Arrivals, AT_ONCE, Bench, deliveryConfig, withReceiver } from './delivery-harness';
import { type Measurement, median, quantile, writeResults } from './measurements';
import { withServices } from './bench-services';

const RUNS = 5;
const ISOLATION_RUNS = 5;
/** In each of them, and unmeasured before it. */
const [MEASURED, WARMING] = [250, 20];
const EVERY_MS = 40;
/** Enough for a run of either loop to last a second or more. */
const DELIVERIES = 20_000;
const BODY = Buffer.from(JSON.stringify({ type: 'bench.completed', data: { padding: 'x'.repeat(400) } }));

const rate = (arrivals: Arrivals): number => {
  const times = arrivals.map(([, at]) => at);
  return ((times.length - 1) * 1_000) / (Math.max(...times) - Math.min(...times));
};

/** What an undici loop does that signs and sends, and writes nothing down. */
async function bareLoop(receiver: string): Promise<void> {
  const pool = new Pool(receiver, { connections: AT_ONCE, pipelining: 1 });
  const keys = [newSigningKey('v1')];
  let left = DELIVERIES;
  const one = async (): Promise<void> => {
    while (left-- > 0) {
      const headers = callbackHeaders(newId(), BODY, keys, new Date());
      const { body } = await pool.request({ method: 'POST', path: '/bare', headers, body: BODY });
      await body.dump();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  await pool.close();
}

async function throughput(bench: Bench, receiver: string): Promise<Measurement> {
  const [ours, bare]: [number[], number[]] = [[], []];
  const client = await bench.clientOf('/throughput');
  for (let run = 0; run <= RUNS; run += 1) {
    await bareLoop(receiver);
    const bareRate = rate(await bench.arrivals());
    await bench.stop();
    await bench.events(client, DELIVERIES);
    await bench.start();
    const ourRate = rate(await bench.arrived(DELIVERIES));
    // In the first both loops become warm.
    if (run === 0) continue;
    bare.push(bareRate);
    ours.push(ourRate);
  }
  const [value, beside] = [median(ours), median(bare)];
  return {
    name: 'deliveries a second, beside a bare signed loop',
    value,
    unit: '1/s',
    beside,
    ratio: value / beside,
    runs: ours,
  };
}

/** Milliseconds from the commit of each event to its arrival, one after the other at a fixed interval. */
async function delays(bench: Bench, clients: string[], count: number): Promise<number[]> {
  const [measured = '', ...others] = clients;
  const found: number[] = [];
  for (let index = 0; index < count; index += 1) {
    for (const other of others) await bench.events(other, 1);
    await bench.events(measured, 1);
    const committed = performance.timeOrigin + performance.now();
    bench.wakeUp();
    await sleep(EVERY_MS);
    for (const [, at] of await bench.arrivals()) found.push(at - committed);
  }
  return found;
}

/** In alternation, so that whatever else happens on the machine happens to both. */
async function isolation(bench: Bench, measured: string): Promise<Measurement> {
  const [alone, beside]: [number[], number[]] = [[], []];
  const p99 = async (clients: string[]): Promise<number> => {
    await delays(bench, clients, WARMING);
    return quantile(await delays(bench, clients, MEASURED), 0.99);
  };
  while (alone.length < ISOLATION_RUNS) {
    alone.push(await p99([measured]));
    const hanging = await bench.clientOf('/hang');
    beside.push(await p99([measured, hanging]));
    await bench.silence(hanging);
  }
  const [value, without] = [median(beside), median(alone)];
  return {
    name: 'p99 from event to 2xx with one endpoint hanging, beside without',
    value,
    unit: 'ms',
    beside: without,
    ratio: value / without,
    runs: [...beside, ...alone],
  };
}

async function measure(bench: Bench, receiver: string): Promise<void> {
  const results = [await throughput(bench, receiver)];
  const quick = await bench.clientOf('/quick');
  await bench.start();
  const idle = await delays(bench, [quick], 200);
  results.push(
    ...([0.5, 0.99] as const).map((share) => ({
      name: `terminal event to 2xx when idle, ${share === 0.5 ? 'median' : 'p99'} of ${idle.length}`,
      value: quantile(idle, share),
      unit: 'ms',
      beside: null,
      ratio: null,
      runs: [quantile(idle, share)],
    })),
  );
  results.push(await isolation(bench, quick));
  await bench.stop();
  console.table(
    results.map(({ runs, ...rest }) => ({ ...rest, runs: runs.map((run) => run.toFixed(1)).join(' ') })),
  );
  writeResults('delivery', results);
}

async function main(): Promise<void> {
  await withServices(async (place) => {
    const dataSource = await new DataSource({ type: 'postgres', url: place.databaseUrl }).initialize();
    await withReceiver((receiver) =>
      measure(new Bench(deliveryConfig(place), dataSource, receiver), receiver),
    );
    await dataSource.destroy();
  });
}

void main();
