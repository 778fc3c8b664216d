import { setTimeout as sleep } from 'node:timers/promises';
import { planFaults } from './faults';
import type { Ledger } from './ledger';
import type { ChaosOptions } from './options';
import { Random } from './random';
import type { Run } from './run';

/** A fault strikes when its share of the jobs has ended, or when nothing has moved for so long. */
const STRIKE_AT_LATEST_MS = 20_000;
const BREATHE_MS = 500;
/** What was struck is ready again by then, without anybody's help. */
const READY_WITHIN_MS = 30_000;

/** Reports a second that go on while a fault takes long, and the most for one, in shares of a fault: others need theirs. */
const TRICKLE = 1;
const SHARES_AT_MOST = 2;

/** How far a storm is. */
class Progress {
  struck = 0;
  isOver = false;
  /** How many reports had been asked for when the last fault had been mended, and when that was. */
  private since = { asked: 0, at: Date.now() };

  constructor(
    private readonly ledger: Ledger,
    private readonly options: ChaosOptions,
  ) {}

  mended(): void {
    this.struck += 1;
    this.since = { asked: this.ledger.entries.length, at: Date.now() };
  }

  /** How many reports will have ended when the next fault strikes. */
  get due(): number {
    return ((this.struck + 1) * this.options.jobs) / (this.options.faults + 1);
  }

  /** Not so many that they end before the faults do: the last one waits for the last fault. */
  get allowed(): number {
    const { jobs, faults, outstanding } = this.options;
    if (this.struck === faults) return jobs;
    const share = (jobs - this.since.asked) / (faults - this.struck + 1);
    const seconds = (Date.now() - this.since.at) / 1_000;
    const trickled = this.since.asked + Math.min(TRICKLE * seconds, SHARES_AT_MOST * share);
    return Math.min(Math.max(this.due + outstanding, trickled), jobs - 1);
  }
}

/** Faults of every kind under load. */
export async function storm(run: Run): Promise<string[]> {
  const { load, options, ledger } = run;
  const progress = new Progress(ledger, options);
  await Promise.all([
    strikeAll(run, progress),
    load
      .run({
        jobs: options.jobs,
        outstanding: options.outstanding,
        allowed: () => progress.allowed,
        isOver: () => false,
      })
      .finally(() => (progress.isOver = true)),
  ]);
  if (progress.struck < options.faults)
    ledger.violation(`only ${progress.struck} of ${options.faults} faults struck before the jobs had ended`);
  return [`${progress.struck} faults`];
}

async function strikeAll(run: Run, progress: Progress): Promise<void> {
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
    while (!progress.isOver && ledger.settled < progress.due && Date.now() < atLatest) await sleep(100);
    if (progress.isOver) return;
    const what = await fault.strike({ fleet, random, ledger });
    const { settled, entries } = ledger;
    say(
      `fault ${progress.struck + 1}: ${fault.name}: ${what} (${settled} of ${entries.length} reports are done)`,
    );
    await fleet
      .ready(fleet.applications, READY_WITHIN_MS)
      .catch((error: unknown) => ledger.violation(`after "${fault.name}": ${String(error)}`));
    progress.mended();
    await sleep(BREATHE_MS);
  }
}
