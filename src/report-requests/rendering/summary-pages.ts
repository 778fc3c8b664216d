import { nameOn } from '../../brands/report-brand';
import type { CurrencyTotal } from '../../orders/order-summary';
import type { MessageKey } from '../messages/message-files';
import { widthOf } from './fitted-text';
import { Markup, markup } from './markup';
import { Block, packedPages } from './packed-pages';
import { FIGURE_GAP, FIGURE_SIZE, SALES_ROW_HEIGHT } from './page-geometry';
import { letterhead } from './letterhead';
import type { ReportContext } from './report-context';
import { reportFacts } from './report-facts';
import { CHART_HEIGHT, salesChart } from './sales-chart';
import { type SalesRow, SalesTables } from './sales-table';
import type { TextWriter } from './text-writer';

const HEIGHTS = {
  title: 136,
  figures: 70,
  empty: 100,
  /** Above a chart, with the space before it. */
  heading: 44,
  /** A table's headings, with the space above. */
  tableHead: 12 + SALES_ROW_HEIGHT,
};
/** Size of a figure's name in relation to the figure. */
const NAME_SHARE = 0.5;
const PERIODS = { day: 'day', week: 'week_from', month: 'month' } as const satisfies Record<
  string,
  MessageKey
>;

/** The first page, or more of them when the orders are in many currencies or over a long time. */
export function summaryPages(context: ReportContext, text: TextWriter): Markup[] {
  return packedPages(new Summary(context, text).blocks(), context.layout.page.summaryHeight);
}

/** Of the orders. */
export const periodOf = ({ document: { startDate, endDate }, formats, messages }: ReportContext): string =>
  startDate === null || endDate === null ? messages.text('all_days') : formats.period(startDate, endDate);

class Summary {
  private readonly tables: SalesTables;

  constructor(
    private readonly context: ReportContext,
    private readonly text: TextWriter,
  ) {
    this.tables = new SalesTables(context, text);
  }

  blocks(): Block[] {
    const { document } = this.context;
    const { summary } = document;
    const head: Block[] = [this.title(), reportFacts(this.context, this.text)];
    if (summary.orders === 0) {
      const content = markup`<p class="empty">
        ${this.words(nothing(document))}
      </p>`;
      return [...head, { height: HEIGHTS.empty, content }];
    }
    // Most used currency first.
    const totals = [...summary.totals].sort((one, other) => other.orders - one.orders);
    return [
      ...head,
      { height: HEIGHTS.figures, content: this.figures(totals) },
      ...(totals.length > 1 ? [this.currencies(totals)] : []),
      ...totals.flatMap((total) => this.ofCurrency(total)),
    ];
  }

  private words(key: MessageKey): Markup {
    return this.text.words(this.context.messages.text(key));
  }

  private title(): Block {
    const { document } = this.context;
    const content = markup`<div class="title">
      <div>
      <h1>${this.text.write(document.title)}</h1>
      <div class="lead cut">${this.text.own(periodOf(this.context))}</div>
      <div class="lead cut">${this.text.write(nameOn(document.brand, document.clientName))}</div>
      </div>
      ${letterhead(document.brand, this.text)}
    </div>`;
    return { height: HEIGHTS.title, content };
  }

  /** Sales of one currency at a glance; those of several stand in a table below. */
  private figures(totals: CurrencyTotal[]): Markup {
    const { document, formats, messages, layout } = this.context;
    const { orders, lines, removed } = document.summary;
    const named = (key: MessageKey, value: string): [string, string] => [messages.text(key), value];
    const entries = [
      named('orders', formats.integer(orders)),
      ...(removed > 0 ? [named('removed', formats.integer(removed))] : []),
      ...(document.includeItems ? [named('lines', formats.integer(lines))] : []),
      ...this.sales(totals).map(([key, value]) => named(key, value)),
    ];
    const size = figureSize(entries, layout.page.contentWidth);
    return markup`<dl class="figures" style="font-size:${size.toFixed(2)}px">
      ${entries.map(
        ([name, value]) =>
          markup`<div>
            <dt>${this.text.words(name)}</dt>
            <dd>${this.text.own(value)}</dd>
          </div>`,
      )}
    </dl>`;
  }

  private sales(totals: CurrencyTotal[]): [MessageKey, string][] {
    const { formats } = this.context;
    const [only, ...others] = totals;
    if (only === undefined || others.length > 0) return [['currencies', formats.integer(totals.length)]];
    const money = (amount: string): string => formats.money(amount, only.currency);
    return [
      ['gross', money(only.gross)],
      ['cancelled', money(only.cancelled)],
      ['refunded', money(only.refunded)],
      ['net', money(only.net)],
    ];
  }

  private currencies(totals: CurrencyTotal[]): Block {
    return this.tableBlock(
      'currency',
      totals.map((total) => this.tables.row('group', total.currency, total)),
    );
  }

  /** The sales of a currency by time, in a chart and in figures, and by status. */
  private ofCurrency(total: CurrencyTotal): Block[] {
    const { document, formats, messages } = this.context;
    const { currency } = total;
    const { series, seriesUnit: unit, byStatus } = document.summary;
    const points = series.filter((point) => point.currency === currency);
    const chart = this.chart(currency, points);
    const sum = this.tables.row('sum', messages.text('all_orders'), total);
    const statuses = byStatus
      .filter((each) => each.currency === currency)
      .map((each) => this.tables.row('group', messages.status(each.status), each));
    const periods = points
      .filter(({ orders }) => orders > 0)
      .map((point) => {
        const label = formats.periodLabel(new Date(point.periodStart), unit, true);
        return this.tables.row('group', label, point);
      });
    return [
      {
        height:
          (chart ? HEIGHTS.heading + CHART_HEIGHT : 0) +
          HEIGHTS.tableHead +
          SALES_ROW_HEIGHT * (statuses.length + 1),
        content: markup`${chart ?? Markup.empty}${this.tables.table('status', [...statuses, sum])}`,
      },
      this.tableBlock(PERIODS[unit], [...periods, sum]),
    ];
  }

  /** None of all days: they have no end. */
  private chart(
    currency: string,
    points: ReportContext['document']['summary']['series'],
  ): Markup | undefined {
    const { document, formats, messages, layout } = this.context;
    const { startDate, endDate } = document;
    if (startDate === null || endDate === null) return undefined;
    const { seriesUnit: unit } = document.summary;
    const title = messages.text(`net_sales_per_${unit}`);
    const name = new Intl.DisplayNames(formats.locale, { type: 'currency' }).of(currency) ?? currency;
    const width = layout.page.contentWidth;
    return markup`<h2>${this.text.words(title)}<small>${this.text.own(name)}</small></h2>
      ${salesChart(points, { startDate, endDate, unit, currency, title, width }, formats, this.text)}`;
  }

  private tableBlock(groups: MessageKey, rows: SalesRow[]): Block {
    return {
      rows: rows.length,
      rowHeight: SALES_ROW_HEIGHT,
      frameHeight: HEIGHTS.tableHead,
      withFrame: (first, end) => this.tables.table(groups, rows.slice(first, end)),
    };
  }
}

const nothing = ({ filter, isDelta, summary }: ReportContext['document']): MessageKey => {
  const isFiltered = Object.values(filter).some((value) => value !== null);
  if (!isDelta) return isFiltered ? 'no_orders_with_status' : 'no_orders';
  if (summary.removed === 0) return isFiltered ? 'no_changes_with_status' : 'no_changes';
  return isFiltered ? 'changes_all_gone_with_status' : 'changes_all_gone';
};

/** One size for all of them, in which they fit beside each other. */
function figureSize(entries: [string, string][], width: number): number {
  const room = width - (entries.length - 1) * FIGURE_GAP;
  const widths = entries.map(([name, value]) => Math.max(widthOf(value), widthOf(name) * NAME_SHARE));
  return Math.min(FIGURE_SIZE, room / widths.reduce((sum, each) => sum + each, 0));
}
