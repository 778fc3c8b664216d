import { groupedBy, shownRows, sortedBy } from '../messages/arrangement-words';
import type { MessageKey } from '../messages/message-files';
import { Markup, markup } from './markup';
import type { ReportContext } from './report-context';
import type { TextWriter } from './text-writer';

/** In shares of the page's width: of what is listed, what is shown, a moment; on a page that lies across there is room for one more. */
const SHARES = { upright: [1.4, 0.7, 1.3], across: [1.4, 0.7, 1.3, 1] };
const ROW = 54;
const PADDING = 10;

/** What a report is of, and how it is arranged, with the height that its style gives it. */
export function reportFacts(context: ReportContext, text: TextWriter): { height: number; content: Markup } {
  const entries = factsOf(context, text);
  const { width, height: pageHeight } = context.layout.page;
  const shares = width < pageHeight ? SHARES.upright : SHARES.across;
  const height = PADDING + ROW * Math.ceil(entries.length / shares.length);
  const columns = shares.map((share) => `minmax(0,${share}fr)`).join(' ');
  const content = markup`<dl class="facts" style="height:${height}px;grid-auto-rows:${ROW}px;grid-template-columns:${columns}">
    ${entries.map(
      ([name, value]) =>
        markup`<div>
          <dt>${text.words(context.messages.text(name))}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
  return { height, content };
}

function factsOf({ document, formats, messages }: ReportContext, text: TextWriter): [MessageKey, Markup][] {
  const { filter, groupBy, sort } = document;
  const statuses = filter.statuses?.map((status) => messages.status(status)).join(', ');
  const facts: [MessageKey, Markup][] = [
    ['order_statuses', text.words(statuses ?? messages.text('all'))],
    ['shown', text.words(messages.text(shownRows(document)))],
    ['generated', text.own(`${formats.moment(document.generatedAt)} (${document.timeZone})`)],
  ];
  const add = (name: MessageKey, value: Markup | null): void => {
    if (value !== null) facts.push([name, value]);
  };
  add('filter_customer', filter.customerReferences && text.write(filter.customerReferences.join(', ')));
  add('filter_currency', filter.currencies && text.own(filter.currencies.join(', ')));
  add('filter_min_total', filter.minTotal === null ? null : text.own(formats.quantity(filter.minTotal)));
  add('filter_max_total', filter.maxTotal === null ? null : text.own(formats.quantity(filter.maxTotal)));
  add('grouped_by', groupBy && text.words(messages.text(groupedBy(groupBy))));
  add('sorted_by', sort.length === 0 ? null : text.words(sortedBy(sort, messages)));
  return facts;
}
