import { ReportFormat } from '../src/report-requests/formats/report-format';
import { type Measurements, ratioAtMost, valueAtMost } from './measurements';
import type { RenderHarness } from './render-harness';

const FORMATS = Object.values(ReportFormat);
const COLUMNS = ['ordered_at', 'number', 'customer_name', 'status', 'total'];
const MOST_MEGABYTES = 400;

/** All formats of so many orders in one job, beside the same as jobs of their own, one after the other. */
export async function compareFormats(
  results: Measurements,
  harness: RenderHarness,
  { year, rows, runs }: { year: number; rows: number; runs: number },
): Promise<void> {
  const [together, apart, memory]: [number[], number[], number[]] = [[], [], []];
  const each = new Map(FORMATS.map((format): [ReportFormat, number[]] => [format, []]));
  const seconds = async (formats: readonly ReportFormat[]): Promise<number> =>
    (await harness.report(year, 0, { formats, columns: COLUMNS })).milliseconds / 1_000;
  // In alternation, so that what else the machine does meets both.
  for (let run = 0; run < runs; run += 1) {
    const { result, peak } = await harness.peakDuring(() => seconds(FORMATS));
    together.push(result);
    memory.push(peak.node);
    let sum = 0;
    for (const format of FORMATS) {
      const alone = await seconds([format]);
      each.get(format)!.push(alone);
      sum += alone;
    }
    apart.push(sum);
  }
  const title = `${FORMATS.length} formats of ${rows.toLocaleString('en')} rows in one job`;
  results.add(`${title}, beside as jobs of their own`, 's', together, apart, ratioAtMost(0.85));
  const most = valueAtMost(MOST_MEGABYTES, 'MB');
  results.add(`${title}: Node's peak memory`, 'MB', memory, [], most);
  for (const [format, runs] of each)
    results.add(`${rows.toLocaleString('en')} rows as ${format} alone`, 's', runs);
}
