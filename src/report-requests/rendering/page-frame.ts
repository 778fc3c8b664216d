import { nameOn } from '../../brands/report-brand';
import { fitted } from './fitted-text';
import { Markup, markup } from './markup';
import { HEADING_SIZE, NOTE_HEIGHT } from './page-geometry';
import type { ReportContext } from './report-context';
import { periodOf } from './summary-pages';
import { SLOT, type TextWriter } from './text-writer';

/** Of the width of a page, beside its number. */
const FOOT_SHARE = 0.75;

export interface FramedPage {
  content: Markup;
  /** Number of the order whose rows began on the page before, if any. */
  continued: string | null;
  /** Whether a text on it is cut. */
  hasCut: boolean;
}

/** What is around the content of each page of a report: running head, notes, and its number. */
export class PageFrame {
  private readonly period: string;
  private readonly allPages: string;

  constructor(
    private readonly context: ReportContext,
    pages: number,
  ) {
    this.period = periodOf(context);
    this.allPages = context.formats.integer(pages);
  }

  /** @param index of the page, from 0 */
  around({ content, continued, hasCut }: FramedPage, index: number, text: TextWriter): Markup {
    const { document, formats, messages } = this.context;
    const running = markup`<div class="running">
      <div class="cut">${text.write(document.title)}</div>
      ${continued === null ? markup`<div>${text.own(this.period)}</div>` : this.continuation(continued, text)}
    </div>`;
    const number = messages.text('page_of', { page: formats.integer(index + 1), pages: this.allPages });
    return markup`<div class="page">
      ${index === 0 ? Markup.empty : running}${content}
      <div class="footer">
        ${hasCut ? this.note(text) : Markup.empty}
        <div class="foot">
          <div class="cut">${this.foot(text)}</div>
          <div>${text.words(number)}</div>
        </div>
      </div>
    </div>`;
  }

  /** However long the number, the words around it stay on the paper. */
  private continuation(number: string, text: TextWriter): Markup {
    const of = markup`<div class="cut">${text.write(number)}</div>`;
    return markup`<div class="continued">${text.words(this.context.messages.text('continued', { of: SLOT }), of)}</div>`;
  }

  /** A line of up to 200 characters stays whole: in two, and smaller, where it has to be. */
  private foot(text: TextWriter): Markup {
    const { document, layout } = this.context;
    const foot = document.brand?.footer ?? nameOn(document.brand, document.clientName);
    const room = {
      width: FOOT_SHARE * layout.page.contentWidth,
      height: NOTE_HEIGHT,
      size: HEADING_SIZE,
      lines: 2,
    };
    return fitted(text.write(foot), foot, room);
  }

  private note(text: TextWriter): Markup {
    const note = this.context.messages.text('cut_note_formats');
    const width = this.context.layout.page.contentWidth;
    const room = { width, height: NOTE_HEIGHT, size: HEADING_SIZE, lines: 1 };
    return markup`<div class="note">${fitted(text.words(note), note, room)}</div>`;
  }
}
