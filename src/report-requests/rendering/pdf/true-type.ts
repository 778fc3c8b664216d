/** What a TrueType program (ISO/IEC 14496-22) holds of each glyph; a glyph that its subset lacks has neither. */
export interface Glyph {
  outline: Buffer;
  /** In units of the em. */
  advance: number;
  leftSideBearing: number;
}

/** A font as PDF embeds it: without names and character maps, which the PDF has itself. */
export interface TrueType {
  unitsPerEm: number;
  glyphs: Glyph[];
  /** Those that are the same for every subset of one font, by tag: `head`, `hhea`, `maxp`, and the hinting programs. */
  tables: Map<string, Buffer>;
}

const KEPT = ['head', 'hhea', 'maxp', 'cvt ', 'fpgm', 'prep'];
const HEAD = { unitsPerEm: 18, locaFormat: 50, checkSumAdjustment: 8 };
const HHEA_METRICS = 34;
const MAXP_GLYPHS = 4;

/** @throws Error when a table is missing */
export function readTrueType(data: Buffer): TrueType {
  const all = new Map<string, Buffer>();
  for (let index = 0; index < data.readUInt16BE(4); index += 1) {
    const entry = 12 + 16 * index;
    const start = data.readUInt32BE(entry + 8);
    all.set(
      data.toString('latin1', entry, entry + 4),
      data.subarray(start, start + data.readUInt32BE(entry + 12)),
    );
  }
  const table = (tag: string): Buffer => {
    const found = all.get(tag);
    if (!found) throw new Error(`The font has no table ${tag}.`);
    return found;
  };
  const [head, loca, glyf, hmtx] = [table('head'), table('loca'), table('glyf'), table('hmtx')];
  const metrics = table('hhea').readUInt16BE(HHEA_METRICS);
  const isLong = head.readInt16BE(HEAD.locaFormat) === 1;
  const offset = (glyph: number): number =>
    isLong ? loca.readUInt32BE(4 * glyph) : 2 * loca.readUInt16BE(2 * glyph);
  const glyphs = Array.from({ length: table('maxp').readUInt16BE(MAXP_GLYPHS) }, (_, glyph): Glyph => ({
    outline: glyf.subarray(offset(glyph), offset(glyph + 1)),
    advance: hmtx.readUInt16BE(4 * Math.min(glyph, metrics - 1)),
    leftSideBearing: hmtx.readInt16BE(glyph < metrics ? 4 * glyph + 2 : 2 * (metrics + glyph)),
  }));
  const tables = new Map([...all].filter(([tag]) => KEPT.includes(tag)));
  return { unitsPerEm: head.readUInt16BE(HEAD.unitsPerEm), glyphs, tables };
}

export function writeTrueType({ glyphs, tables }: TrueType): Buffer {
  const outlines = glyphs.map(({ outline }) => Buffer.concat([outline, Buffer.alloc(-outline.length & 3)]));
  const loca = Buffer.alloc(4 * (glyphs.length + 1));
  let end = 0;
  outlines.forEach((outline, glyph) => loca.writeUInt32BE((end += outline.length), 4 * (glyph + 1)));
  const hmtx = Buffer.alloc(4 * glyphs.length);
  glyphs.forEach(({ advance, leftSideBearing }, glyph) => {
    hmtx.writeUInt16BE(advance, 4 * glyph);
    hmtx.writeInt16BE(leftSideBearing, 4 * glyph + 2);
  });
  const all = new Map([...tables].map(([tag, table]) => [tag, Buffer.from(table)]));
  all.get('head')?.writeInt16BE(1, HEAD.locaFormat);
  all.get('head')?.writeUInt32BE(0, HEAD.checkSumAdjustment);
  all.get('hhea')?.writeUInt16BE(glyphs.length, HHEA_METRICS);
  all.get('maxp')?.writeUInt16BE(glyphs.length, MAXP_GLYPHS);
  all.set('loca', loca).set('hmtx', hmtx).set('glyf', Buffer.concat(outlines));
  return assemble(new Map([...all].sort(([one], [other]) => (one < other ? -1 : 1))));
}

function assemble(tables: ReadonlyMap<string, Buffer>): Buffer {
  const directory = Buffer.alloc(12 + 16 * tables.size);
  const power = Math.floor(Math.log2(tables.size));
  directory.writeUInt32BE(0x00010000, 0);
  [tables.size, 16 * 2 ** power, power, 16 * (tables.size - 2 ** power)].forEach((value, index) =>
    directory.writeUInt16BE(value, 4 + 2 * index),
  );
  const parts: Buffer[] = [directory];
  let start = directory.length;
  let entry = 12;
  for (const [tag, table] of tables) {
    const padded = Buffer.concat([table, Buffer.alloc(-table.length & 3)]);
    directory.write(tag, entry, 'latin1');
    [checkSum(padded), start, table.length].forEach((value, index) =>
      directory.writeUInt32BE(value, entry + 4 + 4 * index),
    );
    parts.push(padded);
    start += padded.length;
    entry += 16;
  }
  return Buffer.concat(parts);
}

function checkSum(table: Buffer): number {
  let sum = 0;
  for (let at = 0; at < table.length; at += 4) sum = (sum + table.readUInt32BE(at)) >>> 0;
  return sum;
}
