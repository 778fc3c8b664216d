import { PDFArray, PDFDict, PDFName, PDFRef } from '@cantoo/pdf-lib';

const [PAGES, KIDS] = ['Pages', 'Kids'].map((name) => PDFName.of(name)) as [PDFName, PDFName];

/** How an object of a file is looked up that must be a dictionary. */
type DictionaryOf = (ref: PDFRef) => PDFDict;

/**
 * The root of a file's page tree (ISO 32000-2, 7.7.3), and its pages in their order.
 *
 * @throws Error when the catalog has none
 */
export function pageTree(catalog: PDFDict, dictionaryOf: DictionaryOf): { root: PDFRef; pages: PDFRef[] } {
  const root = catalog.get(PAGES);
  if (!(root instanceof PDFRef)) throw new Error('The printed file has no page tree.');
  return { root, pages: pagesBelow(root, dictionaryOf) };
}

function pagesBelow(ref: PDFRef, dictionaryOf: DictionaryOf): PDFRef[] {
  const kids = dictionaryOf(ref).get(KIDS);
  if (!(kids instanceof PDFArray)) return [ref];
  return kids.asArray().flatMap((kid) => (kid instanceof PDFRef ? pagesBelow(kid, dictionaryOf) : []));
}
