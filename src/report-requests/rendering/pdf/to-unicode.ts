const BLOCK = /begin(bfchar|bfrange)([^]*?)end\1/g;
const CHARACTER = /<([\da-f]+)>\s*<([\da-f]+)>/gi;
const RANGE = /<([\da-f]+)>\s*<([\da-f]+)>\s*<([\da-f]+)>/gi;
/** A block of a CMap has at most so many entries. */
const BLOCK_SIZE = 100;

/** What text each glyph stands for, as UTF-16 in upper-case hexadecimal; read from a CMap (ISO 32000-2, 9.10.3). */
export function readToUnicode(cmap: string): Map<number, string> {
  const texts = new Map<number, string>();
  for (const [, kind, block = ''] of cmap.matchAll(BLOCK)) {
    if (kind === 'bfchar') {
      for (const [, glyph = '', text = ''] of block.matchAll(CHARACTER))
        texts.set(parseInt(glyph, 16), text.toUpperCase());
      continue;
    }
    for (const [, first = '', last = '', text = ''] of block.matchAll(RANGE)) {
      const [from, to] = [parseInt(first, 16), parseInt(last, 16)];
      // Only the last code unit counts up.
      const [head, unit] = [text.slice(0, -4), parseInt(text.slice(-4), 16)];
      for (let glyph = from; glyph <= to; glyph += 1)
        texts.set(glyph, (head + hex(unit + glyph - from)).toUpperCase());
    }
  }
  return texts;
}

export function writeToUnicode(texts: ReadonlyMap<number, string>): string {
  const entries = [...texts]
    .sort(([one], [other]) => one - other)
    .map(([glyph, text]) => `<${hex(glyph)}> <${text}>`);
  const blocks: string[] = [];
  for (let from = 0; from < entries.length; from += BLOCK_SIZE) {
    const block = entries.slice(from, from + BLOCK_SIZE);
    blocks.push(`${block.length} beginbfchar\n${block.join('\n')}\nendbfchar`);
  }
  return `/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
${blocks.join('\n')}
endcmap
CMapName currentdict /CMap defineresource pop
end
end`;
}

const hex = (value: number): string => value.toString(16).toUpperCase().padStart(4, '0');
