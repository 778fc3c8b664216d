import { PDFContext, PDFDict, PDFHexString, PDFObject, PDFRef } from '@cantoo/pdf-lib';

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
