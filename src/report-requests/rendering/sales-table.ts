import type { CurrencyTotal } from '../../orders/order-summary';
import type { MessageKey } from '../messages/message-files';
import { fitted, isSureToFit, type Room } from './fitted-text';
import { Markup, markup } from './markup';
import { COLUMN_GAP, FONT_SIZE, HEADING_SIZE, SALES_ROW_HEIGHT, salesColumns } from './page-geometry';
import type { ReportContext } from './report-context';
import type { TextWriter } from './text-writer';

const AMOUNTS = ['gross', 'cancelled', 'refunded', 'net'] as const;
const HEADINGS = ['orders', ...AMOUNTS] as const;

/** A row of a table of sales: what a group of orders comes to, or their sum. */
export interface SalesRow {
  kind: 'group' | 'sum';
  cells: Markup;
}

/** Writes tables of sales in one document: in each of their rows gross - cancelled - refunded = net. */
export class SalesTables {
  private readonly widths: readonly number[];

  constructor(
    private readonly context: ReportContext,
    private readonly text: TextWriter,
  ) {
    this.widths = salesColumns(context.layout.page);
  }

  /** @param groups what its rows are of */
  table(groups: MessageKey, rows: readonly SalesRow[]): Markup {
    const columns = this.widths.map((width) => markup`<col style="width:${width}px" />`);
    const headings = [groups, ...HEADINGS].map((heading, column) => {
      const label = this.context.messages.text(heading);
      return markup`<th scope="col">${fitted(this.text.words(label), label, this.room(column, HEADING_SIZE))}</th>`;
    });
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
      ${this.rules(rows)}
    </div>`;
  }

  /** @param name of the group; a name that is too long is cut, an amount never is */
  row(kind: SalesRow['kind'], name: string, figures: CurrencyTotal): SalesRow {
    const { formats } = this.context;
    const label = this.text.write(name);
    const first = isSureToFit(name, this.room(0))
      ? markup`<td>${label}</td>`
      : markup`<td class="cut">${label}</td>`;
    const cells = [
      formats.integer(figures.orders),
      ...AMOUNTS.map((amount) => formats.money(figures[amount], figures.currency)),
    ];
    const others = cells.map(
      (text, index) => markup`<td>${fitted(this.text.own(text), text, this.room(index + 1))}</td>`,
    );
    return { kind, cells: markup`${[first, ...others]}` };
  }

  private room(column: number, size = FONT_SIZE): Room {
    return { width: (this.widths[column] ?? 0) - COLUMN_GAP, height: SALES_ROW_HEIGHT, size, lines: 1 };
  }

  /** All lines of a table in two paths: borders on every cell print much more slowly. */
  private rules(rows: readonly SalesRow[]): Markup {
    const { contentWidth } = this.context.layout.page;
    const across = (row: number): string => `M0 ${row * SALES_ROW_HEIGHT}H${contentWidth}`;
    const isRule = (row: number): boolean => row === 0 || rows[row]?.kind === 'sum';
    const edges = rows.map((_, row) => row);
    const path = (kind: boolean): string =>
      edges
        .filter((row) => isRule(row) === kind)
        .map(across)
        .join('');
    const height = rows.length * SALES_ROW_HEIGHT;
    return markup`<svg class="rules" aria-hidden="true" width="${contentWidth}" height="${height}">
      <path d="${path(false)}" />
      <path class="rule" d="${path(true)}" />
    </svg>`;
  }
}
