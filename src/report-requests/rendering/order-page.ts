import { Markup, markup } from './markup';
import { ReportRow } from './order-rows';
import { fits, fitted } from './fitted-text';
import { COLUMN_GAP, COLUMNS, CONTENT_WIDTH, ROW_HEIGHT } from './page-geometry';
import { OrderPage } from './pagination';
import { TextWriter } from './text-writer';

const FIELDS = ['date', 'number', 'name', 'detail', 'total'] as const;
const [DATE, NUMBER, NAME, DETAIL, TOTAL] = COLUMNS;
const ROOM = {
  date: DATE - COLUMN_GAP,
  number: NUMBER - COLUMN_GAP,
  name: NAME - COLUMN_GAP,
  detail: DETAIL - COLUMN_GAP,
  total: TOTAL,
};
const NUMBER_LINES = 3;

/**
 * `table` is for readers' software: real rows and headings in a tagged file. `columns` looks the same and prints three
 * times as fast: one preformatted block per column, each of its lines cut with an ellipsis of its own.
 */
export type OrderPageStyle = 'table' | 'columns';

/** The orders of one page under their repeated headings. */
export function orderTable(
  page: OrderPage,
  options: { items: boolean; style: OrderPageStyle },
  text: TextWriter,
): Markup {
  const headings = options.items
    ? ['Date', 'Order / SKU', 'Customer / item', 'Status / quantity', 'Total']
    : ['Date', 'Order', 'Customer', 'Status', 'Total'];
  const body = options.style === 'table' ? asTable(page, headings, text) : asColumns(page, headings, text);
  return markup`<div class="${options.items ? 'orders items' : 'orders'}">
    ${body}${rules(page.rows, options.items)}
  </div>`;
}

function asTable(page: OrderPage, headings: string[], text: TextWriter): Markup {
  const columns = COLUMNS.map((width) => markup`<col style="width:${width}px" />`);
  const rows = page.rows.map(
    (row) =>
      markup`<tr class="${row.kind}">
        ${FIELDS.map((field) => tableCell(row, field, text))}
      </tr>`,
  );
  const head = headings.map((heading) => markup`<th scope="col">${heading}</th>`);
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
      ${rows}
    </tbody>
  </table>`;
}

/** Only what might not fit is cut: an edge on every cell costs a tenth of a short print. */
function tableCell(row: ReportRow, field: (typeof FIELDS)[number], text: TextWriter): Markup {
  const content = cell(row, field, text);
  return fits(row[field], ROOM[field])
    ? markup`<td>${content}</td>`
    : markup`<td class="cut">${content}</td>`;
}

function asColumns(page: OrderPage, headings: string[], text: TextWriter): Markup {
  const head = headings.map((heading) => markup`<div>${heading}</div>`);
  // An element in each line would cost more than its text.
  const isMixed = page.rows.some((row) => row.kind !== 'order');
  const columns = FIELDS.map((field) => {
    const lines = page.rows.map((row) => {
      const { text: content } = cell(row, field, text);
      return isMixed && row.kind === 'order' ? `<b>${content}</b>` : content;
    });
    // The first newline in it is not read as text, and a date's first line may be empty.
    return markup`<pre>\n${new Markup(lines.join('\n'))}</pre>`;
  });
  return markup`<div class="head">${head}</div>
    <div class="columns">${columns}</div>`;
}

/** A name that is too long is cut; a number or an amount never is. */
function cell(row: ReportRow, field: (typeof FIELDS)[number], text: TextWriter): Markup {
  switch (field) {
    case 'name':
      return row.kind === 'extra' ? text.words(row.name) : text.write(row.name);
    case 'number':
      return fitted(text.write(row.number), row.number, ROOM.number, NUMBER_LINES);
    case 'detail':
      if (row.kind === 'order') return text.write(row.detail);
      return fitted(text.own(row.detail), row.detail, ROOM.detail, 1);
    case 'date':
      return text.own(row.date);
    case 'total':
      return fitted(text.own(row.total), row.total, ROOM.total, 1);
  }
}

/** All hairlines of a page in one path: borders on every cell print much more slowly. */
function rules(rows: ReportRow[], items: boolean): Markup {
  const path = rows
    .map((row, index) =>
      index > 0 && (!items || row.kind === 'order') ? `M0 ${index * ROW_HEIGHT}H${CONTENT_WIDTH}` : '',
    )
    .join('');
  const height = rows.length * ROW_HEIGHT;
  return markup`<svg class="rules" aria-hidden="true" width="${CONTENT_WIDTH}" height="${height}">
    <path d="${path}" />
  </svg>`;
}
