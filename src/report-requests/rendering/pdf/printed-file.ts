/** One object of a PDF file, between `obj` and `endobj`. */
export interface PrintedObject {
  number: number;
  bytes: Buffer;
  isStream: boolean;
}

const TABLE_ENTRY = 20;
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
    readonly objects: PrintedObject[],
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
    const offsets = readTable(file, table, size);
    const objects = offsets.map((from, index) => readObject(file, from, offsets[index + 1] ?? table));
    return new PrintedFile(objects, root, information, size);
  }
}

function entryOf(trailer: string, name: string): number {
  return Number(new RegExp(`/${name}\\s+(\\d+)`).exec(trailer)?.[1] ?? 0);
}

/** Where the objects begin, from the first to the last. */
function readTable(file: Buffer, table: number, size: number): number[] {
  const head = `xref\n0 ${size}\n`;
  if (file.toString('latin1', table, table + head.length) !== head)
    throw new Error('The printed file has no plain table of its objects.');
  const offsets: number[] = [];
  for (let at = table + head.length, left = size; left > 0; left -= 1, at += TABLE_ENTRY) {
    const entry = file.toString('latin1', at, at + TABLE_ENTRY);
    if (entry[17] === 'n') offsets.push(Number(entry.slice(0, 10)));
  }
  return offsets.sort((one, other) => one - other);
}

function readObject(file: Buffer, from: number, to: number): PrintedObject {
  const head = HEAD.exec(file.toString('latin1', from, from + 24));
  const end = file.lastIndexOf('endobj', to - 1);
  if (!head || end < from) throw new Error('The printed file has an object without its frame.');
  const bytes = file.subarray(from + head[0].length, end);
  // No dictionary of a stream is as long, and what is in a stream is not looked at.
  const isStream =
    bytes.subarray(-12).includes('endstream') && STREAM.test(bytes.toString('latin1', 0, TAIL));
  return { number: Number(head[1]), bytes, isStream };
}
