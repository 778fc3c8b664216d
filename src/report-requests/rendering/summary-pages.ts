import { sumDecimals } from '../../common/decimal';
import { widthOf } from './fitted-text';
import { Markup, markup } from './markup';
import { statusLabel } from './order-rows';
import { CONTENT_WIDTH, FIGURE_GAP, FIGURE_SIZE, SUMMARY_HEIGHT } from './page-geometry';
import { ReportDocument, ReportTotal } from './report-document';
import { ReportFormats } from './report-formats';
import { TextWriter } from './text-writer';
import { CHART, revenueChart } from './revenue-chart';

/** A part of a summary page with the height that its style gives it, in px. */
interface Block {
  height: number;
  content: Markup;
}

const HEIGHTS = { title: 136, figures: 70, facts: 78, empty: 100, currency: 76, row: 22 };
const FIGURES = 3;
/** Size of a figure's name in relation to the figure. */
const NAME_SHARE = 0.5;

/** The first page, or more of them when the orders are in many currencies. */
export function summaryPages(document: ReportDocument, formats: ReportFormats, text: TextWriter): Markup[] {
  return pack(blocks(document, formats, text)).map((page) => markup`${page.map((block) => block.content)}`);
}

/** Blocks in their order, each on the first page that has room for it after those before. */
function pack(all: Block[]): Block[][] {
  const pages: Block[][] = [];
  let room = 0;
  for (const block of all) {
    if (block.height > room || pages.length === 0) {
      pages.push([]);
      room = SUMMARY_HEIGHT;
    }
    pages.at(-1)?.push(block);
    room -= block.height;
  }
  return pages;
}

function blocks(document: ReportDocument, formats: ReportFormats, text: TextWriter): Block[] {
  const { summary } = document;
  const title = markup`<div class="title">
    <h1>${text.write(document.title)}</h1>
    <div class="lead cut">${text.own(formats.period(document.startDate, document.endDate))}</div>
    <div class="lead cut">${text.write(document.clientName)}</div>
  </div>`;
  const head: Block[] = [
    { height: HEIGHTS.title, content: title },
    { height: HEIGHTS.facts, content: facts(document, formats, text) },
  ];
  if (summary.orders === 0) {
    const content = markup`<p class="empty">
      ${text.words(`There are no orders ${document.statuses ? 'with these statuses ' : ''}in this period.`)}
    </p>`;
    return [...head, { height: HEIGHTS.empty, content }];
  }
  const currencies = totalsByCurrency(summary.totals);
  return [
    ...head,
    { height: HEIGHTS.figures, content: figures(document, currencies, formats, text) },
    ...[...currencies].map(([currency, totals]) => currencyBlock(currency, totals, document, formats, text)),
  ];
}

function facts(document: ReportDocument, formats: ReportFormats, text: TextWriter): Markup {
  const statuses = document.statuses?.map((status) => statusLabel(status)).join(', ') ?? 'All';
  const entries: [string, Markup][] = [
    ['Order statuses', text.write(statuses)],
    ['Shown', text.own(document.includeItems ? 'Orders and their lines' : 'Orders')],
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

function figures(
  document: ReportDocument,
  currencies: ReadonlyMap<string, ReportTotal[]>,
  formats: ReportFormats,
  text: TextWriter,
): Markup {
  const { orders, lines } = document.summary;
  const totals = [...currencies]
    .slice(0, FIGURES)
    .map<[string, string]>(([currency, parts]) => [
      `Total ${currency}`,
      formats.money(sumDecimals(parts.map((part) => part.total)), currency),
    ]);
  const entries: [string, string][] = [
    ['Orders', formats.integer(orders)],
    ...(document.includeItems ? [['Lines', formats.integer(lines)] satisfies [string, string]] : []),
    ...totals,
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

/** One size for all of them, in which they fit beside each other. */
function figureSize(entries: [string, string][]): number {
  const room = CONTENT_WIDTH - (entries.length - 1) * FIGURE_GAP;
  const widths = entries.map(([name, value]) => Math.max(widthOf(value), widthOf(name) * NAME_SHARE));
  return Math.min(FIGURE_SIZE, room / widths.reduce((sum, width) => sum + width, 0));
}

function currencyBlock(
  currency: string,
  totals: ReportTotal[],
  document: ReportDocument,
  formats: ReportFormats,
  text: TextWriter,
): Block {
  const { series, seriesUnit: unit } = document.summary;
  const { startDate, endDate } = document;
  const chart = revenueChart(
    series.filter((point) => point.currency === currency),
    { startDate, endDate, unit, currency },
    formats,
    text,
  );
  const rows = totals.map((total) => totalRow(statusLabel(total.status), total, '', currency, formats, text));
  const sum = {
    orders: totals.reduce((count, total) => count + total.orders, 0),
    total: sumDecimals(totals.map((total) => total.total)),
  };
  const table = markup`<table class="totals">
    <thead>
      <tr>
        <th scope="col">Status</th>
        <th scope="col">Orders</th>
        <th scope="col">Total</th>
      </tr>
    </thead>
    <tbody>
      ${rows}${totalRow('All orders', sum, 'sum', currency, formats, text)}
    </tbody>
  </table>`;
  const name = new Intl.DisplayNames(formats.locale, { type: 'currency' }).of(currency) ?? currency;
  return {
    height: HEIGHTS.currency + CHART.height + HEIGHTS.row * (totals.length + 2),
    content: markup`<section class="currency">
      <h2>Revenue per ${unit}<small>${text.own(name)}</small></h2>
      ${chart}${table}
    </section>`,
  };
}

function totalRow(
  label: string,
  values: { orders: number; total: string },
  kind: 'sum' | '',
  currency: string,
  formats: ReportFormats,
  text: TextWriter,
): Markup {
  return markup`<tr class="${kind}">
    <td>${text.write(label)}</td>
    <td>${text.own(formats.integer(values.orders))}</td>
    <td>${text.own(formats.money(values.total, currency))}</td>
  </tr>`;
}

/** Most used currency first. */
function totalsByCurrency(totals: ReportTotal[]): Map<string, ReportTotal[]> {
  const groups = new Map<string, ReportTotal[]>();
  for (const total of totals) groups.set(total.currency, [...(groups.get(total.currency) ?? []), total]);
  const orders = (group: ReportTotal[]): number => group.reduce((count, total) => count + total.orders, 0);
  return new Map([...groups].sort(([, one], [, other]) => orders(other) - orders(one)));
}
