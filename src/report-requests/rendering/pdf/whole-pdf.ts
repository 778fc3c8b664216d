import { PDFContext, PDFDict, PDFName, PDFObject, PDFObjectParser, PDFRef } from '@cantoo/pdf-lib';
import { catalogEntries, informationDictionary, metadataStream, outlineObjects } from './document-objects';
import { pageTree } from './page-tree';
import type { PdfInformation } from './pdf-information';
import { Completion, updated } from './pdf-update';
import { PdfWriter } from './pdf-writer';
import { PrintedFile } from './printed-file';
import { PrintedPart, requirePages } from './printed-part';

// What a reader's software needs to find the tags.
const TAGGING = ['StructTreeRoot', 'MarkInfo'].map((name) => PDFName.of(name));

/** Bytes up to which a file stays as it was printed: packed it is a third as long, and takes ten times as much work. */
const LEFT_AS_PRINTED = 130_000;

/**
 * A report of one part under a catalog of our own: as it was printed, with that behind it, where it is short; else its
 * objects as they are, tags included, packed.
 *
 * @throws Error when the part has not the pages that it is to have
 */
export async function wholePdf(part: PrintedPart, about: PdfInformation): Promise<Buffer> {
  const printed = PrintedFile.read(part.pdf);
  const completion = completed(printed, part, about);
  return part.pdf.length <= LEFT_AS_PRINTED
    ? updated(part.pdf, printed, completion)
    : packed(printed, completion);
}

function completed(printed: PrintedFile, part: PrintedPart, about: PdfInformation): Completion {
  const context = PDFContext.create();
  const dictionaryOf = (ref: PDFRef): PDFDict => parsed(printed.dictionary(ref.objectNumber), context);
  const printedCatalog = dictionaryOf(PDFRef.of(printed.root));
  const { root, pages } = pageTree(printedCatalog, dictionaryOf);
  requirePages(pages.length, part.pages);
  let next = printed.size;
  const reserve = (): PDFRef => PDFRef.of(next++);
  const entries = part.bookmarks.flatMap(({ title, page }) => {
    const target = pages[page];
    return target ? [{ title, page: target }] : [];
  });
  const outline = entries.length > 0 ? outlineObjects(context, reserve, entries) : undefined;
  const metadata = reserve();
  const entriesOfCatalog = context.obj({
    Type: 'Catalog',
    Pages: root,
    ...catalogEntries(context, about, metadata),
    ...(outline && { Outlines: outline.root }),
  });
  for (const name of TAGGING) {
    const value = printedCatalog.get(name);
    if (value) entriesOfCatalog.set(name, value);
  }
  const [information, catalog] = [reserve(), reserve()];
  const objects: [PDFRef, PDFObject][] = [
    ...(outline?.objects ?? []),
    [metadata, metadataStream(context, about)],
    [information, informationDictionary(context, about)],
    [catalog, entriesOfCatalog],
  ];
  return { objects, catalog, information };
}

async function packed(printed: PrintedFile, { objects, catalog, information }: Completion): Promise<Buffer> {
  const writer = new PdfWriter();
  writer.reserve(printed.size - 1 + objects.length);
  await writer.copy(
    printed.objects().filter(({ number }) => number !== printed.root && number !== printed.information),
  );
  await writer.write(objects);
  await writer.finish(catalog, information);
  return writer.take();
}

function parsed(bytes: Buffer, context: PDFContext): PDFDict {
  const object = PDFObjectParser.forBytes(bytes, context).parseObject();
  if (!(object instanceof PDFDict)) throw new Error('The printed file has no dictionary where one must be.');
  return object;
}
