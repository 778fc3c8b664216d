import { cut, fitted, isSureToFit, type Room } from './fitted-text';
import { Markup } from './markup';
import { ROW_HEIGHT } from './page-geometry';
import type { CellStyle } from './report-columns';
import type { NamedRow, OrderRow } from './report-rows';
import { roomOfNames, type TableLayout } from './table-layout';
import { oneLine, SLOT, type TextWriter } from './text-writer';

/** A code that is too long stands in small lines, and a text too, as long as these can be read. */
const LINES: Record<CellStyle, number> = { text: 2, code: 3, term: 1, figure: 1 };

/** Writes the cells of one document's rows. */
export class OrderCells {
  /** Whether a text was cut since this was last set. */
  hasCut = false;
  private readonly rooms: readonly Room[];
  private readonly roomOfHeading: Room;
  private readonly roomOfSum: Room;
  /** By column: days, statuses and their like come again and again. */
  private readonly terms: readonly Map<string, Markup>[];

  constructor(
    private readonly layout: TableLayout,
    private readonly text: TextWriter,
  ) {
    const { columns, gap, page, fontSize: size } = layout;
    const room = (width: number, style: CellStyle): Room => ({
      width,
      height: ROW_HEIGHT,
      size,
      lines: LINES[style],
    });
    this.rooms = columns.map(({ style, width }, index) =>
      room(index === columns.length - 1 ? width : width - gap, style),
    );
    this.roomOfHeading = room(page.contentWidth, 'text');
    this.roomOfSum = room(roomOfNames(layout).width - gap, 'text');
    this.terms = columns.map(() => new Map());
  }

  /** @param column its index */
  cell({ cells }: OrderRow | NamedRow, column: number): Markup {
    const text = cells[column];
    const room = this.rooms[column];
    if (text === undefined || text === '' || room === undefined) return Markup.empty;
    switch (this.layout.columns[column]?.style) {
      case 'text': {
        const shown = this.shown(text, room);
        return fitted(this.text.write(shown), shown, room);
      }
      case 'code':
        return fitted(this.text.write(text), text, room);
      case 'term':
        return this.term(text, column, room);
      default:
        return fitted(this.text.own(text), text, room);
    }
  }

  /** What others are, across columns: the heading of a group, or the name of a sum. */
  name({ kind, words, name }: NamedRow): Markup {
    const room = kind === 'sum' ? this.roomOfSum : this.roomOfHeading;
    const shown = name === '' ? '' : this.shown(name, room, words);
    return fitted(this.text.words(words, this.text.write(shown)), words.replace(SLOT, shown), room);
  }

  isSureToFit({ cells }: OrderRow | NamedRow, column: number): boolean {
    const room = this.rooms[column];
    return room !== undefined && isSureToFit(cells[column] ?? '', room);
  }

  private shown(text: string, room: Room, beside = ''): string {
    const line = oneLine(text);
    const shown = cut(line, room, beside);
    if (shown.endsWith('…') && shown !== text) this.hasCut = true;
    return shown;
  }

  private term(text: string, column: number, room: Room): Markup {
    const terms = this.terms[column];
    let term = terms?.get(text);
    if (term === undefined) {
      term = fitted(this.text.own(text), text, room);
      terms?.set(text, term);
    }
    return term;
  }
}
