import { fits, fitted } from './fitted-text';
import { Markup, markup } from './markup';
import { COLUMN_GAP, CONTENT_WIDTH, SALES_COLUMNS, SALES_ROW_HEIGHT } from './page-geometry';
import { ReportFigures } from './report-document';
import { ReportFormats } from './report-formats';
import { TextWriter } from './text-writer';

const AMOUNTS = ['gross', 'cancelled', 'refunded', 'net'] as const;
const HEADINGS = ['Orders', 'Gross', 'Cancelled', 'Refunded', 'Net sales'];
const LABEL_ROOM = SALES_COLUMNS[0] - COLUMN_GAP;
const AMOUNT_ROOM = SALES_COLUMNS[2] - COLUMN_GAP;

/** A row of a table of sales: what a group of orders comes to, or their sum. */
export interface SalesRow {
  kind: 'group' | 'sum';
  cells: Markup;
}

/** What groups of orders come to, a row for each: in each of them gross - cancelled - refunded = net. */
export function salesTable(groups: string, rows: readonly SalesRow[]): Markup {
  const columns = SALES_COLUMNS.map((width) => markup`<col style="width:${width}px" />`);
  const headings = [groups, ...HEADINGS].map((heading) => markup`<th scope="col">${heading}</th>`);
  const body = rows.map(({ kind, cells }) =>
    kind === 'sum' ? markup`<tr class="sum">${cells}</tr>` : markup`<tr>${cells}</tr>`,
  );
  return markup`<div class="sales">
    <table>
      <colgroup>
        ${columns}
      </colgroup>
      <thead>
        <tr>
          ${headings}
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>
    ${rules(rows)}
  </div>`;
}

/** @param name of the group; a name that is too long is cut, an amount never is */
export function salesRow(
  kind: SalesRow['kind'],
  name: string,
  figures: ReportFigures,
  formats: ReportFormats,
  text: TextWriter,
): SalesRow {
  const label = text.write(name);
  const amounts = AMOUNTS.map((amount) => {
    const money = formats.money(figures[amount], figures.currency);
    return markup`<td>${fitted(text.own(money), money, AMOUNT_ROOM, 1)}</td>`;
  });
  const first = fits(name, LABEL_ROOM) ? markup`<td>${label}</td>` : markup`<td class="cut">${label}</td>`;
  const orders = markup`<td>${text.own(formats.integer(figures.orders))}</td>`;
  return { kind, cells: markup`${[first, orders, ...amounts]}` };
}

/** All lines of a table in two paths: borders on every cell print much more slowly. */
function rules(rows: readonly SalesRow[]): Markup {
  const across = (row: number): string => `M0 ${row * SALES_ROW_HEIGHT}H${CONTENT_WIDTH}`;
  const isRule = (row: number): boolean => row === 0 || rows[row]?.kind === 'sum';
  const edges = rows.map((_, row) => row);
  const path = (kind: boolean): string =>
    edges
      .filter((row) => isRule(row) === kind)
      .map(across)
      .join('');
  const height = rows.length * SALES_ROW_HEIGHT;
  return markup`<svg class="rules" aria-hidden="true" width="${CONTENT_WIDTH}" height="${height}">
    <path d="${path(false)}" />
    <path class="rule" d="${path(true)}" />
  </svg>`;
}
