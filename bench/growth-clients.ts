import { JobClaims } from '../src/jobs/job-claims';
import { JobSignals } from '../src/jobs/job-signals';
import { clearQueue, CLIENTS, type GrowthContext, RUNS, TYPE } from './growth-context';
import { addWaiting } from './growth-fill';
import { ratioAtLeast } from './measurements';

/** Of ten jobs each, in one run: some hundred milliseconds. */
const CLAIMS = 200;
/** Before them, until plans and pages are in memory. */
const UNCOUNTED = 20;

/** Claims a second, of ten at a time: the two in alternation, each on a queue that was filled for it. */
export async function clients({ results, alone: side }: GrowthContext): Promise<void> {
  const perSecond = async (clients: number, each: number): Promise<number> => {
    await clearQueue(side);
    await addWaiting(side.database, clients, each);
    const claims = new JobClaims(side.dataSource, new JobSignals());
    const claim = (): Promise<unknown> =>
      claims.claim({ types: [TYPE], worker: 'bench', leaseSeconds: 3_600, alone: false, most: 10 });
    for (let count = 0; count < UNCOUNTED; count += 1) await claim();
    const from = performance.now();
    for (let count = 0; count < CLAIMS; count += 1) await claim();
    return (10 * CLAIMS * 1_000) / (performance.now() - from);
  };
  const [many, one]: [number[], number[]] = [[], []];
  for (let run = 0; run < RUNS; run += 1) {
    many.push(await perSecond(CLIENTS, 10));
    one.push(await perSecond(1, CLIENTS * 10));
  }
  await clearQueue(side);
  results.add(
    'jobs claimed, 10,000 clients with 10 each, beside one with 100,000',
    '1/s',
    many,
    one,
    ratioAtLeast(0.8),
  );
}
