import {
  PDFArray,
  PDFContext,
  PDFDict,
  PDFName,
  PDFObject,
  PDFObjectParser,
  PDFRawStream,
  PDFRef,
} from '@cantoo/pdf-lib';
import { promisify } from 'node:util';
import { deflate, inflate } from 'node:zlib';
import {
  catalogEntries,
  informationDictionary,
  metadataStream,
  OutlineEntry,
  outlineObjects,
} from './document-objects';
import { pageTree } from './page-tree';
import type { PdfInformation } from './pdf-information';
import { PdfWriter } from './pdf-writer';
import { PrintedFile } from './printed-file';
import { PrintedPart, requirePages } from './printed-part';
import { inReadingOrder } from './reading-order';
import { SharedFonts } from './shared-fonts';

const PARENT = PDFName.of('Parent');
const [SUBTYPE, FORM] = ['Subtype', 'Form'].map((name) => PDFName.of(name)) as [PDFName, PDFName];
/** Chromium draws in 300 units to the inch. */
const UNITS_PER_PX = 300 / 96;

const inflated = promisify<Uint8Array, Buffer>(inflate);
const deflated = promisify<Buffer, Buffer>(deflate);

/**
 * Joins printed parts into one PDF while they come: each is written at once, under shifted object numbers, and
 * forgotten, so that memory does not grow with the report. Tags are lost: their numbers are those of one print.
 */
export class PdfJoiner {
  private readonly context = PDFContext.create();
  private readonly root: PDFRef;
  private readonly fonts = new SharedFonts(() => this.reserve());
  private readonly kids: PDFObject[] = [];
  private readonly bookmarks: OutlineEntry[] = [];
  private pages = 0;

  /**
   * @param writer of a new file
   * @param rowHeight of what is drawn, in px
   */
  constructor(
    private readonly writer: PdfWriter,
    private readonly rowHeight: number,
  ) {
    this.root = PDFRef.of(writer.reserve(1));
  }

  /** @throws Error when a part has not the pages that it is to have */
  async add({ pdf, pages, bookmarks }: PrintedPart): Promise<void> {
    const printed = PrintedFile.read(pdf);
    const part = parsed(printed);
    const shift = this.writer.reserve(printed.size - 1) - 1;
    const shifted = (ref: PDFRef): FileReference => new FileReference(ref.objectNumber + shift);
    const root = PDFRef.of(printed.root);
    const tree = pageTree(part.lookup(root, PDFDict), (ref) => part.lookup(ref, PDFDict));
    requirePages(tree.pages.length, pages);
    for (const { title, page } of bookmarks) {
      const target = tree.pages[page - this.pages];
      if (target) this.bookmarks.push({ title, page: shifted(target) });
    }
    const { fonts, dropped } = this.fonts.take(part);
    dropped.add(root).add(PDFRef.of(printed.information));
    const objects = part.enumerateIndirectObjects().filter(([ref]) => !dropped.has(ref));
    for (const entry of objects) if (isDrawing(entry[1])) entry[1] = await this.readable(entry[1]);
    for (const [ref, object] of objects) {
      renumber(object, (other) => fonts.get(other) ?? shifted(other));
      if (ref === tree.root && object instanceof PDFDict) object.set(PARENT, this.root);
    }
    await this.writer.write(objects.map(([ref, object]) => [shifted(ref), object]));
    this.kids.push(shifted(tree.root));
    this.pages += pages;
  }

  /** Writes what belongs to the whole report. */
  async finish(about: PdfInformation): Promise<void> {
    const { context } = this;
    const outline =
      this.bookmarks.length > 0 ? outlineObjects(context, () => this.reserve(), this.bookmarks) : undefined;
    const metadata = this.reserve();
    const catalog = context.obj({
      Type: 'Catalog',
      Pages: this.root,
      ...catalogEntries(context, about, metadata),
      ...(outline && { Outlines: outline.root }),
    });
    const [catalogRef, informationRef] = [this.reserve(), this.reserve()];
    await this.writer.write([
      ...this.fonts.objects(context),
      ...(outline?.objects ?? []),
      [this.root, context.obj({ Type: 'Pages', Count: this.pages, Kids: this.kids })],
      [informationRef, informationDictionary(context, about)],
      [metadata, metadataStream(context, about)],
      [catalogRef, catalog],
    ]);
    await this.writer.finish(catalogRef, informationRef);
  }

  /** The same, with its texts row by row: columns are printed one after the other. */
  private async readable(drawing: PDFRawStream): Promise<PDFRawStream> {
    const content = await inflated(drawing.contents);
    const ordered = inReadingOrder(content.toString('latin1'), this.rowHeight * UNITS_PER_PX);
    if (ordered === undefined) return drawing;
    return PDFRawStream.of(drawing.dict, await deflated(Buffer.from(ordered, 'latin1')));
  }

  private reserve(): PDFRef {
    return PDFRef.of(this.writer.reserve(1));
  }
}

/**
 * All objects of a part, at once: of what the library's own reading of files makes, which awaits each object, nearly all was
 * carried into the collector's old space.
 */
function parsed(printed: PrintedFile): PDFContext {
  const context = PDFContext.create();
  for (const { number, bytes } of printed.objects())
    context.assign(PDFRef.of(number), PDFObjectParser.forBytes(bytes, context).parseObject());
  return context;
}

/** What is drawn as a whole (ISO 32000-2, 8.10), as Chromium does with what is scaled. */
const isDrawing = (object: PDFObject): object is PDFRawStream =>
  object instanceof PDFRawStream && object.dict.get(SUBTYPE) === FORM;

/** Changes every reference inside an object, in place. */
function renumber(object: PDFObject, moved: (ref: PDFRef) => PDFObject): void {
  if (object instanceof PDFDict) {
    for (const [key, value] of object.entries()) {
      if (value instanceof PDFRef) object.set(key, moved(value));
      else renumber(value, moved);
    }
  } else if (object instanceof PDFArray) {
    object.asArray().forEach((value, index) => {
      if (value instanceof PDFRef) object.set(index, moved(value));
      else renumber(value, moved);
    });
  } else if (object instanceof PDFRawStream) {
    renumber(object.dict, moved);
  }
}

/** A reference (ISO 32000-2, 7.3.10) to an object of a file that may have millions: each `PDFRef` is kept for ever. */
class FileReference extends PDFObject {
  constructor(readonly objectNumber: number) {
    super();
  }

  override clone(): this {
    return this;
  }

  override toString(): string {
    return `${this.objectNumber} 0 R`;
  }

  override sizeInBytes(): number {
    return this.toString().length;
  }

  override copyBytesInto(buffer: Uint8Array, offset: number): number {
    return Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength).write(
      this.toString(),
      offset,
      'latin1',
    );
  }
}
