import { setTimeout as sleep } from 'node:timers/promises';
import { ApiClient } from './client';
import { planFaults } from './faults';
import { Fleet, LEASE_SECONDS } from './fleet';
import { Entry, Ledger } from './ledger';
import { Load } from './load';
import { ChaosOptions, readOptions } from './options';
import { Random } from './random';
import { judge } from './verdict';

/** A fault strikes when its share of the jobs has ended, or when nothing has moved for so long. */
const STRIKE_AT_LATEST_MS = 20_000;
const BREATHE_MS = 500;

const started = Date.now();
const say = (line: string): void =>
  console.log(`${((Date.now() - started) / 1_000).toFixed(1).padStart(7)} s  ${line}`);

/** The faults of a run, and how far it is with them. */
class Storm {
  struck = 0;

  constructor(
    private readonly fleet: Fleet,
    private readonly ledger: Ledger,
    private readonly options: ChaosOptions,
  ) {}

  /** How many reports will have ended when the next fault strikes. */
  get share(): number {
    return ((this.struck + 1) * this.options.jobs) / (this.options.faults + 1);
  }

  /** Not so many that they end before the faults do: the last one waits for the last fault. */
  get reportsAllowed(): number {
    const { jobs, faults, outstanding } = this.options;
    return this.struck === faults ? jobs : Math.min(this.share + outstanding, jobs - 1);
  }

  async strike(isOver: () => boolean): Promise<void> {
    // A stream of numbers of its own, so that what the clients do does not change which faults strike.
    const random = new Random(this.options.seed ^ 0x5eed);
    for (const fault of planFaults(this.options.faults, this.options.redis, random)) {
      const atLatest = Date.now() + STRIKE_AT_LATEST_MS;
      while (!isOver() && this.ledger.settled < this.share && Date.now() < atLatest) await sleep(100);
      if (isOver()) return;
      const what = await fault.strike(this.fleet, random);
      this.struck += 1;
      const { settled, entries } = this.ledger;
      say(`fault ${this.struck}: ${fault.name}: ${what} (${settled} of ${entries.length} reports are done)`);
      await sleep(BREATHE_MS);
    }
  }
}

async function run(options: ChaosOptions): Promise<boolean> {
  say(
    `seed ${options.seed}: ${options.jobs} jobs, ${options.faults} faults, Redis ${options.redis ? 'on' : 'off'}, ` +
      `leases of ${LEASE_SECONDS} s`,
  );
  const until = Date.now() + options.minutes * 60_000;
  const fleet = await Fleet.start(options.redis, say);
  const ledger = new Ledger();
  let good = false;
  // Ctrl-C ends the run like its time: everything is stopped and judged as it is.
  const interrupted = (): void => {
    say('interrupted');
    void fleet.stop('SIGKILL').finally(() => {
      fleet.sweep(true);
      process.exit(130);
    });
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    say(`the fleet is up in ${fleet.folder}`);
    const random = new Random(options.seed);
    const client = new ApiClient(fleet.apiUrls, fleet.apiKey, random);
    const load = new Load(client, ledger, random, until);
    let over = false;
    const storm = new Storm(fleet, ledger, options);
    await Promise.all([
      storm.strike(() => over),
      load.run(options.jobs, options.outstanding, () => storm.reportsAllowed).finally(() => (over = true)),
    ]);
    if (storm.struck < options.faults)
      ledger.violation(`only ${storm.struck} of ${options.faults} faults struck before the jobs had ended`);
    say('all reports have been followed; judging');
    await judge(ledger, load, fleet);
    await fleet.stop('SIGTERM');
    for (const { pid } of fleet.browsers) ledger.violation(`browser process ${pid} outlived its worker`);
    report(ledger, storm.struck);
    good = ledger.violations.length === 0;
    return good;
  } finally {
    await fleet.stop('SIGKILL').catch((error: unknown) => say(String(error)));
    fleet.sweep(!good);
    if (!good) say(`logs are kept in ${fleet.folder}`);
  }
}

function report(ledger: Ledger, struck: number): void {
  const count = (of: (entry: Entry) => string | undefined): string => {
    const counts = new Map<string, number>();
    for (const value of ledger.accepted.map(of))
      if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
    return [...counts].map(([value, times]) => `${times} ${value}`).join(', ');
  };
  const sorted = [...ledger.postMs].sort((a, b) => a - b);
  const percentile = (share: number): string =>
    `${Math.round(sorted[Math.floor(sorted.length * share)] ?? 0)} ms`;
  say(`${struck} faults, ${ledger.accepted.length} reports accepted: ${count(({ end }) => end?.status)}`);
  const failures = count(({ end }) => end?.error?.code);
  if (failures !== '') say(`failed: ${failures}`);
  say(
    `POST answered 202: ${sorted.length} times, p50 ${percentile(0.5)}, p99 ${percentile(0.99)}, ` +
      `worst ${Math.round(sorted.at(-1) ?? 0)} ms; ${ledger.postsFailed} had no answer or a 5xx`,
  );
  for (const violation of ledger.violations) say(`VIOLATION ${violation}`);
  say(ledger.violations.length === 0 ? 'no violation' : `${ledger.violations.length} violations`);
}

run(readOptions(process.argv.slice(2))).then(
  (good) => process.exit(good ? 0 : 1),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
