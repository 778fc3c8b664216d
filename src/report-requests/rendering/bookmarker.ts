import type { Bookmark } from './pdf/printed-part';
import type { OrderPage } from './pagination';
import type { ReportContext } from './report-context';
import { oneLine } from './text-writer';

/** A list of more cannot be read, and its memory would grow with the report. */
const MOST_BOOKMARKS = 2_000;

const REMOVED = 'removed';

/** Says where a report's groups begin or, where it has none and is sorted by time, its months. */
export class Bookmarker {
  private readonly every: number;
  private readonly isByMonth: boolean;
  private groups = 0;
  private lastMonth: string | null = null;

  /** @param groups that the report has: of very many, some have a bookmark, as in the head of a dictionary's page */
  constructor(
    private readonly context: ReportContext,
    groups: number,
  ) {
    const { sort, groupBy } = context.document;
    this.every = Math.max(1, Math.ceil(groups / MOST_BOOKMARKS));
    this.isByMonth = groupBy === null && ['ordered_at', '-ordered_at', undefined].includes(sort[0]);
  }

  /** Of a page that follows those asked for before. */
  of(page: OrderPage, index: number): Bookmark[] {
    const titles = this.isByMonth
      ? this.months(page)
      : page.begun.filter(() => this.groups++ % this.every === 0);
    return titles.map((title) => ({ title: oneLine(title), page: index }));
  }

  private months({ rows }: OrderPage): string[] {
    const { formats, messages } = this.context;
    const begun: string[] = [];
    for (const row of rows) {
      if (row.kind !== 'order') continue;
      const { orderedAt } = row;
      const month = orderedAt === null ? REMOVED : formats.monthKey(orderedAt);
      if (month === this.lastMonth) continue;
      this.lastMonth = month;
      begun.push(orderedAt === null ? messages.text('removed') : formats.month(orderedAt));
    }
    return begun;
  }
}
