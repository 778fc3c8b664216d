import { type GroupBy, sortedColumn } from '../../orders/order-arrangement';
import type { MessageKey } from './message-files';
import type { ReportMessages } from './report-messages';

/** What the rows of a report are. */
export function shownRows({
  isDelta,
  includeItems,
}: {
  isDelta: boolean;
  includeItems: boolean;
}): MessageKey {
  if (isDelta) return includeItems ? 'shown_changed_lines' : 'shown_changed';
  return includeItems ? 'shown_orders_lines' : 'shown_orders';
}

export const groupedBy = (groupBy: GroupBy): MessageKey =>
  groupBy === 'customer' ? 'customer_name' : groupBy;

/** The columns that a report is sorted by; empty where it is by time and number. */
export const sortedBy = (sort: readonly string[], messages: ReportMessages): string =>
  sort
    .map((key) => {
      const { column, isDescending } = sortedColumn(key);
      const heading = messages.heading(column);
      return isDescending ? messages.text('descending', { column: heading }) : heading;
    })
    .join('; ');
