import {
  decodePDFRawStream,
  PDFArray,
  PDFContext,
  PDFDict,
  PDFName,
  PDFObject,
  PDFRawStream,
  PDFRef,
  PDFString,
} from '@cantoo/pdf-lib';
import { FontSubset, SharedFont } from './shared-font';
import { readToUnicode, writeToUnicode } from './to-unicode';
import { readTrueType, writeTrueType } from './true-type';

const name = (text: string): PDFName => PDFName.of(text);
const SUBSET_TAG = /^[A-Z]{6}\+/;

interface Entry {
  ref: PDFRef;
  font: SharedFont;
  /** Height, slant and so on, as the first part has them. */
  descriptor: PDFDict;
}

/** The composite fonts (ISO 32000-2, 9.7) of one part: what stands for each in the whole file, and what falls away. */
export interface Replacement {
  fonts: Map<PDFRef, PDFRef>;
  dropped: Set<PDFRef>;
}

/** One set of fonts for all parts of a file: each part embeds its own subsets, of which only the union is written. */
export class SharedFonts {
  private readonly entries: Entry[] = [];

  constructor(private readonly reserve: () => PDFRef) {}

  /** Takes over the TrueType fonts of a part; fonts of other kinds stay in it. */
  take(part: PDFContext): Replacement {
    const replacement: Replacement = { fonts: new Map(), dropped: new Set() };
    for (const [ref, object] of part.enumerateIndirectObjects()) {
      if (!(object instanceof PDFDict) || object.get(name('Subtype')) !== name('Type0')) continue;
      const found = embeddedFont(part, object);
      if (!found) continue;
      replacement.fonts.set(ref, this.entryFor(found).ref);
      [ref, ...found.refs].forEach((each) => replacement.dropped.add(each));
    }
    return replacement;
  }

  /** The objects of the fonts, when all parts are in. */
  objects(context: PDFContext): [PDFRef, PDFObject][] {
    return this.entries.flatMap((entry, index) => this.objectsOf(entry, index, context));
  }

  private entryFor({ subset, descriptor }: EmbeddedFont): Entry {
    const known = this.entries.find(({ font }) => font.accepts(subset));
    if (known) {
      known.font.add(subset);
      return known;
    }
    const entry = { ref: this.reserve(), font: new SharedFont(subset), descriptor };
    this.entries.push(entry);
    return entry;
  }

  private objectsOf(
    { ref, font, descriptor }: Entry,
    index: number,
    context: PDFContext,
  ): [PDFRef, PDFObject][] {
    const [program, texts, described, descendant] = [
      this.reserve(),
      this.reserve(),
      this.reserve(),
      this.reserve(),
    ];
    const base = `${tagOf(index)}+${font.name}`;
    const bytes = writeTrueType(font.font);
    const description = context.obj({ Type: 'FontDescriptor', FontName: base, FontFile2: program });
    for (const [key, value] of descriptor.entries()) if (!description.has(key)) description.set(key, value);
    return [
      [program, context.flateStream(bytes, { Length1: bytes.length })],
      [texts, context.flateStream(writeToUnicode(font.texts))],
      [described, description],
      [
        descendant,
        context.obj({
          Type: 'Font',
          Subtype: 'CIDFontType2',
          BaseFont: base,
          CIDSystemInfo: context.obj({
            Registry: PDFString.of('Adobe'),
            Ordering: PDFString.of('Identity'),
            Supplement: 0,
          }),
          CIDToGIDMap: 'Identity',
          FontDescriptor: described,
          DW: 0,
          W: [0, font.widths],
        }),
      ],
      [
        ref,
        context.obj({
          Type: 'Font',
          Subtype: 'Type0',
          BaseFont: base,
          Encoding: 'Identity-H',
          DescendantFonts: [descendant],
          ToUnicode: texts,
        }),
      ],
    ];
  }
}

interface EmbeddedFont {
  subset: FontSubset;
  descriptor: PDFDict;
  /** What belongs to this font alone. */
  refs: PDFRef[];
}

/** A composite font as Chromium writes it; `undefined` for one of another kind. */
function embeddedFont(part: PDFContext, font: PDFDict): EmbeddedFont | undefined {
  const descendants = part.lookupMaybe(font.get(name('DescendantFonts')), PDFArray);
  const descendantRef = descendants?.get(0);
  const descendant = part.lookupMaybe(descendantRef, PDFDict);
  const descriptorRef = descendant?.get(name('FontDescriptor'));
  const descriptor = part.lookupMaybe(descriptorRef, PDFDict);
  const [programRef, textsRef] = [descriptor?.get(name('FontFile2')), font.get(name('ToUnicode'))];
  const [program, texts] = [part.lookup(programRef), part.lookup(textsRef)];
  const fontName = part.lookupMaybe(font.get(name('BaseFont')), PDFName);
  if (!descriptor || !fontName || !(program instanceof PDFRawStream) || !(texts instanceof PDFRawStream))
    return undefined;
  return {
    descriptor,
    refs: [descendantRef, descriptorRef, programRef, textsRef].filter((ref) => ref instanceof PDFRef),
    subset: {
      name: fontName.decodeText().replace(SUBSET_TAG, ''),
      font: readTrueType(unpacked(program)),
      texts: readToUnicode(unpacked(texts).toString('latin1')),
    },
  };
}

const unpacked = (stream: PDFRawStream): Buffer => Buffer.from(decodePDFRawStream(stream).decode());

/** "AAAAAA", "AAAAAB", …: each subset in a file has a tag of its own. */
const tagOf = (index: number): string =>
  Array.from({ length: 6 }, (_, place) =>
    String.fromCharCode(65 + (Math.floor(index / 26 ** (5 - place)) % 26)),
  ).join('');
