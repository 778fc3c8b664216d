import type { GroupBy } from '../../orders/order-arrangement';
import type { ReportedGroup } from '../../orders/reported-group';
import type { ReportMessages } from '../messages/report-messages';
import type { ReportFormats } from './report-formats';

/** What a group is called where it is printed. */
export function nameOfGroup(
  { name, reference }: Pick<ReportedGroup, 'name' | 'reference'>,
  groupBy: GroupBy | null,
  formats: ReportFormats,
  messages: ReportMessages,
): string {
  switch (groupBy) {
    case 'status':
      return messages.status(name);
    case 'day':
      return formats.calendarDay(name);
    case 'month':
      return formats.calendarMonth(name);
    default:
      return reference === null ? name : `${name} (${reference})`;
  }
}
