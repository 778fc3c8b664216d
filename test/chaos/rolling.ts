import type { Run } from './run';

export const REQUESTS_A_SECOND = 10;
const PASSES = 3;
/** The delay before an API closes, and what is under way when it does. */
const END_WITHIN_MS = 40_000;
/** Enough that there is always a request to send. */
const OUTSTANDING = 16;

/** Restarts of every API and worker in turn, behind a balancer, that no caller is to notice. */
export async function rolling({ fleet, load, ledger, say }: Run): Promise<string[]> {
  let isOver = false;
  const from = Date.now();
  const restarts = async (): Promise<void> => {
    for (let pass = 1; pass <= PASSES; pass += 1) {
      const what = await fleet.roll(END_WITHIN_MS);
      say(`pass ${pass} of ${PASSES} ${what} (${ledger.requests} requests so far)`);
    }
  };
  const [requests, seconds] = await Promise.all([
    restarts().then(() => {
      isOver = true;
      return [ledger.requests, (Date.now() - from) / 1_000] as const;
    }),
    load.run({
      jobs: Number.POSITIVE_INFINITY,
      outstanding: OUTSTANDING,
      allowed: () => Number.POSITIVE_INFINITY,
      isOver: () => isOver,
    }),
  ]).then(([counted]) => counted);
  return [
    `${PASSES * fleet.applications.length} restarts in ${seconds.toFixed(0)} s, ${requests} requests ` +
      `(${(requests / seconds).toFixed(1)} a second), ${ledger.refused} broken`,
  ];
}
