/** How a cell looks. Who makes many cells that look alike gives them one object. */
export interface CellStyle {
  /** A format code of numbers; none: as the program shows them. */
  format?: string;
  isBold?: boolean;
  isTitle?: boolean;
  /** As what repeats something. */
  isPale?: boolean;
  rule?: 'above' | 'below';
  isRightAligned?: boolean;
  /** A text that somebody edits stays a text, even if it begins as a formula does. */
  isQuoted?: boolean;
}

/** What a cell holds: a text is a text, whatever it begins with, and nothing is a formula. */
export type SheetCell =
  | { kind: 'text'; text: string; style: CellStyle }
  /** A plain decimal. */
  | { kind: 'number'; number: string; style: CellStyle }
  | { kind: 'boolean'; value: boolean; style: CellStyle }
  | null;

export interface SheetRow {
  cells: readonly SheetCell[];
  /** Above 0, it can be hidden under the row above it that has less. */
  level: number;
}

export interface Sheet {
  name: string;
  /** Of its columns, in characters. */
  widths: readonly number[];
  direction: 'ltr' | 'rtl';
  /** The deepest level of its rows. */
  levels: number;
  paper: 'A4' | 'Letter';
  /** Stays on top while others scroll, and has buttons that filter the rows below; `null`: none. */
  headings: SheetRow | null;
  /** Batches, in flat memory. */
  rows: AsyncIterable<readonly SheetRow[]>;
  /** What stands below, and is not filtered. */
  sums: () => Promise<readonly SheetRow[]>;
}
