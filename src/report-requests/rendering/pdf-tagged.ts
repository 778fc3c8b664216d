import { ParseSpeeds, PDFDocument, PDFName } from '@cantoo/pdf-lib';
import { addOutline } from './pdf-outline';
import { catalogEntries, informationDictionary, PdfInformation } from './pdf-information';
import { Bookmark } from './report-parts';

/** Completes a report that was printed as one document, and keeps its tags. */
export async function completeTagged(
  printed: Uint8Array,
  bookmarks: readonly Bookmark[],
  about: PdfInformation,
): Promise<Uint8Array> {
  const file = await PDFDocument.load(printed, { updateMetadata: false, parseSpeed: ParseSpeeds.Fastest });
  const { context, catalog } = file;
  const pages = file.getPages();
  const entries = bookmarks.flatMap(({ title, page }) => {
    const target = pages[page];
    return target ? [{ title, page: target.ref }] : [];
  });
  for (const [key, value] of Object.entries(catalogEntries(context, about)))
    catalog.set(PDFName.of(key), value);
  if (entries.length > 0) {
    const sink = { context, reserve: () => context.nextRef(), put: context.assign.bind(context) };
    catalog.set(PDFName.of('Outlines'), addOutline(sink, entries));
  }
  context.trailerInfo.Info = context.register(informationDictionary(context, about));
  // Tags are thousands of small objects: packed into compressed streams they take a tenth of the space.
  return file.save({
    useObjectStreams: true,
    addDefaultPage: false,
    updateFieldAppearances: false,
    objectsPerTick: Infinity,
  });
}
