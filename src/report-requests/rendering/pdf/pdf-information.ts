import { PDFContext, PDFDict, PDFHexString, PDFString } from '@cantoo/pdf-lib';

/** What the file says about itself. */
export interface PdfInformation {
  title: string;
  author: string;
  /** BCP 47. */
  language: string;
  createdAt: Date;
}

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

/** Entries of the catalog that every report has: its language, and its title in the window's head. */
export function catalogEntries(context: PDFContext, about: PdfInformation) {
  return {
    Lang: PDFHexString.fromText(about.language),
    ViewerPreferences: context.obj({ DisplayDocTitle: true }),
  };
}
