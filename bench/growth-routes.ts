import type { BenchServer, Run } from './http-server';
import { besideSmall, CALLERS, clearQueue, type GrowthContext, RUN_MS, RUNS } from './growth-context';

/** The hot routes, beside the same calls on the small database. */
export async function routes({ results, grown, alone, start }: GrowthContext): Promise<void> {
  const [large, small] = [await start(grown), await start(alone)];
  const calls: [string, 'GET' | 'POST', number, (server: BenchServer) => Promise<string[]>][] = [
    ['POST of a report', 'POST', 202, async () => Promise.resolve(['/v1/orders/reports'])],
    [
      'poll of a job in flight',
      'GET',
      200,
      async (server) => {
        const made = Array.from({ length: 50 }, () => server.call('POST', '/v1/orders/reports', 202));
        return (await Promise.all(made)).map(({ id }) => `/v1/orders/reports/status/${String(id)}`);
      },
    ],
    ['list of jobs', 'GET', 200, async () => Promise.resolve(['/v1/jobs'])],
    ['list of failed jobs', 'GET', 200, async () => Promise.resolve(['/v1/jobs?status=FAILED'])],
    ['event feed', 'GET', 200, async () => Promise.resolve(['/v1/events'])],
    [
      'list of exhausted deliveries',
      'GET',
      200,
      async () => Promise.resolve(['/v1/webhooks/deliveries?status=EXHAUSTED']),
    ],
  ];
  for (const [name, method, status, pathsOf] of calls) {
    const [grownPaths, alonePaths] = [await pathsOf(large), await pathsOf(small)];
    const seen: [Run[], Run[]] = [[], []];
    // The first run of each warms up.
    for (let run = 0; run <= RUNS; run += 1) {
      for (const side of [grown, alone])
        await side.database.query(`DELETE FROM job WHERE state = 'PENDING' AND NOT id::text = ANY($1)`, [
          [...grownPaths, ...alonePaths].map((path) => path.slice(path.lastIndexOf('/') + 1)),
        ]);
      const runs = [
        await large.load(method, grownPaths, status, RUN_MS, CALLERS),
        await small.load(method, alonePaths, status, RUN_MS, CALLERS),
      ] as const;
      if (run > 0) runs.forEach((each, index) => seen[index]?.push(each));
    }
    besideSmall(results, name, ...seen);
  }
  await clearQueue(grown);
  await clearQueue(alone);
}
