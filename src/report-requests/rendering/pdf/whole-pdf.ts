import { PDFContext, PDFDict, PDFName, PDFObjectParser, PDFRef } from '@cantoo/pdf-lib';
import { catalogEntries, informationDictionary, outlineObjects, PdfInformation } from './document-objects';
import { pageTree } from './page-tree';
import { PdfWriter } from './pdf-writer';
import { PrintedFile, PrintedObject } from './printed-file';
import { PrintedPart, requirePages } from './printed-part';

// What a reader's software needs to find the tags.
const TAGGING = ['StructTreeRoot', 'MarkInfo'].map((name) => PDFName.of(name));

/**
 * A report of one part: its objects as they are, tags included, packed, under a catalog of our own.
 *
 * @throws Error when the part has not the pages that it is to have
 */
export async function wholePdf(part: PrintedPart, about: PdfInformation): Promise<Buffer> {
  const writer = new PdfWriter();
  const printed = PrintedFile.read(part.pdf);
  writer.reserve(printed.size - 1);
  const reserve = (): PDFRef => PDFRef.of(writer.reserve(1));
  const tree = new Tree(printed.objects);
  const printedCatalog = tree.get(PDFRef.of(printed.root));
  const { root, pages } = pageTree(printedCatalog, (ref) => tree.get(ref));
  requirePages(pages.length, part.pages);
  const { context } = tree;
  const entries = part.bookmarks.flatMap(({ title, page }) => {
    const target = pages[page];
    return target ? [{ title, page: target }] : [];
  });
  const outline = entries.length > 0 ? outlineObjects(context, reserve, entries) : undefined;
  const catalog = context.obj({
    Type: 'Catalog',
    Pages: root,
    ...catalogEntries(context, about),
    ...(outline && { Outlines: outline.root }),
  });
  for (const name of TAGGING) {
    const value = printedCatalog.get(name);
    if (value) catalog.set(name, value);
  }
  const [catalogRef, informationRef] = [reserve(), reserve()];
  await writer.copy(
    printed.objects.filter(({ number }) => number !== printed.root && number !== printed.information),
  );
  await writer.write([
    ...(outline?.objects ?? []),
    [informationRef, informationDictionary(context, about)],
    [catalogRef, catalog],
  ]);
  await writer.finish(catalogRef, informationRef);
  return writer.take();
}

/** The few objects that must be understood, parsed when they are asked for. */
class Tree {
  readonly context = PDFContext.create();
  private readonly objects: ReadonlyMap<number, PrintedObject>;

  constructor(objects: readonly PrintedObject[]) {
    this.objects = new Map(objects.map((object) => [object.number, object]));
  }

  get(ref: PDFRef): PDFDict {
    const bytes = this.objects.get(ref.objectNumber)?.bytes ?? new Uint8Array();
    const object = PDFObjectParser.forBytes(bytes, this.context).parseObject();
    if (!(object instanceof PDFDict))
      throw new Error('The printed file has no dictionary where one must be.');
    return object;
  }
}
