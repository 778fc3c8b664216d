import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';

export interface Measurement {
  name: string;
  /** The median of the runs. */
  value: number;
  unit: string;
  beside: number | null;
  ratio: number | null;
  runs: number[];
  /** YYYY-MM-DD. */
  measured_on?: string;
  /** What it is to be, and whether it is. */
  aim?: string;
  holds?: boolean;
}

/** What a measurement is to be. */
export interface Aim {
  aim: string;
  holds: (measured: Pick<Measurement, 'value' | 'beside' | 'ratio'>) => boolean;
}

export const ratioAtMost = (most: number): Aim => ({
  aim: `ratio ${most} or less`,
  holds: ({ ratio }) => ratio !== null && ratio <= most,
});

export const ratioAtLeast = (least: number): Aim => ({
  aim: `ratio ${least} or more`,
  holds: ({ ratio }) => ratio !== null && ratio >= least,
});

export const REPORTED: Aim = { aim: 'reported, no aim', holds: () => true };

export const valueAtMost = (most: number, unit: string): Aim => ({
  aim: `${most} ${unit} or less`,
  holds: ({ value }) => value <= most,
});

const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

/** @param values at least one */
export const quantile = (values: readonly number[], share: number): number =>
  sorted(values)[Math.ceil((values.length - 1) * share)]!;

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export function writeResults(part: string, results: readonly Measurement[]): void {
  const folder = join(__dirname, 'results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${part}.json`), `${JSON.stringify(results, null, 2)}\n`);
}

/** None before the first run. */
function readResults(part: string): Measurement[] {
  const file = join(__dirname, 'results', `${part}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Measurement[]) : [];
}

/** What one part of the benchmarks has measured, written to `bench/results/<part>.json` as it comes. */
export class Measurements {
  private readonly results: Measurement[] = [];
  /** Of runs before: kept where this one does not measure the same. */
  private readonly earlier: Measurement[];

  /** @param isPartly whether what is not measured this time stays as it was before */
  constructor(
    private readonly part: string,
    isPartly = false,
  ) {
    this.earlier = isPartly ? readResults(part) : [];
  }

  /** @param besides runs of what it is measured beside; none where there is nothing to compare with */
  add(
    name: string,
    unit: string,
    runs: readonly number[],
    besides: readonly number[] = [],
    wanted?: Aim,
  ): void {
    const value = median(runs);
    const beside = besides.length > 0 ? median(besides) : null;
    const ratio = beside === null ? null : value / beside;
    const verdict = wanted && { aim: wanted.aim, holds: wanted.holds({ value, beside, ratio }) };
    const measured_on = new Date().toISOString().slice(0, 10);
    this.results.push({ name, value, unit, beside, ratio, runs: [...runs], measured_on, ...verdict });
    // At once: a long run may be interrupted.
    const measured = new Set(this.results.map((each) => each.name));
    writeResults(this.part, [...this.earlier.filter((each) => !measured.has(each.name)), ...this.results]);
    const compared = beside === null ? '' : `, beside ${beside.toFixed(2)}: ${(value / beside).toFixed(2)}`;
    console.log(`${name}: ${value.toFixed(2)} ${unit}${compared} (load ${loadavg()[0]?.toFixed(1)})`);
  }

  print(): void {
    console.table(
      this.results.map(({ runs, ...rest }) => ({
        ...rest,
        runs: runs
          .slice(0, 5)
          .map((run) => run.toFixed(1))
          .join(' '),
      })),
    );
  }
}
