import 'reflect-metadata';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { median, Measurements, quantile } from './measurements';
import { compareWorkbooks } from './million-workbook';
import { RenderHarness } from './render-harness';
import { compareFormats } from './several-formats';

/**
 * A million rows through the whole service: time and memory beside 100,000, a small report meanwhile, whether readers of
 * other makers find every order; then 500 reports in a row, and browsers that are lost. Takes some minutes.
 */

const SMALL = { year: 2001, rows: 20, alone: 200, everyMs: 200 };
const LARGE = { year: 2002, rows: 100_000, runs: 3 };
const HUGE = { year: 2004, rows: Number(process.env['MILLION_ROWS'] ?? 1_000_000), runs: 3 };
const IN_A_ROW = { warm: 200, reports: 500, every: 50, atOnce: 4 };

const run = promisify(execFile);
const MEGABYTE = 1024 * 1024;

class MillionBench {
  private readonly results = new Measurements('million');

  constructor(private readonly harness: RenderHarness) {}

  async run(): Promise<void> {
    const { harness } = this;
    for (const { year, rows } of [SMALL, LARGE, HUGE]) await harness.addOrders(year, rows);
    await harness.reports(SMALL.year, IN_A_ROW.warm, IN_A_ROW.atOnce);
    // First: what others leave in the heap is no part of it.
    await compareFormats(this.results, harness, HUGE);
    await compareWorkbooks(this.results, { ...HUGE, folder: harness.dataDir });
    await this.inARow();
    await this.lostBrowsers(await this.million());
    this.results.print();
  }

  /** Memory of the worker and its browsers over many reports, and their processes before and after. */
  private async inARow(): Promise<void> {
    const { harness } = this;
    // What came before may have left browsers that are new, and have not yet what each keeps.
    await harness.reports(SMALL.year, IN_A_ROW.warm, IN_A_ROW.atOnce);
    const before = await harness.processes();
    const node: number[] = [];
    const browsers: number[] = [];
    for (let done = 0; done <= IN_A_ROW.reports; done += IN_A_ROW.every) {
      if (done > 0) await harness.reports(SMALL.year, IN_A_ROW.every, IN_A_ROW.atOnce);
      node.push(process.memoryUsage.rss() / MEGABYTE);
      browsers.push(await harness.memoryOfBrowsers());
    }
    const title = `${IN_A_ROW.reports} reports in a row`;
    this.results.add(`${title}: Node's memory after, beside before`, 'MB', [node.at(-1)!], [node[0]!]);
    this.results.add(`${title}: slope of Node's memory a report`, 'KB', [slope(node)]);
    this.results.add(
      `${title}: all browsers' memory after, beside before`,
      'MB',
      [browsers.at(-1)!],
      [browsers[0]!],
    );
    this.results.add(`${title}: slope of the browsers' memory a report`, 'KB', [slope(browsers)]);
    await sleep(1_000);
    this.results.add(`${title}: processes after, beside before`, '', [await harness.processes()], [before]);
  }

  /** @returns milliseconds of the large report that nothing disturbed */
  private async million(): Promise<number> {
    const large = await this.several(LARGE);
    const huge = await this.several(HUGE);
    const rows = 'at 1,000,000 rows, beside 100,000';
    this.results.add(`time per row ${rows}`, 'µs', huge.perRow, large.perRow);
    this.results.add(`Node's peak memory ${rows}`, 'MB', huge.node, large.node);
    this.results.add(`the largest browser's peak memory ${rows}`, 'MB', huge.browser, large.browser);
    await this.readBy(huge.id);
    await this.smallBesideHuge();
    return (median(large.perRow) * LARGE.rows) / 1_000;
  }

  /** Reports of a length, one after the other: microseconds a row, highest memory in megabytes, and which the last one is. */
  private async several({ year, rows, runs }: { year: number; rows: number; runs: number }) {
    const { harness } = this;
    const each = { perRow: [] as number[], node: [] as number[], browser: [] as number[], id: '' };
    for (let count = 0; count < runs; count += 1) {
      const { result, peak } = await harness.peakDuring(() => harness.report(year));
      each.perRow.push((1_000 * result.milliseconds) / rows);
      each.node.push(peak.node);
      each.browser.push(peak.browser);
      each.id = result.id;
    }
    return each;
  }

  /** In alternation, so that what else the machine does meets both. */
  private async smallBesideHuge(): Promise<void> {
    const runs: { alone: number[]; during: number[] }[] = [];
    for (let count = 0; count < HUGE.runs; count += 1) {
      const alone = await this.latencies(() => false, SMALL.alone);
      let finished = false;
      const busy = this.harness.report(HUGE.year).finally(() => (finished = true));
      const during = await this.latencies(() => finished, Number.POSITIVE_INFINITY);
      await busy;
      runs.push({ alone, during });
    }
    for (const share of [0.5, 0.99])
      this.results.add(
        `a small report while 1,000,000 rows are printed, p${share * 100}, beside alone`,
        'ms',
        runs.map(({ during }) => quantile(during, share)),
        runs.map(({ alone }) => quantile(alone, share)),
      );
  }

  /** Whether poppler, qpdf and pdf.js find in the file what is in the order book. */
  private async readBy(id: string): Promise<void> {
    const path = join(this.harness.dataDir, 'million.pdf');
    await this.harness.save(id, path);
    const { stdout } = await run(process.execPath, [join(__dirname, 'read-report.mjs'), path], {
      timeout: 300_000,
    });
    for (const [name, value] of Object.entries(JSON.parse(stdout) as Record<string, number>))
      this.results.add(`the file of 1,000,000 rows: ${name}`, '', [value]);
  }

  private async lostBrowsers(undisturbed: number): Promise<void> {
    for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
      const { milliseconds, orders } = await this.disturbed(signal);
      const title = `100,000 rows with a ${signal} of a browser half-way`;
      this.results.add(`${title}: how much later`, 's', [(milliseconds - undisturbed) / 1_000]);
      this.results.add(`${title}: orders in the file`, '', [orders], [LARGE.rows]);
    }
  }

  private async disturbed(signal: 'SIGKILL' | 'SIGSTOP'): Promise<{ milliseconds: number; orders: number }> {
    const { harness } = this;
    const report = harness.report(LARGE.year);
    for (;;) {
      const [job] = await harness.dataSource.query<{ progress: number }[]>(
        `SELECT progress FROM job WHERE state = 'IN_PROGRESS'`,
      );
      if ((job?.progress ?? 0) >= 40) break;
      await sleep(50);
    }
    const [pid] = [...harness.browsers];
    process.kill(pid!, signal);
    const { id, milliseconds } = await report;
    const path = join(harness.dataDir, `${signal}.pdf`);
    await harness.save(id, path);
    const { stdout } = await run('pdftotext', [path, '-'], { maxBuffer: 1024 * MEGABYTE });
    return { milliseconds, orders: new Set(stdout.match(new RegExp(`\\b${LARGE.year}-\\d+\\b`, 'g'))).size };
  }

  private async latencies(until: () => boolean, most: number): Promise<number[]> {
    const latencies: number[] = [];
    while (latencies.length < most && !until()) {
      latencies.push((await this.harness.report(SMALL.year)).milliseconds);
      await sleep(SMALL.everyMs);
    }
    return latencies;
  }
}

/** Of a line through the samples by least squares, in kilobytes a report. */
function slope(megabytes: number[]): number {
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const reports = megabytes.map((_, index) => index * IN_A_ROW.every);
  const [x, y] = [mean(reports), mean(megabytes)];
  const over = reports.reduce((sum, value, index) => sum + (value - x) * (megabytes[index]! - y), 0);
  return (1_024 * over) / reports.reduce((sum, value) => sum + (value - x) ** 2, 0);
}

async function main(): Promise<void> {
  const harness = await RenderHarness.open();
  try {
    await new MillionBench(harness).run();
  } finally {
    await harness.close();
  }
}

void main();
