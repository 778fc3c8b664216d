import { type Measurements, ratioAtMost } from './measurements';
import type { RenderHarness } from './render-harness';

const BRAND = {
  name: 'Acme Web Shop GmbH',
  address: ['Hauptstraße 1', '10115 Berlin'],
  accent_color: '#0b7285',
  footer: 'Acme Web Shop GmbH · Register court Berlin HRB 1234 · VAT DE123456789',
};
const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40">
  <defs><linearGradient id="g"><stop offset="0" stop-color="#0b7285"/><stop offset="1" stop-color="#66d9e8"/></linearGradient></defs>
  <circle cx="20" cy="20" r="16" fill="url(#g)"/><path d="M12 28 20 10l8 18h-5l-3-8-3 8z" fill="#fff"/>
  <path d="M48 12h60v4H48zM48 22h44v4H48z" fill="#495057"/>
</svg>`;

/** Of a group, besides its orders: its heading and, since all are in one currency, one row of sums. */
const ROWS_OF_GROUP = 2;

/** A PDF grouped by customer, with a brand, beside the plain one of the same orders: time for each row that is printed. */
export async function compareDressedGroups(
  harness: RenderHarness,
  results: Measurements,
  { year, rows, runs }: { year: number; rows: number; runs: number },
): Promise<void> {
  const [counted] = await harness.dataSource.query<{ groups: number }[]>(
    'SELECT count(DISTINCT customer_name)::int AS groups FROM orders WHERE number LIKE $1',
    [`${year}-%`],
  );
  const groupedRows = rows + ROWS_OF_GROUP * counted!.groups;
  const [dressed, plain]: [number[], number[]] = [[], []];
  const perRow = async (printed: number, asked: object): Promise<number> =>
    (1_000 * (await harness.report(year, 0, asked)).milliseconds) / printed;
  // In alternation, so that what else the machine does meets both.
  for (let run = 0; run < runs; run += 1) {
    plain.push(await perRow(rows, {}));
    await harness.dress(BRAND, LOGO);
    dressed.push(await perRow(groupedRows, { group_by: 'customer' }));
    await harness.undress();
  }
  const title = `time per row of ${rows.toLocaleString('en')} orders of ${counted!.groups.toLocaleString('en')} customers`;
  results.add(`${title}, grouped with a brand, beside plain`, 'µs', dressed, plain, ratioAtMost(1.15));
}
