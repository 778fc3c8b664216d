import type { ReportMessages } from '../messages/report-messages';
import { fitted } from './fitted-text';
import { Markup, markup } from './markup';
import { OrderCells } from './order-cells';
import { HEAD_HEIGHT, ROW_HEIGHT } from './page-geometry';
import type { OrderPage } from './pagination';
import type { ReportRow } from './report-rows';
import type { TableLayout } from './table-layout';
import type { TextWriter } from './text-writer';

/**
 * `table` is for readers' software: real rows and headings in a tagged file. `columns` looks the same and prints three
 * times as fast: one preformatted block per column, each of its lines cut with an ellipsis of its own.
 */
export type OrderPageStyle = 'table' | 'columns';

/** Writes the orders of pages under their repeated headings, in one document. */
export class OrderTable {
  private readonly cells: OrderCells;
  private readonly headings: Markup[];

  constructor(
    private readonly layout: TableLayout,
    private readonly options: { items: boolean; style: OrderPageStyle },
    messages: ReportMessages,
    text: TextWriter,
  ) {
    this.cells = new OrderCells(layout, text);
    this.headings = layout.columns.map(({ heading, width }) => {
      const label = messages.text(heading);
      const room = { width: width - layout.gap, height: HEAD_HEIGHT, size: layout.headingSize, lines: 1 };
      return fitted(text.words(label), label, room);
    });
  }

  /** @returns with whether a text of it is cut */
  write(page: OrderPage): { content: Markup; hasCut: boolean } {
    this.cells.hasCut = false;
    const { items, style } = this.options;
    const body = style === 'table' ? this.asTable(page) : this.asColumns(page);
    const content = markup`<div class="${items ? 'orders items' : 'orders'}">
      ${body}${this.rules(page.rows)}
    </div>`;
    return { content, hasCut: this.cells.hasCut };
  }

  private asTable({ rows }: OrderPage): Markup {
    const columns = this.layout.columns.map(
      ({ width }) => markup`<col style="width:${width.toFixed(2)}px" />`,
    );
    const head = this.headings.map((heading) => markup`<th scope="col">${heading}</th>`);
    return markup`<table>
      <colgroup>
        ${columns}
      </colgroup>
      <thead>
        <tr>
          ${head}
        </tr>
      </thead>
      <tbody>
        ${rows.map((row, index) => this.tableRow(row, index === 0))}
      </tbody>
    </table>`;
  }

  private tableRow(row: ReportRow, isFirst: boolean): Markup {
    const { columns, names } = this.layout;
    if (row.kind === 'heading' || row.kind === 'continued') {
      const heading = markup`<tr class="heading">
        <th class="cut" scope="rowgroup" colspan="${columns.length}">${this.cells.name(row)}</th>
      </tr>`;
      // What it is the heading of ends with the next one.
      return isFirst ? heading : markup`</tbody><tbody>${heading}`;
    }
    const isSum = row.kind === 'sum';
    const cells = columns.map((_, column) => {
      if (!isSum || column < names.first || column >= names.end) return this.tableCell(row, column);
      if (column > names.first) return Markup.empty;
      const across = names.end - names.first;
      return markup`<th class="cut" scope="row" colspan="${across}">${this.cells.name(row)}</th>`;
    });
    return markup`<tr class="${row.kind}">
      ${cells}
    </tr>`;
  }

  /** Only what might not fit is cut: an edge on every cell costs a tenth of a short print. */
  private tableCell(row: ReportRow, column: number): Markup {
    const content = this.cells.cell(row, column);
    return this.cells.isSureToFit(row, column)
      ? markup`<td>${content}</td>`
      : markup`<td class="cut">${content}</td>`;
  }

  private asColumns({ rows }: OrderPage): Markup {
    const head = this.headings.map((heading) => markup`<div>${heading}</div>`);
    // An element in each line would cost more than its text.
    const isMixed = rows.some(({ kind }) => kind === 'line' || kind === 'extra');
    const isStrong = ({ kind }: ReportRow): boolean => kind === 'sum' || (isMixed && kind === 'order');
    const columns = this.layout.columns.map((_, column) =>
      lines(rows, (row) => {
        const { text } = this.cells.cell(row, column);
        return text !== '' && isStrong(row) ? `<b>${text}</b>` : text;
      }),
    );
    const names = (['heading', 'sum'] as const).flatMap((kind) => {
      if (!rows.some((row) => classOf(row) === kind)) return [];
      const named = lines(rows, (row) =>
        'name' in row && classOf(row) === kind ? this.cells.name(row).text : '',
      );
      return [markup`<pre class="${kind}">\n${named}</pre>`];
    });
    return markup`<div class="head">${head}</div>
      <div class="columns">${columns.map((column) => markup`<pre>\n${column}</pre>`)}${names}</div>`;
  }

  /** All hairlines of a page in one path: borders on every cell print much more slowly. */
  private rules(rows: readonly ReportRow[]): Markup {
    const { contentWidth } = this.layout.page;
    const above = (holds: (row: ReportRow, before: ReportRow) => boolean): string =>
      rows
        .map((row, index) => {
          const before = rows[index - 1];
          return before !== undefined && holds(row, before) ? `M0 ${index * ROW_HEIGHT}H${contentWidth}` : '';
        })
        .join('');
    // Groups and their sums stand out.
    const isStrong = (row: ReportRow, before: ReportRow): boolean =>
      classOf(before) === 'heading' || (row.kind === 'sum' && before.kind !== 'sum');
    const isFine = (row: ReportRow, before: ReportRow): boolean =>
      !isStrong(row, before) && (!this.options.items || row.kind === 'order' || 'name' in row);
    const strong = above(isStrong);
    return markup`<svg class="rules" aria-hidden="true" width="${contentWidth}" height="${rows.length * ROW_HEIGHT}">
      <path d="${above(isFine)}" />
      ${strong === '' ? Markup.empty : markup`<path class="rule" d="${strong}" />`}
    </svg>`;
  }
}

/** A heading that is repeated is a heading. */
const classOf = ({ kind }: ReportRow): ReportRow['kind'] => (kind === 'continued' ? 'heading' : kind);

const lines = (rows: readonly ReportRow[], line: (row: ReportRow) => string): Markup =>
  new Markup(rows.map(line).join('\n'));
