import type { Paper } from './paper';
import { COLUMN_GAP, FONT_SIZE, HEADING_SIZE, type PageGeometry, pageGeometry } from './page-geometry';
import { type ReportColumn, reportColumns, roomForNames } from './report-columns';
import type { ReportDocument } from './report-document';

/** A column in its place. */
export interface PlacedColumn extends ReportColumn {
  /** From the side where reading begins, in px. */
  start: number;
  /** With the gap after it. */
  width: number;
}

/** The table of a report's orders on its pages. */
export interface TableLayout {
  page: PageGeometry;
  fontSize: number;
  /** Of its column headings. */
  headingSize: number;
  gap: number;
  columns: readonly PlacedColumn[];
  /** Columns whose room in a row of sums is that of the name. */
  names: { first: number; end: number };
}

/** Columns that take what is left: what they show is longest. */
const WIDENED = ['customer_name', 'customer_reference', 'description', 'group'];

/**
 * Upright where the columns have room so, else across; smaller where they have none even there.
 */
export function tableLayout(
  document: Pick<ReportDocument, 'columns' | 'includeItems' | 'isDelta' | 'groupBy'> & { paper: Paper },
): TableLayout {
  const columns = reportColumns(document);
  const least = sum(columns.map((column) => column.least));
  const upright = pageGeometry(document.paper, 'portrait');
  const page = least <= upright.contentWidth ? upright : pageGeometry(document.paper, 'landscape');
  const scale = Math.min(1, page.contentWidth / least);
  const widths = widthsOf(columns, page.contentWidth / scale).map((width) => width * scale);
  let start = 0;
  const placed = columns.map((column, index): PlacedColumn => {
    const width = widths[index] ?? 0;
    start += width;
    return { ...column, start: start - width, width };
  });
  return {
    page,
    fontSize: FONT_SIZE * scale,
    headingSize: HEADING_SIZE * scale,
    gap: COLUMN_GAP * scale,
    columns: placed,
    names: roomForNames(columns),
  };
}

/** Where the name of a sum stands. */
export function roomOfNames({ columns, names }: TableLayout): { start: number; width: number } {
  const room = columns.slice(names.first, names.end);
  return { start: room[0]?.start ?? 0, width: sum(room.map(({ width }) => width)) };
}

/** Widths that together are the room, which is no less than the least of all. */
function widthsOf(columns: readonly ReportColumn[], room: number): number[] {
  const least = columns.map((column) => column.least);
  const wanted = columns.map((column) => Math.max(0, column.enough - column.least));
  const given = shared(wanted, room - sum(least));
  const left = room - sum(least) - sum(given);
  const isWidened = ({ name }: ReportColumn): boolean => WIDENED.includes(name);
  const takes = columns.map((column) => (isWidened(column) || !columns.some(isWidened) ? column.least : 0));
  const widened = shared(takes, left, Infinity);
  return columns.map((_, index) => (least[index] ?? 0) + (given[index] ?? 0) + (widened[index] ?? 0));
}

/** Some room in proportion, to each no more than so many times its part. */
function shared(parts: readonly number[], room: number, most = 1): number[] {
  const all = sum(parts);
  const share = all === 0 ? 0 : Math.min(most, room / all);
  return parts.map((part) => part * share);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
