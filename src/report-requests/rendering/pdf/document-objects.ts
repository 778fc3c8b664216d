import { PDFContext, PDFDict, PDFHexString, PDFObject, PDFRef, PDFStream, PDFString } from '@cantoo/pdf-lib';
import type { PdfInformation } from './pdf-information';
import { xmpPacket } from './xmp-packet';

/** The document information dictionary (ISO 32000-2, 14.3.3). */
export function informationDictionary(context: PDFContext, about: PdfInformation): PDFDict {
  const created = PDFString.fromDate(about.createdAt);
  return context.obj({
    Title: PDFHexString.fromText(about.title),
    Author: PDFHexString.fromText(about.author),
    Creator: PDFHexString.fromText('Order Reports'),
    Producer: PDFHexString.fromText('Order Reports'),
    CreationDate: created,
    ModDate: created,
  });
}

/** What the document information dictionary says and more, for programs (ISO 32000-2, 14.3.2). */
export function metadataStream(context: PDFContext, about: PdfInformation): PDFStream {
  return context.stream(Buffer.from(xmpPacket(about)), { Type: 'Metadata', Subtype: 'XML' });
}

/** Entries of the catalog that every report has: its language, its title in the window's head, and its metadata. */
export function catalogEntries(context: PDFContext, about: PdfInformation, metadata: PDFRef) {
  return {
    Metadata: metadata,
    Lang: PDFHexString.fromText(about.language),
    ViewerPreferences: context.obj({ DisplayDocTitle: true }),
  };
}

export interface OutlineEntry {
  title: string;
  page: PDFObject;
}

/** A flat outline (ISO 32000-2, 12.3.3) whose entries lead to their pages. */
export function outlineObjects(
  context: PDFContext,
  reserve: () => PDFRef,
  entries: readonly OutlineEntry[],
): { root: PDFRef; objects: [PDFRef, PDFDict][] } {
  const root = reserve();
  const places = entries.map((entry) => ({ ...entry, ref: reserve() }));
  const items = places.map(({ title, page, ref }, index): [PDFRef, PDFDict] => {
    const [previous, following] = [places[index - 1], places[index + 1]];
    const item = context.obj({
      Title: PDFHexString.fromText(title),
      Parent: root,
      Dest: [page, 'Fit'],
      ...(previous && { Prev: previous.ref }),
      ...(following && { Next: following.ref }),
    });
    return [ref, item];
  });
  const [first, last] = [places[0], places.at(-1)];
  const head = context.obj({
    Type: 'Outlines',
    Count: places.length,
    ...(first && last && { First: first.ref, Last: last.ref }),
  });
  return { root, objects: [[root, head], ...items] };
}
