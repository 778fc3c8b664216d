import { setTimeout as sleep } from 'node:timers/promises';
import { REPORTS } from './load';
import type { Run } from './run';

/** Reports that are done before the store goes: their files are asked for while it is away. */
const DONE_BEFORE = 10;
const DOWNLOAD_EVERY_MS = 2_000;
/** A busy machine answers a probe late now and then. */
const READY_WITHIN_MS = 10_000;

/** A store that refuses all connections for long: reports are accepted all the time, and are all done once it is back. */
export async function storeAway(run: Run): Promise<string[]> {
  const { fleet, load, ledger, options, say } = run;
  const { proxy } = fleet.store!;
  let wentAt: number | undefined;
  const allowed = (): number => {
    if (wentAt === undefined) return DONE_BEFORE;
    const share = (Date.now() - wentAt) / (options.awaySeconds * 1_000);
    return DONE_BEFORE + (options.jobs - DONE_BEFORE) * share;
  };
  const outage = async (): Promise<number> => {
    while (ledger.settled < DONE_BEFORE) await sleep(100);
    await proxy.goAway();
    wentAt = Date.now();
    say(`the store is away (${ledger.settled} reports are done)`);
    const downloads = await askForFiles(run, wentAt + options.awaySeconds * 1_000);
    await proxy.comeBack();
    say(
      `the store is back (${ledger.settled} of ${ledger.accepted.length} accepted reports are done; ` +
        `${downloads} downloads were answered 503 store_unavailable)`,
    );
    return Date.now();
  };
  const [backAt] = await Promise.all([
    outage(),
    load.run({ jobs: options.jobs, outstanding: options.jobs, allowed, isOver: () => false }),
  ]);
  if (ledger.postsFailed > 0)
    ledger.violation(`${ledger.postsFailed} POSTs were not accepted, and none of them needed the store`);
  return [
    `the store was away for ${options.awaySeconds} s, and every report done ${((Date.now() - backAt) / 1_000).toFixed(0)} s after`,
  ];
}

/** Asks for files of reports that are done: as long as the store is away each answer says so. Returns how many did. */
async function askForFiles({ client, ledger, fleet }: Run, until: number): Promise<number> {
  const ids = ledger.accepted.flatMap(({ end }) => (end?.status === 'COMPLETED' ? [end.id] : []));
  let downloads = 0;
  while (Date.now() < until) {
    const path = `${REPORTS}/${ids[downloads % ids.length]}`;
    const answer = await client.once('GET', path);
    if (answer?.status !== 503 || answer.code !== 'store_unavailable')
      ledger.violation(
        `GET ${path} was answered ${answer?.status ?? 'nothing'} ${answer?.code ?? ''}, and the store was away`,
      );
    downloads += 1;
    await fleet
      .ready(fleet.applications, READY_WITHIN_MS)
      .catch((error: unknown) => ledger.violation(`only the store was away: ${String(error)}`));
    await sleep(Math.min(DOWNLOAD_EVERY_MS, Math.max(0, until - Date.now())));
  }
  return downloads;
}
