import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ACCESS_CASES } from './access';
import { BODIES } from './bodies';
import { Case } from './cases';
import { FILE_CASES } from './files';
import { generatedCases } from './generated';
import { HEADER_CASES } from './headers';
import { LOGO_CASES } from './logos';
import { Target } from './target';

/** The longest that the event loop may stand still on a machine that has nothing else to do; a figure, not a verdict. */
const AIM_MS = 250;
const MEGABYTE = 1024 * 1024;

interface Options {
  seed: number;
  generated: number;
  heapMegabytes: number;
  only: string;
}

function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
      generated: { type: 'string', default: '500' },
      heap: { type: 'string', default: '512' },
      only: { type: 'string', default: '' },
    },
  });
  const natural = (name: string, text: string): number => {
    if (!/^\d+$/.test(text)) throw new Error(`--${name} is a whole number`);
    return Number(text);
  };
  return {
    seed: natural('seed', values.seed),
    generated: natural('generated', values.generated),
    heapMegabytes: natural('heap', values.heap),
    only: values.only,
  };
}

interface Row {
  name: string;
  seconds: number;
  blockMs: number;
  heapMb: number;
  wrong: string[];
}

async function runCase(target: Target, { name, run }: Case): Promise<Row> {
  const started = performance.now();
  let wrong: string[];
  try {
    wrong = await run({ target, tenant: await target.newTenant() });
  } catch (error) {
    wrong = [String(error)];
  }
  if (!target.isAlive) {
    wrong.push(`the process ended: ${target.output.slice(-400)}`);
    await target.start();
  }
  const { longestBlockMs, heapBytes } = await target.figures();
  return {
    name,
    seconds: (performance.now() - started) / 1_000,
    blockMs: longestBlockMs,
    heapMb: heapBytes / MEGABYTE,
    wrong,
  };
}

function print({ name, seconds, blockMs, heapMb, wrong }: Row): void {
  const figures = [
    `${seconds.toFixed(1)} s`,
    `block ${blockMs.toFixed(0)} ms`,
    `heap ${heapMb.toFixed(0)} MB`,
  ];
  console.log(`${wrong.length === 0 ? 'ok       ' : 'VIOLATION'} ${name} (${figures.join(', ')})`);
  for (const each of wrong.slice(0, 10)) console.log(`            ${each}`);
  if (wrong.length > 10) console.log(`            and ${wrong.length - 10} more`);
}

async function main(): Promise<boolean> {
  const { seed, generated, heapMegabytes, only } = readOptions(process.argv.slice(2));
  const all = [
    ...BODIES,
    ...HEADER_CASES,
    ...FILE_CASES,
    ...LOGO_CASES,
    ...generatedCases(seed, generated),
    ...ACCESS_CASES,
  ];
  const cases = all.filter(({ name }) => name.includes(only));
  console.log(`seed ${seed}: ${cases.length} cases, a heap of ${heapMegabytes} MB`);
  const target = new Target(heapMegabytes);
  const interrupted = (): void => void target.remove().finally(() => process.exit(130));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  const rows: Row[] = [];
  try {
    await target.start();
    for (const each of cases) {
      const row = await runCase(target, each);
      print(row);
      rows.push(row);
    }
    const failed = rows.filter(({ wrong }) => wrong.length > 0);
    const slowest = rows.reduce((a, b) => (a.blockMs >= b.blockMs ? a : b));
    const heaviest = rows.reduce((a, b) => (a.heapMb >= b.heapMb ? a : b));
    console.log(
      `\n${rows.length} cases, ${target.requests} requests, ${failed.length} violations\n` +
        `longest block of the event loop: ${slowest.blockMs.toFixed(0)} ms (${slowest.name}); the aim is ${AIM_MS}\n` +
        `largest problem: ${target.largestProblem} bytes; largest answer: ${target.largestAnswer} bytes\n` +
        `largest heap: ${heaviest.heapMb.toFixed(0)} MB (${heaviest.name}); peak of memory: ${(target.peak / MEGABYTE).toFixed(0)} MB`,
    );
    if (failed.length > 0) {
      const log = join(mkdtempSync(join(tmpdir(), 'order-reports-hostile-log-')), 'service.log');
      writeFileSync(log, target.output);
      console.log(`the log of the service: ${log}`);
    }
    return failed.length === 0;
  } finally {
    await target.remove();
  }
}

main().then(
  (good) => process.exit(good ? 0 : 1),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
