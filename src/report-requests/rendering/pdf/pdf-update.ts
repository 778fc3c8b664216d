import type { PDFObject, PDFRef } from '@cantoo/pdf-lib';
import { bytesOf } from './pdf-writer';
import type { PrintedFile } from './printed-file';

/** Objects that are new, with those of them that a reader begins at. */
export interface Completion {
  /** Numbered from the file's size on, in their order. */
  objects: readonly (readonly [PDFRef, PDFObject])[];
  catalog: PDFRef;
  information: PDFRef;
}

/** A printed file as it is, with what is new behind it: an incremental update (ISO 32000-2, 7.5.6). */
export function updated(file: Buffer, { size, table }: PrintedFile, completion: Completion): Buffer {
  const { objects, catalog, information } = completion;
  const pieces = [file];
  let position = file.length;
  let entries = '';
  for (const [ref, object] of objects) {
    const piece = Buffer.concat([
      Buffer.from(`${ref.objectNumber} 0 obj\n`),
      bytesOf(object),
      Buffer.from('\nendobj\n'),
    ]);
    entries += `${String(position).padStart(10, '0')} 00000 n \n`;
    pieces.push(piece);
    position += piece.length;
  }
  const trailer = `<</Size ${size + objects.length}/Root ${catalog.toString()}/Info ${information.toString()}/Prev ${table}>>`;
  pieces.push(
    Buffer.from(
      `xref\n${size} ${objects.length}\n${entries}trailer\n${trailer}\nstartxref\n${position}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(pieces);
}
