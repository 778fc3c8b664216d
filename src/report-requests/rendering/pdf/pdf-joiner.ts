import {
  ParseSpeeds,
  PDFArray,
  PDFContext,
  PDFDict,
  PDFDocument,
  PDFName,
  PDFObject,
  PDFRawStream,
  PDFRef,
} from '@cantoo/pdf-lib';
import { catalogEntries, informationDictionary, PdfInformation } from './pdf-information';
import { outlineObjects, OutlineEntry } from './pdf-outline';
import { PdfWriter } from './pdf-writer';
import { PrintedPart, requirePages } from './printed-part';
import { SharedFonts } from './shared-fonts';

const PARENT = PDFName.of('Parent');

/**
 * Joins printed parts into one PDF while they come: each is written at once, under shifted object numbers, and
 * forgotten, so that memory does not grow with the report. Tags are lost: their numbers are those of one print.
 */
export class PdfJoiner {
  private readonly context = PDFContext.create();
  private readonly root: PDFRef;
  private readonly fonts = new SharedFonts(() => this.reserve());
  private readonly kids: PDFRef[] = [];
  private readonly bookmarks: OutlineEntry[] = [];
  private pages = 0;

  /** @param writer of a new file */
  constructor(private readonly writer: PdfWriter) {
    this.root = PDFRef.of(writer.reserve(1));
  }

  /** @throws Error when a part has not the pages that it is to have */
  async add({ pdf, pages, bookmarks }: PrintedPart): Promise<void> {
    const part = await PDFDocument.load(pdf, { updateMetadata: false, parseSpeed: ParseSpeeds.Fastest });
    const { context, catalog } = part;
    const shift = this.writer.reserve(context.largestObjectNumber) - 1;
    const pageRefs = part.getPages().map((page) => shifted(page.ref, shift));
    requirePages(pageRefs.length, pages);
    for (const { title, page } of bookmarks) {
      const target = pageRefs[page - this.pages];
      if (target) this.bookmarks.push({ title, page: target });
    }
    const tree = catalog.get(PDFName.of('Pages'));
    if (!(tree instanceof PDFRef)) throw new Error('The printed part has no page tree.');
    const { fonts, dropped } = this.fonts.take(context);
    const moved = (ref: PDFRef): PDFRef => fonts.get(ref) ?? shifted(ref, shift);
    renumber(catalog, moved);
    for (const own of [context.trailerInfo.Root, context.trailerInfo.Info])
      if (own instanceof PDFRef) dropped.add(own);
    const objects = context.enumerateIndirectObjects().filter(([ref]) => !dropped.has(ref));
    for (const [ref, object] of objects) {
      renumber(object, moved);
      if (ref === tree && object instanceof PDFDict) object.set(PARENT, this.root);
    }
    await this.writer.write(objects.map(([ref, object]) => [shifted(ref, shift), object]));
    this.kids.push(shifted(tree, shift));
    this.pages += pageRefs.length;
  }

  /** Writes what belongs to the whole report. */
  async finish(about: PdfInformation): Promise<void> {
    const { context } = this;
    const outline =
      this.bookmarks.length > 0 ? outlineObjects(context, () => this.reserve(), this.bookmarks) : undefined;
    const catalog = context.obj({
      Type: 'Catalog',
      Pages: this.root,
      ...catalogEntries(context, about),
      ...(outline && { Outlines: outline.root }),
    });
    const [catalogRef, informationRef] = [this.reserve(), this.reserve()];
    await this.writer.write([
      ...this.fonts.objects(context),
      ...(outline?.objects ?? []),
      [this.root, context.obj({ Type: 'Pages', Count: this.pages, Kids: this.kids })],
      [informationRef, informationDictionary(context, about)],
      [catalogRef, catalog],
    ]);
    await this.writer.finish(catalogRef, informationRef);
  }

  private reserve(): PDFRef {
    return PDFRef.of(this.writer.reserve(1));
  }
}

function shifted(ref: PDFRef, shift: number): PDFRef {
  return PDFRef.of(ref.objectNumber + shift);
}

/** Changes every reference inside an object, in place. */
function renumber(object: PDFObject, moved: (ref: PDFRef) => PDFRef): void {
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
