import { setImmediate } from 'node:timers/promises';
import { FontLibrary, FontUse } from './fonts/font-library';
import { textLanguageOf } from './fonts/text-language';
import { GrandTotal, grandTotal, grandTotalTable } from './grand-total';
import { Markup, markup } from './markup';
import { orderTable, OrderPageStyle } from './order-page';
import { REMOVED } from './order-rows';
import { OrderPage, orderPageCount, orderPages } from './pagination';
import { ReportDocument, ReportFigures } from './report-document';
import { ReportFormats, reportFormats } from './report-formats';
import { PRINT_ONLY, PrintDocument } from './print-page';
import { TextWriter } from './text-writer';
import { STYLES } from './styles';
import type { Bookmark } from './pdf/printed-part';
import { periodOf, summaryPages } from './summary-pages';

/** A run of consecutive pages as one HTML document. */
export interface ReportPart {
  document: PrintDocument;
  pages: number;
  /** Months that begin in this part. */
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

export const POLICY = "default-src 'none'; style-src 'unsafe-inline'; font-src data:";

/** Lays a report out, page by page as its orders come; only the part at hand is in memory. */
export function layOut(document: ReportDocument, fonts: FontLibrary, limits: LayoutLimits): ReportLayout {
  const layout = new Layout(document, fonts, limits);
  return { pages: layout.pages, tagged: layout.tagged, parts: layout.parts() };
}

class Layout {
  readonly pages: number;
  readonly tagged: boolean;
  private readonly formats: ReportFormats;
  private readonly language: string;
  private readonly style: OrderPageStyle;
  private readonly period: string;
  private readonly first: OpenPart;
  private readonly summary: Markup[];
  private readonly grandTotal: GrandTotal;
  private lastMonth = '';

  constructor(
    private readonly document: ReportDocument,
    private readonly fonts: FontLibrary,
    private readonly limits: LayoutLimits,
  ) {
    this.formats = reportFormats(document.locale, document.timeZone);
    this.language = textLanguageOf(document.locale);
    this.period = periodOf(document, this.formats);
    this.first = this.startPart(0);
    this.summary = summaryPages(document, this.formats, this.first.text);
    this.grandTotal = grandTotal(document);
    this.pages = this.summary.length + orderPageCount(document) + this.grandTotal.after.length;
    this.tagged = document.accessible || this.pages <= limits.taggedPages;
    this.style = this.tagged ? 'table' : 'columns';
  }

  async *parts(): AsyncGenerator<ReportPart> {
    let part = this.first;
    for (const content of this.summary) part.pages.push(this.page(content, part, null));
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
      this.markMonths(page, part);
      part.pages.push(this.page(this.tables(page, part.text), part, page.continued));
    }
    yield this.finishPart(part);
  }

  /** The pages after the summary: orders, and the grand total at their end. */
  private async *contents(): AsyncGenerator<ContentPage> {
    const { below, after } = this.grandTotal;
    let left = orderPageCount(this.document);
    for await (const page of orderPages(this.document, this.formats)) {
      left -= 1;
      yield { ...page, totals: left === 0 ? below : [] };
    }
    for (const totals of after) yield { rows: [], continued: null, totals };
  }

  private tables({ totals, ...page }: ContentPage, text: TextWriter): Markup {
    const { document, formats, style } = this;
    const orders =
      page.rows.length === 0 ? Markup.empty : orderTable(page, { items: document.includeItems, style }, text);
    if (totals.length === 0) return orders;
    return markup`${orders}${grandTotalTable(totals, page.rows.length, formats, text)}`;
  }

  private startPart(first: number): OpenPart {
    const fontUse = new FontUse(this.fonts, this.language);
    const text = new TextWriter(fontUse, this.language, this.formats.direction);
    return { first, fontUse, text, pages: [], bookmarks: [] };
  }

  private finishPart(part: OpenPart): ReportPart {
    const { document, formats } = this;
    const shell = markup`<!doctype html>
      <html lang="${document.locale}" dir="${formats.direction}">
        <head>
          <meta charset="utf-8" />
          <meta http-equiv="Content-Security-Policy" content="${new Markup(POLICY)}" />
          <style>
            ${new Markup(PRINT_ONLY + part.fontUse.css() + STYLES)}
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

  private page(content: Markup, part: OpenPart, continued: string | null): Markup {
    const { formats, document } = this;
    const { text } = part;
    const index = part.first + part.pages.length;
    const number = `Page ${formats.integer(index + 1)} of ${formats.integer(this.pages)}`;
    const running = markup`<div class="running">
      <div class="cut">${text.write(document.title)}</div>
      ${continued === null ? markup`<div>${text.write(this.period)}</div>` : continuation(continued, text)}
    </div>`;
    return markup`<div class="page">
      ${index === 0 ? Markup.empty : running}${content}
      <div class="footer">
        <div class="cut">${text.write(document.clientName)}</div>
        <div>${text.words(number)}</div>
      </div>
    </div>`;
  }

  private markMonths(page: OrderPage, part: OpenPart): void {
    for (const row of page.rows) {
      if (row.kind !== 'order') continue;
      const { orderedAt } = row;
      const month = orderedAt === null ? REMOVED : this.formats.monthKey(orderedAt);
      if (month === this.lastMonth) continue;
      this.lastMonth = month;
      const title = orderedAt === null ? REMOVED : this.formats.month(orderedAt);
      part.bookmarks.push({ title, page: part.first + part.pages.length });
    }
  }
}

/** However long the number, the word after it stays on the paper. */
function continuation(number: string, text: TextWriter): Markup {
  return markup`<div class="continued" dir="ltr"><div class="cut">${text.write(number)}</div>, continued</div>`;
}

interface ContentPage extends OrderPage {
  /** What the grand total on it shows. */
  totals: readonly ReportFigures[];
}

interface OpenPart {
  /** Page of the whole report, from 0, that this part begins with. */
  first: number;
  fontUse: FontUse;
  text: TextWriter;
  pages: Markup[];
  bookmarks: Bookmark[];
}
