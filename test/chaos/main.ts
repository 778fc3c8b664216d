import { ApiClient } from './client';
import { Fleet, LEASE_SECONDS, NotHereError } from './fleet';
import { Entry, Ledger } from './ledger';
import { Load } from './load';
import { ChaosOptions, readOptions, USAGE } from './options';
import { Random } from './random';
import { REQUESTS_A_SECOND, rolling } from './rolling';
import type { Run } from './run';
import { storeAway } from './store-away';
import { storm } from './storm';
import { judge } from './verdict';

const MODES: Record<ChaosOptions['mode'], (run: Run) => Promise<string[]>> = {
  faults: storm,
  rolling,
  'store-away': storeAway,
};
const JUDGED_WITHIN_MS = 300_000;
/** More of them say nothing new. */
const VIOLATIONS_SHOWN = 50;

const started = Date.now();
const say = (line: string): void =>
  console.log(`${((Date.now() - started) / 1_000).toFixed(1).padStart(7)} s  ${line}`);

async function run(options: ChaosOptions): Promise<boolean> {
  say(`seed ${options.seed}: ${describe(options)}, leases of ${LEASE_SECONDS} s`);
  const until = Date.now() + options.minutes * 60_000;
  const fleet = new Fleet(options, say);
  const ledger = new Ledger();
  let good = false;
  // Ctrl-C ends the run like its time: everything is stopped and judged as it is.
  let isInterrupted = false;
  const interrupted = (): void => {
    // A terminal and npm both pass it on: the second is the echo of the first.
    if (isInterrupted) return;
    isInterrupted = true;
    say('interrupted');
    void fleet.stop('SIGKILL').finally(() => {
      fleet.sweep(true);
      process.exit(130);
    });
  };
  process.on('SIGINT', interrupted).on('SIGTERM', interrupted);
  try {
    await fleet.start();
    say(`the fleet is up in ${fleet.folder}`);
    for (const skipped of fleet.skipped) say(`SKIPPED ${skipped}`);
    const random = new Random(options.seed);
    const isRolling = options.mode === 'rolling';
    const client = new ApiClient(fleet.callersUrls, fleet.apiKey, random, ledger, {
      serveAll: isRolling,
      ...(isRolling && { rate: REQUESTS_A_SECOND }),
    });
    const load = new Load(client, ledger, random, until);
    const summary = await MODES[options.mode]({ fleet, client, load, ledger, options, say });
    say('all reports have been followed; judging');
    client.hurry();
    if (Date.now() >= until) ledger.violation(`the run was not over after ${options.minutes} minutes`);
    load.extend(Date.now() + JUDGED_WITHIN_MS);
    await judge(ledger, load, fleet, options.awaySeconds);
    await fleet.stop('SIGTERM');
    for (const { pid } of fleet.browsers) ledger.violation(`browser process ${pid} outlived its worker`);
    report(ledger, [...summary, ...fleet.skipped.map((skipped) => `SKIPPED ${skipped}`)]);
    good = ledger.violations.length === 0;
    return good;
  } finally {
    await fleet.stop('SIGKILL').catch((error: unknown) => say(String(error)));
    fleet.sweep(!good);
    if (!good) say(`logs are kept in ${fleet.folder}`);
  }
}

function describe({ mode, jobs, faults, redis, store, awaySeconds }: ChaosOptions): string {
  const neighbours = `Redis ${redis ? 'on' : 'off'}, store ${store}`;
  switch (mode) {
    case 'faults':
      return `${jobs} jobs, ${faults} faults, ${neighbours}`;
    case 'rolling':
      return `rolling restarts under ${REQUESTS_A_SECOND} requests a second, ${neighbours}`;
    case 'store-away':
      return `${jobs} jobs, the store away for ${awaySeconds} s, Redis ${redis ? 'on' : 'off'}`;
  }
}

function report(ledger: Ledger, summary: string[]): void {
  const count = (of: (entry: Entry) => string | undefined): string => {
    const counts = new Map<string, number>();
    for (const value of ledger.accepted.map(of))
      if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
    return [...counts].map(([value, times]) => `${times} ${value}`).join(', ');
  };
  const sorted = [...ledger.postMs].sort((a, b) => a - b);
  const percentile = (share: number): string =>
    `${Math.round(sorted[Math.floor(sorted.length * share)] ?? 0)} ms`;
  for (const line of summary) say(line);
  say(`${ledger.accepted.length} reports accepted: ${count(({ end }) => end?.status)}`);
  const failures = count(({ end }) => end?.error?.code);
  if (failures !== '') say(`failed: ${failures}`);
  say(
    `POST answered 202: ${sorted.length} times, p50 ${percentile(0.5)}, p99 ${percentile(0.99)}, ` +
      `worst ${Math.round(sorted.at(-1) ?? 0)} ms; ${ledger.postsFailed} had no answer or a 5xx`,
  );
  const unserved = [...ledger.unserved].map(([how, times]) => `${times} x ${how}`).join(', ');
  say(`${ledger.requests} requests; not served: ${unserved || 'none'}`);
  const { violations } = ledger;
  for (const violation of violations.slice(0, VIOLATIONS_SHOWN)) say(`VIOLATION ${violation}`);
  if (violations.length > VIOLATIONS_SHOWN) say(`and ${violations.length - VIOLATIONS_SHOWN} more`);
  say(violations.length === 0 ? 'no violation' : `${violations.length} violations`);
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) {
    console.log(USAGE);
    return 0;
  }
  return (await run(options)) ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    if (!(error instanceof NotHereError)) console.error(error);
    else say(`SKIPPED ${error.message}`);
    process.exit(error instanceof NotHereError ? 2 : 1);
  },
);
