import { setImmediate } from 'node:timers/promises';
import type { CurrencyTotal } from '../../orders/order-summary';
import type { ReportedOrder } from '../../orders/reported-order';
import { Bookmarker } from './bookmarker';
import { FontLibrary, FontUse } from './fonts/font-library';
import { textLanguageOf } from './fonts/text-language';
import { GrandTotal, grandTotal, grandTotalTable } from './grand-total';
import { Markup, markup } from './markup';
import { OrderPageStyle, OrderTable } from './order-page';
import { countPages, type PageCount } from './page-count';
import { FramedPage, PageFrame } from './page-frame';
import { OrderPage, orderPages } from './pagination';
import type { Bookmark } from './pdf/printed-part';
import { PRINT_ONLY, PrintDocument } from './print-page';
import { type ReportContext, contextOf } from './report-context';
import { ReportDocument } from './report-document';
import { stylesOf } from './styles';
import { summaryPages } from './summary-pages';
import { TextWriter } from './text-writer';

/** A run of consecutive pages as one HTML document. */
export interface ReportPart {
  document: PrintDocument;
  pages: number;
  /** Groups, or months, that begin in this part. */
  bookmarks: Bookmark[];
}

export interface ReportLayout {
  pages: number;
  /** Whether the file is tagged for readers' software; its tables are real tables then. */
  tagged: boolean;
  parts: AsyncGenerator<ReportPart>;
}

export interface LayoutLimits {
  /** Pages of one HTML document; time and memory of the browser grow faster than its length. */
  pagesPerPart: number;
  /** Reports of up to so many pages are tagged, asked for or not. */
  taggedPages: number;
}

/** Of every document, with a logo and without: a page that printed one keeps its policy beside that of the next. */
export const POLICY = "default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:";

/**
 * Lays a report out, page by page as its orders come; only the part at hand is in memory. Its groups are read once before.
 *
 * @param onOrder called with each order whose rows stand on a page
 */
export async function layOut(
  document: ReportDocument,
  fonts: FontLibrary,
  limits: LayoutLimits,
  onOrder: (order: ReportedOrder) => void = () => undefined,
): Promise<ReportLayout> {
  const context = contextOf(document);
  const layout = new Layout(context, await countPages(context), fonts, limits, onOrder);
  return { pages: layout.pages, tagged: layout.tagged, parts: layout.parts() };
}

class Layout {
  readonly pages: number;
  readonly tagged: boolean;
  private readonly language: string;
  private readonly style: OrderPageStyle;
  private readonly styles: string;
  private readonly frame: PageFrame;
  private readonly bookmarker: Bookmarker;
  private readonly first: OpenPart;
  private readonly summary: Markup[];
  private readonly grandTotal: GrandTotal;

  constructor(
    private readonly context: ReportContext,
    private readonly count: PageCount,
    private readonly fonts: FontLibrary,
    private readonly limits: LayoutLimits,
    private readonly onOrder: (order: ReportedOrder) => void,
  ) {
    const { document, layout } = context;
    this.language = textLanguageOf(document.locale);
    this.styles = stylesOf(layout, document.brand?.accentColor ?? undefined);
    const text = this.startText();
    this.summary = summaryPages(context, text.text);
    this.grandTotal = grandTotal(document.summary.totals, count, layout.page.rowsPerPage);
    this.pages = this.summary.length + count.pages + this.grandTotal.after.length;
    this.tagged = document.accessible || this.pages <= limits.taggedPages;
    this.style = this.tagged ? 'table' : 'columns';
    this.frame = new PageFrame(context, this.pages);
    this.bookmarker = new Bookmarker(context, count.groups);
    this.first = this.startPart(0, text);
  }

  async *parts(): AsyncGenerator<ReportPart> {
    let part = this.first;
    for (const content of this.summary) this.add({ content, continued: null, hasCut: false }, part);
    for await (const page of this.contents()) {
      // The tags of two files cannot be joined, so a tagged one is printed in one part.
      if (!this.tagged && part.pages.length >= this.limits.pagesPerPart) {
        const finished = this.finishPart(part);
        // Before the wait for a printer: what the old part was made of is not needed any more.
        part = this.startPart(part.first + part.pages.length);
        yield finished;
      }
      // Whatever else the process does shall not wait for a whole batch of orders.
      await setImmediate();
      part.bookmarks.push(...this.bookmarker.of(page, part.first + part.pages.length));
      this.add(this.contentOf(page, part), part);
    }
    yield this.finishPart(part);
  }

  /** The pages after the summary: orders, and the grand total at their end. */
  private async *contents(): AsyncGenerator<ContentPage> {
    const { below, after } = this.grandTotal;
    let left = this.count.pages;
    for await (const page of orderPages(this.context, this.onOrder)) {
      left -= 1;
      yield { ...page, totals: left === 0 ? below : [] };
    }
    for (const totals of after) yield { rows: [], continued: null, begun: [], totals };
  }

  private contentOf({ totals, ...page }: ContentPage, { text, table }: OpenPart): FramedPage {
    const { continued } = page;
    const { content, hasCut } =
      page.rows.length === 0 ? { content: Markup.empty, hasCut: false } : table.write(page);
    if (totals.length === 0) return { content, continued, hasCut };
    const grand = grandTotalTable(totals, page.rows.length, this.context, text);
    return { content: markup`${content}${grand}`, continued, hasCut };
  }

  private startText(): Pick<OpenPart, 'fontUse' | 'text'> {
    const { formats, messages } = this.context;
    const fontUse = new FontUse(this.fonts, this.language);
    return { fontUse, text: new TextWriter(fontUse, this.language, formats.direction, messages.language) };
  }

  private startPart(first: number, { fontUse, text } = this.startText()): OpenPart {
    const { layout, messages, document } = this.context;
    const table = new OrderTable(layout, { items: document.includeItems, style: this.style }, messages, text);
    return { first, fontUse, text, table, pages: [], bookmarks: [] };
  }

  private finishPart(part: OpenPart): ReportPart {
    const { document, formats } = this.context;
    const shell = markup`<!doctype html>
      <html lang="${document.locale}" dir="${formats.direction}">
        <head>
          <meta charset="utf-8" />
          <meta http-equiv="Content-Security-Policy" content="${new Markup(POLICY)}" />
          <style>
            ${new Markup(PRINT_ONLY + part.fontUse.css() + this.styles)}
          </style>
        </head>
        <body>`;
    const body = markup`${part.pages}`;
    return {
      document: { shell: shell.text, body: Buffer.from(body.text) },
      pages: part.pages.length,
      bookmarks: part.bookmarks,
    };
  }

  private add(page: FramedPage, part: OpenPart): void {
    part.pages.push(this.frame.around(page, part.first + part.pages.length, part.text));
  }
}

interface ContentPage extends OrderPage {
  /** What the grand total on it shows. */
  totals: readonly CurrencyTotal[];
}

interface OpenPart {
  /** Page of the whole report, from 0, that this part begins with. */
  first: number;
  fontUse: FontUse;
  text: TextWriter;
  table: OrderTable;
  pages: Markup[];
  bookmarks: Bookmark[];
}
