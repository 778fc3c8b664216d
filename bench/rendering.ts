import 'reflect-metadata';
import { cpus } from 'node:os';
import { compareDressedGroups } from './dressed-groups';
import { compareClients, SMALL } from './many-clients';
import { Measurements } from './measurements';
import { RenderFloor } from './render-floor';
import { RenderHarness } from './render-harness';

/** Reports through the whole service, each figure beside its limit. A million rows, and what may happen meanwhile: `million`. */

const RUNS = 3;
const LARGE = { year: 2002, rows: 100_000 };
/** Fifteen orders a customer. */
const GROUPED = { year: 2003, rows: 60_000 };
const SLOTS = Math.max(1, cpus().length);
const CLIENTS = [4, 50];

class RenderingBench {
  private readonly results = new Measurements('rendering');

  constructor(
    private readonly harness: RenderHarness,
    private readonly floor: RenderFloor,
  ) {}

  async run(): Promise<void> {
    await this.harness.addOrders(SMALL.year, SMALL.rows);
    await this.harness.addOrders(LARGE.year, LARGE.rows);
    // Compilers and caches of all that takes part are warm after so many.
    await this.harness.reports(SMALL.year, SMALL.reports, 2 * SLOTS);
    await this.small();
    await this.large();
    await this.harness.addOrders(GROUPED.year, GROUPED.rows);
    await compareDressedGroups(this.harness, this.results, { ...GROUPED, runs: RUNS });
    this.results.print();
  }

  /** In alternation, so that what else the machine does meets all of them. */
  private async small(): Promise<void> {
    const service: number[] = [];
    const besides: Record<string, () => Promise<number | null>> = {
      'warm pages': () => this.floor.warmPages(SMALL.rows, SMALL.reports, 'plain'),
      'warm pages with our flags': () => this.floor.warmPages(SMALL.rows, SMALL.reports, 'ours'),
      'a browser launched for each': () => this.floor.launchedForEach(SMALL.rows, 6 * SLOTS),
      jsreport: () => this.floor.jsreport(SMALL.rows, SMALL.reports),
    };
    const others = new Map(Object.keys(besides).map((name): [string, number[]] => [name, []]));
    for (let run = 0; run < RUNS; run += 1) {
      service.push(await this.harness.reports(SMALL.year, SMALL.reports, 4 * SLOTS));
      for (const [name, measure] of Object.entries(besides)) {
        const value = await measure();
        if (value !== null) others.get(name)?.push(value);
      }
    }
    others.forEach((runs, name) =>
      this.results.add(`small reports a second, beside ${name}`, '1/s', service, runs),
    );
    for (const clients of CLIENTS) await compareClients(this.harness, this.results, clients, RUNS);
  }

  private async large(): Promise<void> {
    const perRow: number[] = [];
    const floors: Record<'plain' | 'ours', number[]> = { plain: [], ours: [] };
    for (let run = 0; run < RUNS; run += 1) {
      const { milliseconds } = await this.harness.report(LARGE.year);
      perRow.push((1_000 * milliseconds) / LARGE.rows);
      for (const flags of ['plain', 'ours'] as const)
        floors[flags].push((1e6 * (await this.floor.preformatted(LARGE.rows, flags))) / LARGE.rows);
    }
    const name = 'time per row at 100,000 rows, beside preformatted lines';
    this.results.add(name, 'µs', perRow, floors.plain);
    this.results.add(`${name} with our flags`, 'µs', perRow, floors.ours);
  }
}

async function main(): Promise<void> {
  const harness = await RenderHarness.open();
  try {
    await new RenderingBench(harness, await RenderFloor.open(SLOTS)).run();
  } finally {
    await harness.close();
  }
}

void main();
