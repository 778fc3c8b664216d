import { widthOf } from './fitted-text';
import { Markup, markup } from './markup';
import { REMOVED, statusLabel } from './order-rows';
import { Block, packedPages } from './packed-pages';
import { CONTENT_WIDTH, FIGURE_GAP, FIGURE_SIZE, SALES_ROW_HEIGHT } from './page-geometry';
import { ReportDocument, ReportFigures } from './report-document';
import { ReportFormats } from './report-formats';
import { CHART, salesChart } from './sales-chart';
import { SalesRow, salesRow, salesTable } from './sales-table';
import { TextWriter } from './text-writer';

const HEIGHTS = {
  title: 136,
  facts: 64,
  figures: 70,
  empty: 100,
  /** Above a chart, with the space before it. */
  heading: 44,
  /** A table's headings, with the space above. */
  tableHead: 12 + SALES_ROW_HEIGHT,
};
/** Size of a figure's name in relation to the figure. */
const NAME_SHARE = 0.5;
const PERIOD_HEADINGS = { day: 'Day', week: 'Week from', month: 'Month' };

/** The first page, or more of them when the orders are in many currencies or over a long time. */
export function summaryPages(document: ReportDocument, formats: ReportFormats, text: TextWriter): Markup[] {
  return packedPages(blocks(document, formats, text));
}

/** Of the orders. */
export const periodOf = ({ startDate, endDate }: ReportDocument, formats: ReportFormats): string =>
  startDate === null || endDate === null ? 'All days' : formats.period(startDate, endDate);

function blocks(document: ReportDocument, formats: ReportFormats, text: TextWriter): Block[] {
  const { summary } = document;
  const title = markup`<div class="title">
    <h1>${text.write(document.title)}</h1>
    <div class="lead cut">${text.own(periodOf(document, formats))}</div>
    <div class="lead cut">${text.write(document.clientName)}</div>
  </div>`;
  const head: Block[] = [
    { height: HEIGHTS.title, content: title },
    { height: HEIGHTS.facts, content: facts(document, formats, text) },
  ];
  if (summary.orders === 0) {
    const content = markup`<p class="empty">
      ${text.words(nothing(document))}
    </p>`;
    return [...head, { height: HEIGHTS.empty, content }];
  }
  // Most used currency first.
  const totals = [...summary.totals].sort((one, other) => other.orders - one.orders);
  return [
    ...head,
    { height: HEIGHTS.figures, content: figures(document, totals, formats, text) },
    ...(totals.length > 1 ? [currencies(totals, formats, text)] : []),
    ...totals.flatMap((total) => currencyBlocks(total, document, formats, text)),
  ];
}

const nothing = ({ statuses, isDelta, summary }: ReportDocument): string => {
  const which = statuses ? 'with these statuses ' : '';
  if (!isDelta) return `There are no orders ${which}in this period.`;
  return summary.removed === 0
    ? `No orders ${which}of this period have changed.`
    : `Of the orders ${which}that have changed, none is in this period any more.`;
};

/** What the rows are. */
const shown = ({ includeItems, isDelta }: ReportDocument): string =>
  `${isDelta ? 'Changed orders' : 'Orders'}${includeItems ? ' and their lines' : ''}`;

function facts(document: ReportDocument, formats: ReportFormats, text: TextWriter): Markup {
  const statuses = document.statuses?.map((status) => statusLabel(status)).join(', ') ?? 'All';
  const entries: [string, Markup][] = [
    ['Order statuses', text.write(statuses)],
    ['Shown', text.own(shown(document))],
    ['Generated', text.own(`${formats.moment(document.generatedAt)} (${document.timeZone})`)],
  ];
  return markup`<dl class="facts">
    ${entries.map(
      ([name, value]) =>
        markup`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

/** Sales of one currency at a glance; those of several stand in a table below. */
function figures(
  document: ReportDocument,
  totals: ReportFigures[],
  formats: ReportFormats,
  text: TextWriter,
): Markup {
  const { orders, lines, removed } = document.summary;
  const entries: [string, string][] = [
    ['Orders', formats.integer(orders)],
    ...(removed > 0 ? [[REMOVED, formats.integer(removed)] satisfies [string, string]] : []),
    ...(document.includeItems ? [['Lines', formats.integer(lines)] satisfies [string, string]] : []),
    ...salesFigures(totals, formats),
  ];
  const size = figureSize(entries);
  return markup`<dl class="figures" style="font-size:${size.toFixed(2)}px">
    ${entries.map(
      ([name, value]) =>
        markup`<div>
          <dt>${name}</dt>
          <dd>${text.own(value)}</dd>
        </div>`,
    )}
  </dl>`;
}

function salesFigures(totals: ReportFigures[], formats: ReportFormats): [string, string][] {
  const [only, ...others] = totals;
  if (only === undefined || others.length > 0) return [['Currencies', formats.integer(totals.length)]];
  const money = (amount: string): string => formats.money(amount, only.currency);
  return [
    ['Gross', money(only.gross)],
    ['Cancelled', money(only.cancelled)],
    ['Refunded', money(only.refunded)],
    ['Net sales', money(only.net)],
  ];
}

/** One size for all of them, in which they fit beside each other. */
function figureSize(entries: [string, string][]): number {
  const room = CONTENT_WIDTH - (entries.length - 1) * FIGURE_GAP;
  const widths = entries.map(([name, value]) => Math.max(widthOf(value), widthOf(name) * NAME_SHARE));
  return Math.min(FIGURE_SIZE, room / widths.reduce((sum, width) => sum + width, 0));
}

function currencies(totals: ReportFigures[], formats: ReportFormats, text: TextWriter): Block {
  return tableBlock(
    'Currency',
    totals.map((total) => salesRow('group', total.currency, total, formats, text)),
  );
}

/** The sales of a currency by time, in a chart and in figures, and by status. */
function currencyBlocks(
  total: ReportFigures,
  document: ReportDocument,
  formats: ReportFormats,
  text: TextWriter,
): Block[] {
  const { currency } = total;
  const { startDate, endDate, summary } = document;
  const { series, seriesUnit: unit } = summary;
  const points = series.filter((point) => point.currency === currency);
  const name = new Intl.DisplayNames(formats.locale, { type: 'currency' }).of(currency) ?? currency;
  const chart =
    startDate === null || endDate === null
      ? undefined
      : markup`<h2>Net sales per ${unit}<small>${text.own(name)}</small></h2>
    ${salesChart(points, { startDate, endDate, unit, currency }, formats, text)}`;
  const sum = salesRow('sum', 'All orders', total, formats, text);
  const statuses = summary.byStatus
    .filter((each) => each.currency === currency)
    .map((each) => salesRow('group', statusLabel(each.status), each, formats, text));
  const periods = points
    .filter(({ orders }) => orders > 0)
    .map((point) => {
      const label = formats.periodLabel(new Date(point.periodStart), unit, true);
      return salesRow('group', label, point, formats, text);
    });
  return [
    {
      height:
        (chart ? HEIGHTS.heading + CHART.height : 0) +
        HEIGHTS.tableHead +
        SALES_ROW_HEIGHT * (statuses.length + 1),
      content: markup`${chart ?? Markup.empty}${salesTable('Status', [...statuses, sum])}`,
    },
    tableBlock(PERIOD_HEADINGS[unit], [...periods, sum]),
  ];
}

const tableBlock = (groups: string, rows: SalesRow[]): Block => ({
  rows: rows.length,
  rowHeight: SALES_ROW_HEIGHT,
  frameHeight: HEIGHTS.tableHead,
  withFrame: (first, end) => salesTable(groups, rows.slice(first, end)),
});
