import { JobClaims } from '../src/jobs/job-claims';
import { JobSignals } from '../src/jobs/job-signals';
import { clearQueue, CLIENTS, type GrowthContext, RUNS, type Side, TYPE } from './growth-context';
import { addWaiting } from './growth-fill';
import { ratioAtLeast } from './measurements';

/** Claims a second, of ten at a time. */
export async function clients({ results, alone }: GrowthContext): Promise<void> {
  const perSecond = async (side: Side, clients: number, each: number): Promise<number[]> => {
    await clearQueue(side);
    await addWaiting(side.database, clients, each);
    const runs: number[] = [];
    const claims = new JobClaims(side.dataSource, new JobSignals());
    for (let run = 0; run < RUNS; run += 1) {
      const from = performance.now();
      for (let claim = 0; claim < 10; claim += 1)
        await claims.claim({ types: [TYPE], worker: 'bench', leaseSeconds: 3_600, alone: false, most: 10 });
      runs.push(100_000 / (performance.now() - from));
    }
    await clearQueue(side);
    return runs;
  };
  const many = await perSecond(alone, CLIENTS, 10);
  const one = await perSecond(alone, 1, CLIENTS * 10);
  results.add(
    'jobs claimed, 10,000 clients with 10 each, beside one with 100,000',
    '1/s',
    many,
    one,
    ratioAtLeast(0.8),
  );
}
