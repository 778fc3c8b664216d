import type { GrowthContext } from './growth-context';
import { REPORTED } from './measurements';
import { besidePeers, SLOTS } from './noop-jobs';
import { inOwnDatabase } from './own-database';

/** Of eight seconds each, whose median counts. */
const RUNS = 3;

/** No-op jobs a second, beside other engines. */
export async function slots({ results, services }: GrowthContext): Promise<void> {
  await inOwnDatabase(services, async (place) => {
    for (const each of SLOTS) await besidePeers(place, each, RUNS, results, REPORTED);
  });
}
