import type { ReportedOrder } from '../../orders/reported-order';
import { canBegin, orderRows, sumsAtEnd } from './page-count';
import { ReportChangedError } from './render-errors';
import type { ReportContext } from './report-context';
import { type Heading, type NamedRow, type ReportRow, ReportRows } from './report-rows';

export interface OrderPage {
  rows: ReportRow[];
  /** Number of the order whose rows began on the page before, if any. */
  continued: string | null;
  /** Names of the groups that begin on it. */
  begun: string[];
}

/** Orders that come one after the other: those of a group, those that are gone, or all. */
interface Section {
  /** The group of its orders. */
  group: string | null;
  heading: Heading | null;
  /** Of its orders. */
  rows: number;
  sums: NamedRow[];
}

/**
 * Deals the rows of a report onto pages, each row once: `countPages` says on how many.
 *
 * @param onOrder called with each order whose rows have been dealt
 * @throws ReportChangedError when they are not as many as its summary and its groups say
 */
export async function* orderPages(
  context: ReportContext,
  onOrder: (order: ReportedOrder) => void,
): AsyncGenerator<OrderPage> {
  const { document, layout } = context;
  const rows = new ReportRows(context);
  const pages = new DealtPages(layout.page.rowsPerPage);
  const sections = sectionsOf(context, rows);
  let section: Section | null = null;
  /** Rows of its orders that are to come. */
  let left = 0;
  for await (const batch of document.orders()) {
    for (const order of batch) {
      if (section === null || section.group !== (order.group ?? null)) {
        if (left > 0) throw new ReportChangedError('A group has fewer orders or lines than were counted.');
        section = await next(sections);
        if (section?.group !== (order.group ?? null))
          throw new ReportChangedError('An order is in no group that was counted.');
        pages.begin(section);
        left = section.rows;
      }
      const own = rows.ofOrder(order);
      left -= own.length;
      if (left < 0) throw new ReportChangedError('There are more orders or lines than were counted.');
      for (const row of own) pages.put(row);
      onOrder(order);
      if (left === 0) for (const row of section.sums) pages.put(row);
      if (pages.hasFull) yield* pages.takeFull();
    }
  }
  if (left > 0 || (await next(sections)) !== null)
    throw new ReportChangedError('There are fewer orders or lines than were counted.');
  pages.begin(null);
  for (const row of rows.sumsOfAll(sumsAtEnd(document))) pages.put(row);
  yield* pages.takeRest();
}

async function* sectionsOf({ document }: ReportContext, rows: ReportRows): AsyncGenerator<Section> {
  const { summary, groupBy } = document;
  if (groupBy === null) {
    const all = orderRows(summary, document) + summary.removed;
    if (all > 0) yield { group: null, heading: null, rows: all, sums: [] };
    return;
  }
  for await (const batch of document.groups())
    for (const group of batch)
      yield { group: group.key, rows: orderRows(group, document), ...rows.ofGroup(group) };
  if (summary.removed > 0)
    yield { group: null, heading: rows.headingOfRemoved(), rows: summary.removed, sums: [] };
}

async function next<T>(values: AsyncIterator<T, void>): Promise<T | null> {
  const result = await values.next();
  return result.done === true ? null : result.value;
}

/** Pages as they become full. */
class DealtPages {
  private page: OrderPage | null = null;
  private full: OrderPage[] = [];
  /** Stands again above what goes on on the next page. */
  private repeated: NamedRow | null = null;

  constructor(private readonly rowsPerPage: number) {}

  get hasFull(): boolean {
    return this.full.length > 0;
  }

  /** @param section `null`: what follows belongs to none */
  begin(section: Section | null): void {
    this.repeated = null;
    if (!section?.heading) return;
    const { row, continued, title } = section.heading;
    const free = this.page === null ? 0 : this.rowsPerPage - this.page.rows.length;
    const hasRoom = canBegin(section.rows + section.sums.length, free);
    const page = this.page !== null && hasRoom ? this.page : this.startPage(null);
    page.rows.push(row);
    page.begun.push(title);
    this.repeated = continued;
  }

  put(row: ReportRow): void {
    let { page } = this;
    if (page === null || page.rows.length === this.rowsPerPage) {
      page = this.startPage(row.kind === 'line' || row.kind === 'extra' ? row.orderNumber : null);
      if (this.repeated !== null) page.rows.push(this.repeated);
    }
    page.rows.push(row);
  }

  takeFull(): OrderPage[] {
    const { full } = this;
    this.full = [];
    return full;
  }

  takeRest(): OrderPage[] {
    return this.page === null ? this.takeFull() : [...this.takeFull(), this.page];
  }

  private startPage(continued: string | null): OrderPage {
    if (this.page !== null) this.full.push(this.page);
    this.page = { rows: [], continued, begun: [] };
    return this.page;
  }
}
