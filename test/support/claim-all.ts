import type { Claimant, ClaimedJob, JobClaims } from '../../src/jobs/job-claims';

/** What a worker's slots get, who ask again as long as there may be more. */
export async function claimAll(claims: JobClaims, claimant: Claimant): Promise<ClaimedJob[]> {
  const all: ClaimedJob[] = [];
  for (;;) {
    const { jobs, mayBeMore } = await claims.claim({
      ...claimant,
      alone: claimant.alone && all.length === 0,
      most: claimant.most - all.length,
    });
    all.push(...jobs);
    if (!mayBeMore) return all;
  }
}
