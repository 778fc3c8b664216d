import { Bench, deliveryConfig, withReceiver } from './delivery-harness';
import { besideSmall, type GrowthContext, RUNS, type Side } from './growth-context';
import { quantile } from './measurements';

const DELIVERIES = 200;

/** From an event to the stored 2xx: fan-out, claim, attempt and outcome. */
export async function delivery({ results, grown, alone, services }: GrowthContext): Promise<void> {
  const sides = [grown, alone];
  await withReceiver(async (receiver) => {
    const benches = sides.map(
      ({ url, dataSource }, index) =>
        new Bench(
          // A Redis database for each: no wake-up reaches the worker of the other.
          deliveryConfig({ ...services, databaseUrl: url, redisUrl: `${services.redisUrl}/${1 + index}` }),
          dataSource,
          receiver,
        ),
    );
    try {
      for (const [index, bench] of benches.entries()) await bench.endpoint(sides[index]!.client, '/quick');
      const seen = sides.map((): { p50: number; p99: number }[] => []);
      // The first run of each warms up.
      for (let run = 0; run <= RUNS; run += 1) {
        const took = sides.map((): number[] => []);
        for (let cycle = 0; cycle < DELIVERIES; cycle += 1)
          for (const [index, bench] of benches.entries())
            took[index]!.push(await bench.untilStored(sides[index]!.client));
        if (run === 0) continue;
        for (const [index, each] of took.entries())
          seen[index]!.push({ p50: quantile(each, 0.5), p99: quantile(each, 0.99) });
      }
      besideSmall(results, 'delivery, from the event to the stored 2xx', seen[0]!, seen[1]!);
    } finally {
      for (const bench of benches) await bench.stop();
      for (const side of sides) await forget(side);
    }
  });
}

/** The endpoint and what was sent to it. */
async function forget({ database, client }: Side): Promise<void> {
  await database.query('DELETE FROM webhook_endpoint WHERE client_id = $1', [client]);
  await database.query(
    `WITH made AS (DELETE FROM job WHERE client_id = $1 AND type = 'bench' RETURNING id)
     DELETE FROM webhook_message m USING made WHERE m.client_id = $1 AND m.job_id = made.id`,
    [client],
  );
}
