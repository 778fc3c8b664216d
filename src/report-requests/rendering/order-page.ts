import { Markup, markup } from './markup';
import { ReportRow } from './order-rows';
import { COLUMNS, CONTENT_WIDTH, ROW_HEIGHT } from './page-geometry';
import { OrderPage } from './pagination';
import { TextWriter } from './report-text';

const FIELDS = ['date', 'number', 'name', 'detail', 'total'] as const;

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
        ${FIELDS.map((field) => markup`<td>${cell(row, field, text)}</td>`)}
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

function asColumns(page: OrderPage, headings: string[], text: TextWriter): Markup {
  const head = headings.map((heading) => markup`<div>${heading}</div>`);
  const columns = FIELDS.map((field) => {
    const lines = page.rows.map((row) => {
      const { text: content } = cell(row, field, text);
      return row.kind === 'order' ? `<b>${content}</b>` : content;
    });
    return markup`<pre>${new Markup(lines.join('\n'))}</pre>`;
  });
  return markup`<div class="columns head">${head}</div>
    <div class="columns">${columns}</div>`;
}

function cell(row: ReportRow, field: (typeof FIELDS)[number], text: TextWriter): Markup {
  if (field === 'number' || field === 'name') return text.write(row[field]);
  if (field === 'detail' && row.kind === 'order') return text.write(row.detail);
  return text.own(row[field]);
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
