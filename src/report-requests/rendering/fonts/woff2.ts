import { brotliDecompressSync } from 'node:zlib';

const HEADER_SIZE = 48;
const CMAP = 0;
const OTHER_TAG = 63;
const GLYF_AND_LOCA = [10, 11];

/**
 * The characters that a font has glyphs for.
 *
 * @param file WOFF2 (https://www.w3.org/TR/WOFF2/), in which this table (OpenType `cmap`, of format 4 or 12) stands as it is
 */
export function readCharacters(file: Buffer): Set<number> {
  const found = new Set<number>();
  const cmap = readCmap(file);
  const offsets = Array.from({ length: cmap.readUInt16BE(2) }, (_, index) =>
    cmap.readUInt32BE(8 + 8 * index),
  );
  const tables = offsets.map((offset) => cmap.subarray(offset));
  const full = tables.find((table) => table.readUInt16BE(0) === 12);
  const basic = tables.find((table) => table.readUInt16BE(0) === 4);
  if (full) readSegmentedCoverage(full, found);
  else if (basic) readSegments(basic, found);
  else throw new Error('A font has no map of characters that can be read.');
  return found;
}

function readCmap(file: Buffer): Buffer {
  let position = HEADER_SIZE;
  const readBase128 = (): number => {
    let value = 0;
    for (;;) {
      const byte = file.readUInt8(position++);
      value = value * 128 + (byte & 127);
      if (byte < 128) return value;
    }
  };
  let [from, start, length] = [0, 0, 0];
  for (let left = file.readUInt16BE(12); left > 0; left -= 1) {
    const flags = file.readUInt8(position++);
    const [tag, transform] = [flags & 63, flags >> 6];
    if (tag === OTHER_TAG) position += 4;
    const size = readBase128();
    const isTransformed = GLYF_AND_LOCA.includes(tag) ? transform !== 3 : transform !== 0;
    if (tag === CMAP) [start, length] = [from, size];
    from += isTransformed ? readBase128() : size;
  }
  return brotliDecompressSync(file.subarray(position, position + file.readUInt32BE(20))).subarray(
    start,
    start + length,
  );
}

/** Format 12. */
function readSegmentedCoverage(table: Buffer, found: Set<number>): void {
  const groups = table.readUInt32BE(12);
  for (let at = 16; at < 16 + 12 * groups; at += 12) {
    const last = table.readUInt32BE(at + 4);
    for (let character = table.readUInt32BE(at); character <= last; character += 1) found.add(character);
  }
}

/** Format 4. */
function readSegments(table: Buffer, found: Set<number>): void {
  const size = table.readUInt16BE(6);
  for (let at = 14; at < 14 + size; at += 2) {
    const last = table.readUInt16BE(at);
    const first = table.readUInt16BE(at + size + 2);
    const offsetAt = at + 3 * size + 2;
    const offset = table.readUInt16BE(offsetAt);
    for (let character = first; character <= last && character !== 0xffff; character += 1)
      if (offset === 0 || table.readUInt16BE(offsetAt + offset + 2 * (character - first)) !== 0)
        found.add(character);
  }
}
