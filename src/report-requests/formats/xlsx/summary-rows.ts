import { nameOn } from '../../../brands/report-brand';
import type { SalesFigures } from '../../../orders/sales-figures';
import { groupedBy, shownRows, sortedBy } from '../../messages/arrangement-words';
import type { MessageKey } from '../../messages/message-files';
import type { ReportMessages } from '../../messages/report-messages';
import { reportFormats } from '../../rendering/report-formats';
import type { Report } from '../report-writer';
import type { CellValues } from './cell-values';
import type { CellStyle, SheetCell, SheetRow } from './sheet';

const TITLE: CellStyle = { isTitle: true, isBold: true };
const NAME: CellStyle = { isPale: true };
const HEADING: CellStyle = { isBold: true, rule: 'below' };
const FIGURE_HEADING: CellStyle = { ...HEADING, isRightAligned: true };

const FIGURES = ['gross', 'cancelled', 'refunded', 'net'] as const;

/** In characters. */
export const SUMMARY_WIDTHS: readonly number[] = [24, 20, 20, 20, 20, 20];

/** What a report is of, and what it comes to, by currency and by status. */
export function summaryRows(report: Report, messages: ReportMessages, values: CellValues): SheetRow[] {
  const { parameters, snapshot, brand } = report;
  const { totals, byStatus } = snapshot.summary;
  return [
    [values.text(parameters.title, TITLE)],
    [values.text(nameOn(brand, parameters.clientName))],
    [],
    ...facts(report, messages, values).map(([name, value]) => [
      values.text(messages.text(name), NAME),
      value,
    ]),
    ...table(
      'currency',
      totals.map((total) => [total.currency, total]),
      messages,
      values,
    ),
    ...table(
      'status',
      byStatus.map((total) => [
        [messages.status(total.status), ...(totals.length > 1 ? [total.currency] : [])].join(' · '),
        total,
      ]),
      messages,
      values,
    ),
  ].map((cells) => ({ cells, level: 0 }));
}

function table(
  names: MessageKey,
  rows: readonly [name: string, figures: SalesFigures & { currency: string }][],
  messages: ReportMessages,
  values: CellValues,
): SheetCell[][] {
  return [
    [],
    [
      values.text(messages.text(names), HEADING),
      ...(['orders', ...FIGURES] as const).map((key) => values.text(messages.text(key), FIGURE_HEADING)),
    ],
    ...rows.map(([name, figures]) => [
      values.text(name),
      values.number(String(figures.orders)),
      ...FIGURES.map((figure) => values.money(figures[figure], figures.currency)),
    ]),
  ];
}

function facts(
  { parameters, snapshot, isDelta, generatedAt }: Report,
  messages: ReportMessages,
  values: CellValues,
): [MessageKey, SheetCell][] {
  const { startDate, endDate, filter, groupBy, sort, includeItems, locale, timeZone } = parameters;
  const text = (words: string): SheetCell => values.text(words);
  const period =
    startDate === null || endDate === null
      ? messages.text('all_days')
      : reportFormats(locale, timeZone).period(startDate, endDate);
  const statuses = filter.statuses?.map((status) => messages.status(status)).join(', ');
  const entries: [MessageKey, SheetCell][] = [
    ['period', text(period)],
    ['as_of', text(snapshot.asOf)],
    ['generated', values.moment(generatedAt)],
    ['time_zone', text(timeZone)],
    ['shown', text(messages.text(shownRows({ isDelta, includeItems })))],
    ['order_statuses', text(statuses ?? messages.text('all'))],
    ['filter_customer', text(filter.customerReferences?.join(', ') ?? '')],
    ['filter_currency', text(filter.currencies?.join(', ') ?? '')],
    ['filter_min_total', filter.minTotal === null ? null : values.number(filter.minTotal)],
    ['filter_max_total', filter.maxTotal === null ? null : values.number(filter.maxTotal)],
    ['grouped_by', groupBy === null ? null : text(messages.text(groupedBy(groupBy)))],
    ['sorted_by', text(sortedBy(sort, messages))],
    ['removed', isDelta ? values.number(String(snapshot.summary.removed)) : null],
  ];
  return entries.filter(([, value]) => value !== null);
}
