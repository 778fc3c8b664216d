import { PDFContext, PDFDict, PDFHexString, PDFRef } from '@cantoo/pdf-lib';

export interface OutlineEntry {
  title: string;
  page: PDFRef;
}

/** How the objects of an outline get into a file. */
export interface ObjectSink {
  context: PDFContext;
  reserve(): PDFRef;
  put(ref: PDFRef, object: PDFDict): void;
}

/** Adds a flat outline (ISO 32000-2, 12.3.3); entries lead to the top of their pages. */
export function addOutline(sink: ObjectSink, entries: readonly OutlineEntry[]): PDFRef {
  const root = sink.reserve();
  const items = entries.map((entry) => ({ entry, ref: sink.reserve() }));
  items.forEach(({ entry, ref }, index) => {
    const [previous, following] = [items[index - 1], items[index + 1]];
    sink.put(
      ref,
      sink.context.obj({
        Title: PDFHexString.fromText(entry.title),
        Parent: root,
        Dest: [entry.page, 'Fit'],
        ...(previous && { Prev: previous.ref }),
        ...(following && { Next: following.ref }),
      }),
    );
  });
  const [first, last] = [items[0], items.at(-1)];
  sink.put(
    root,
    sink.context.obj({
      Type: 'Outlines',
      Count: items.length,
      ...(first && last && { First: first.ref, Last: last.ref }),
    }),
  );
  return root;
}
