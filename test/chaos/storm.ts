import { setTimeout as sleep } from 'node:timers/promises';
import { planFaults } from './faults';
import { Random } from './random';
import type { Run } from './run';

/** A fault strikes when its share of the jobs has ended, or when nothing has moved for so long. */
const STRIKE_AT_LATEST_MS = 20_000;
const BREATHE_MS = 500;
/** What was struck is ready again by then, without anybody's help. */
const READY_WITHIN_MS = 30_000;

/** Faults of every kind under load. */
export async function storm(run: Run): Promise<string[]> {
  const { load, options, ledger } = run;
  const progress = { struck: 0, isOver: false };
  /** How many reports will have ended when the next fault strikes. */
  const share = (): number => ((progress.struck + 1) * options.jobs) / (options.faults + 1);
  // Not so many that they end before the faults do: the last one waits for the last fault.
  const allowed = (): number =>
    progress.struck === options.faults
      ? options.jobs
      : Math.min(share() + options.outstanding, options.jobs - 1);
  await Promise.all([
    strikeAll(run, progress, share),
    load
      .run({ jobs: options.jobs, outstanding: options.outstanding, allowed, isOver: () => false })
      .finally(() => (progress.isOver = true)),
  ]);
  if (progress.struck < options.faults)
    ledger.violation(`only ${progress.struck} of ${options.faults} faults struck before the jobs had ended`);
  return [`${progress.struck} faults`];
}

async function strikeAll(
  run: Run,
  progress: { struck: number; isOver: boolean },
  share: () => number,
): Promise<void> {
  const { fleet, ledger, options, say } = run;
  // A stream of numbers of its own, so that what the clients do does not change which faults strike.
  const random = new Random(options.seed ^ 0x5eed);
  const possible = {
    redis: fleet.redis !== undefined,
    store: fleet.store !== undefined,
    standby: fleet.database.hasStandby,
  };
  for (const fault of planFaults(options.faults, possible, random)) {
    const atLatest = Date.now() + STRIKE_AT_LATEST_MS;
    while (!progress.isOver && ledger.settled < share() && Date.now() < atLatest) await sleep(100);
    if (progress.isOver) return;
    const what = await fault.strike({ fleet, random, ledger });
    progress.struck += 1;
    const { settled, entries } = ledger;
    say(
      `fault ${progress.struck}: ${fault.name}: ${what} (${settled} of ${entries.length} reports are done)`,
    );
    await fleet
      .ready(fleet.applications, READY_WITHIN_MS)
      .catch((error: unknown) => ledger.violation(`after "${fault.name}": ${String(error)}`));
    await sleep(BREATHE_MS);
  }
}
