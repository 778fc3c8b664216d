import 'reflect-metadata';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RenderFloor } from './render-floor';
import { DoneReport, RenderHouse } from './render-house';

/** Reports through the whole service, each figure beside its limit: small ones, large ones, both at once, lost browsers. */

interface Measurement {
  name: string;
  value: number;
  unit: string;
  beside: number | null;
  ratio: number | null;
  runs: number[];
}

const RUNS = 3;
/** A long one is many prints already. */
const LONG_RUNS = 1;
const SMALL = { year: 2001, rows: 20, reports: 60 };
const LARGE = { year: 2002, rows: 100_000 };
const HUGE = { year: 2004, rows: 1_000_000 };
const SLOTS = Math.max(1, cpus().length);
const IN_A_ROW = 500;

const sorted = (values: number[]): number[] => [...values].sort((a, b) => a - b);
const quantile = (values: number[], share: number): number =>
  sorted(values)[Math.ceil((values.length - 1) * share)]!;
const median = (values: number[]): number => quantile(values, 0.5);

class RenderingBench {
  private readonly results: Measurement[] = [];

  constructor(
    private readonly house: RenderHouse,
    private readonly floor: RenderFloor,
  ) {}

  async run(): Promise<Measurement[]> {
    await this.house.addOrders(SMALL.year, SMALL.rows);
    await this.house.addOrders(LARGE.year, LARGE.rows);
    await this.house.addOrders(HUGE.year, HUGE.rows);
    await this.house.report(SMALL.year);
    await this.small();
    await this.large();
    await this.inARow();
    return this.results;
  }

  private async small(): Promise<void> {
    const besides: [string, () => Promise<number | null>][] = [
      ['warm pages', () => this.floor.warmPages(SMALL.rows, SMALL.reports)],
      ['a browser launched for each', () => this.floor.launchedForEach(SMALL.rows, 4 * SLOTS)],
      ['jsreport', () => this.floor.jsreport(SMALL.rows, SMALL.reports)],
    ];
    const service: number[] = [];
    const others = besides.map((): number[] => []);
    // In turns, so that what else the machine does meets all of them.
    for (let run = 0; run < RUNS; run += 1) {
      service.push(await this.smallOnes(SMALL.reports));
      for (const [index, [, measure]] of besides.entries()) {
        const value = await measure();
        if (value !== null) others[index]!.push(value);
      }
    }
    besides.forEach(([name], index) => {
      const other = others[index]!.length > 0 ? median(others[index]!) : null;
      this.add(`small reports a second, beside ${name}`, service, '1/s', other);
    });
  }

  /** Reports a second, twice as many asked for at once as there are slots. */
  private async smallOnes(reports: number): Promise<number> {
    const from = performance.now();
    let left = reports;
    await Promise.all(
      Array.from({ length: 2 * SLOTS }, async () => {
        while (left-- > 0) await this.house.report(SMALL.year);
      }),
    );
    return (1_000 * reports) / (performance.now() - from);
  }

  private async inARow(): Promise<void> {
    const MEGABYTE = 1024 * 1024;
    await this.smallOnes(100);
    const before = { node: process.memoryUsage.rss(), browsers: this.house.browsers.size };
    await this.smallOnes(IN_A_ROW);
    const after = { node: process.memoryUsage.rss(), browsers: this.house.browsers.size };
    this.add(
      `Node's memory after ${IN_A_ROW} reports in a row, beside before`,
      [after.node / MEGABYTE],
      'MB',
      before.node / MEGABYTE,
    );
    this.add(
      `browsers after ${IN_A_ROW} reports in a row, beside before`,
      [after.browsers],
      '',
      before.browsers,
    );
  }

  private async large(): Promise<void> {
    const perRow: number[] = [];
    const floor: number[] = [];
    let peak = { node: 0, browser: 0 };
    for (let run = 0; run < LONG_RUNS; run += 1) {
      const done = await this.house.peakDuring(() => this.house.report(LARGE.year));
      perRow.push((1_000 * done.result.milliseconds) / LARGE.rows);
      peak = {
        node: Math.max(peak.node, done.peak.node),
        browser: Math.max(peak.browser, done.peak.browser),
      };
      floor.push((1e6 * (await this.floor.preformatted(LARGE.rows))) / LARGE.rows);
    }
    this.add('time per row at 100,000 rows, beside preformatted lines', perRow, 'µs', median(floor));
    const alone = await this.smallLatencies(() => Promise.resolve(), 20);
    let finished = false;
    const huge = this.house.peakDuring(() => this.house.report(HUGE.year)).finally(() => (finished = true));
    const during = await this.smallLatencies(
      () => sleep(1_000),
      1_000,
      () => finished,
    );
    const { result, peak: hugePeak } = await huge;
    this.add(
      'time per row at 1,000,000 rows, beside 100,000',
      [(1_000 * result.milliseconds) / HUGE.rows],
      'µs',
      median(perRow),
    );
    this.add("Node's peak memory at 1,000,000 rows, beside 100,000", [hugePeak.node], 'MB', peak.node);
    this.add(
      "the largest browser's peak memory at 1,000,000 rows, beside 100,000",
      [hugePeak.browser],
      'MB',
      peak.browser,
    );
    for (const share of [0.5, 0.99])
      this.add(
        `a small report while 1,000,000 rows are printed, p${share * 100}, beside alone`,
        [quantile(during, share)],
        'ms',
        quantile(alone, share),
      );
    await this.keep(result);
    for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
      const later = (await this.disturbed(signal)) - (median(perRow) * LARGE.rows) / 1_000;
      this.add(
        `100,000 rows with a ${signal} of a browser half-way: how much later`,
        [later / 1_000],
        's',
        null,
      );
    }
  }

  /** For readers of other makers to check. */
  private async keep({ id }: DoneReport): Promise<void> {
    const path = process.env['BENCH_KEEP'];
    if (path !== undefined) await this.house.save(id, path);
  }

  /** Milliseconds of a large report that loses a browser half-way. */
  private async disturbed(signal: 'SIGKILL' | 'SIGSTOP'): Promise<number> {
    const report = this.house.report(LARGE.year);
    for (;;) {
      const [job] = await this.house.dataSource.query<{ progress: number }[]>(
        `SELECT progress FROM job WHERE state = 'IN_PROGRESS'`,
      );
      if ((job?.progress ?? 0) >= 40) break;
      await sleep(50);
    }
    const [pid] = [...this.house.browsers];
    process.kill(-pid!, signal);
    return (await report).milliseconds;
  }

  private async smallLatencies(
    pause: () => Promise<void>,
    most: number,
    until = () => false,
  ): Promise<number[]> {
    const latencies: number[] = [];
    while (latencies.length < most && !until()) {
      latencies.push((await this.house.report(SMALL.year)).milliseconds);
      await pause();
    }
    return latencies;
  }

  private add(name: string, runs: number[], unit: string, beside: number | null): void {
    const value = median(runs);
    const result = { name, value, unit, beside, ratio: beside === null ? null : value / beside, runs };
    this.results.push(result);
    // At once: a long run may be interrupted.
    mkdirSync(join(__dirname, 'results'), { recursive: true });
    writeFileSync(join(__dirname, 'results/rendering.json'), `${JSON.stringify(this.results, null, 2)}\n`);
    console.log(
      `${name}: ${value.toFixed(2)} ${unit}, beside ${beside?.toFixed(2) ?? '-'}, ratio ${result.ratio?.toFixed(2) ?? '-'} (load ${loadavg()[0]?.toFixed(1)})`,
    );
  }
}

async function main(): Promise<void> {
  const house = await RenderHouse.open();
  try {
    const results = await new RenderingBench(house, await RenderFloor.open(SLOTS)).run();
    console.table(
      results.map(({ runs, ...rest }) => ({ ...rest, runs: runs.map((run) => run.toFixed(1)).join(' ') })),
    );
  } finally {
    await house.close();
  }
}

void main();
