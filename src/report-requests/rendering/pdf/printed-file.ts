/** One object of a PDF file, between `obj` and `endobj`. */
export interface PrintedObject {
  number: number;
  bytes: Buffer;
  isStream: boolean;
}

const TABLE_ENTRY = 20;
const END = 'endobj';
const TAIL = 1_024;
const HEAD = /^(\d+) 0 obj\s/;
// A dictionary, and after it the bytes of the stream.
const STREAM = /\bstream\r?\n/;

/**
 * The objects of a PDF as Chromium prints it, not taken apart: one plain table of cross-references (ISO 32000-2, 7.5.4),
 * no updates, no encryption. A tagged page has thousands of them, and parsing each costs more than printing it.
 */
export class PrintedFile {
  private constructor(
    private readonly file: Buffer,
    /** Where its table begins. */
    readonly table: number,
    readonly root: number,
    readonly information: number,
    /** One more than the largest number of an object. */
    readonly size: number,
  ) {}

  /** @throws Error when the file is of another kind */
  static read(file: Buffer): PrintedFile {
    const tail = file.toString('latin1', Math.max(0, file.length - TAIL));
    const trailer = /trailer\s*<<([^]*?)>>\s*startxref\s+(\d+)\s+%%EOF\s*$/.exec(tail);
    const [, entries = '', start = ''] = trailer ?? [];
    const table = Number(start);
    const [root, information, size] = ['Root', 'Info', 'Size'].map((name) => entryOf(entries, name));
    if (!root || !information || !size) throw new Error('The printed file has no trailer.');
    const head = headOf(size);
    if (file.toString('latin1', table, table + head.length) !== head)
      throw new Error('The printed file has no plain table of its objects.');
    return new PrintedFile(file, table, root, information, size);
  }

  /**
   * All of them, in the order in which they lie.
   *
   * @throws Error when one has not the form of an object
   */
  objects(): PrintedObject[] {
    const offsets: number[] = [];
    for (let number = 0; number < this.size; number += 1) {
      const offset = this.offsetOf(number);
      if (offset !== undefined) offsets.push(offset);
    }
    offsets.sort((one, other) => one - other);
    return offsets.map((from, index) => readObject(this.file, from, offsets[index + 1] ?? this.table));
  }

  /**
   * One that is a dictionary without texts: they might hold the word that ends it.
   *
   * @throws Error when there is none
   */
  dictionary(number: number): Buffer {
    const from = this.offsetOf(number) ?? this.file.length;
    const end = this.file.indexOf(END, from);
    return readObject(this.file, from, end + END.length).bytes;
  }

  private offsetOf(number: number): number | undefined {
    const at = this.table + headOf(this.size).length + TABLE_ENTRY * number;
    const entry = this.file.toString('latin1', at, at + TABLE_ENTRY);
    return entry[17] === 'n' ? Number(entry.slice(0, 10)) : undefined;
  }
}

const headOf = (size: number): string => `xref\n0 ${size}\n`;

function entryOf(trailer: string, name: string): number {
  return Number(new RegExp(`/${name}\\s+(\\d+)`).exec(trailer)?.[1] ?? 0);
}

function readObject(file: Buffer, from: number, to: number): PrintedObject {
  const head = HEAD.exec(file.toString('latin1', from, from + 24));
  const end = file.lastIndexOf(END, to - 1);
  if (!head || end < from) throw new Error('The printed file has an object without its frame.');
  const bytes = file.subarray(from + head[0].length, end);
  // No dictionary of a stream is as long, and what is in a stream is not looked at.
  const isStream =
    bytes.subarray(-12).includes('endstream') && STREAM.test(bytes.toString('latin1', 0, TAIL));
  return { number: Number(head[1]), bytes, isStream };
}
