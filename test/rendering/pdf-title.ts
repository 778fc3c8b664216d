import { PDFDocument } from '@cantoo/pdf-lib';

/**
 * What a PDF says that it is called.
 *
 * @throws Error when it is no PDF, or not a whole one
 */
export const pdfTitle = async (bytes: Uint8Array): Promise<string | undefined> =>
  (await PDFDocument.load(bytes)).getTitle();
