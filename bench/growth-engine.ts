import { JobClaims } from '../src/jobs/job-claims';
import { JobSignals } from '../src/jobs/job-signals';
import { JobTransitions } from '../src/jobs/job-transitions';
import { type GrowthContext, TYPE } from './growth-context';
import { quantile, ratioAtMost } from './measurements';

const CYCLES = 300;

/** One job after the other, of a client of many and of the only one. */
export async function engine({ results, grown, alone }: GrowthContext): Promise<void> {
  const claims: [number[], number[]] = [[], []];
  const ends: [number[], number[]] = [[], []];
  for (let cycle = 0; cycle < CYCLES; cycle += 1) {
    for (const [index, side] of [grown, alone].entries()) {
      await side.database.query(
        `INSERT INTO job (id, client_id, type, request, parameters, max_failures, max_crashes, steps, deadline_at)
         VALUES (uuid_v7(), $1, '${TYPE}', '{}', '{}', 3, 3, '{only}', now() + interval '1 hour')`,
        [side.client],
      );
      const from = performance.now();
      const { jobs } = await new JobClaims(side.dataSource, new JobSignals()).claim({
        types: [TYPE],
        worker: 'bench',
        leaseSeconds: 60,
        alone: true,
        most: 1,
      });
      const claimed = performance.now();
      await new JobTransitions(side.dataSource, new JobSignals()).complete({
        jobId: jobs[0]!.id,
        attempt: jobs[0]!.attempt,
        result: {},
        size: null,
        retentionDays: null,
      });
      claims[index]?.push(claimed - from);
      ends[index]?.push(performance.now() - claimed);
    }
  }
  for (const [name, [large, small]] of [
    ['claim', claims],
    ['completion', ends],
  ] as const) {
    results.add(`${name}, p50`, 'ms', large, small, ratioAtMost(1.2));
    results.add(`${name}, p99`, 'ms', [quantile(large, 0.99)], [quantile(small, 0.99)], ratioAtMost(1.5));
  }
}
