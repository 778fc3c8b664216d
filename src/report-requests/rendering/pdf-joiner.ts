import {
  ParseSpeeds,
  PDFArray,
  PDFContext,
  PDFDict,
  PDFDocument,
  PDFName,
  PDFObject,
  PDFRawStream,
  PDFRef,
} from '@cantoo/pdf-lib';
import { FileHandle, open } from 'node:fs/promises';
import { addOutline } from './pdf-outline';
import { catalogEntries, informationDictionary, PdfInformation } from './pdf-information';
import { Bookmark } from './report-parts';

const HEADER = Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n', 'latin1');
const CATALOG = 1;
const PAGES = 2;
const INFORMATION = 3;

/**
 * Joins printed parts into one PDF while they come: each is written to the file at once, under shifted object numbers,
 * and forgotten, so that memory does not grow with the report. The parts must be untagged.
 */
export class PdfJoiner {
  private readonly context = PDFContext.create();
  /** Place in the file of each object, by its number; numbers that no object has stay empty. */
  private readonly offsets: number[] = [];
  private readonly kids: PDFRef[] = [];
  private readonly bookmarks: { title: string; page: PDFRef }[] = [];
  private pages = 0;
  private position = 0;
  private largestNumber = INFORMATION;

  private constructor(private readonly file: FileHandle) {}

  /** Creates the file, which must not be there yet. */
  static async create(path: string): Promise<PdfJoiner> {
    const joiner = new PdfJoiner(await open(path, 'wx'));
    await joiner.write([HEADER]);
    joiner.position = HEADER.length;
    return joiner;
  }

  /** @param bookmarks pages of the whole report, from 0, that are in this part */
  async add(printed: Uint8Array, bookmarks: readonly Bookmark[]): Promise<void> {
    const part = await PDFDocument.load(printed, { updateMetadata: false, parseSpeed: ParseSpeeds.Fastest });
    const shift = this.largestNumber;
    const pageRefs = part.getPages().map((page) => shifted(page.ref, shift));
    for (const { title, page } of bookmarks) {
      const target = pageRefs[page - this.pages];
      if (target) this.bookmarks.push({ title, page: target });
    }
    const root = part.catalog.get(PDFName.of('Pages'));
    if (!(root instanceof PDFRef)) throw new Error('The printed part has no page tree.');
    const left = new Set([part.context.trailerInfo.Root, part.context.trailerInfo.Info]);
    const objects: Buffer[] = [];
    for (const [ref, object] of part.context.enumerateIndirectObjects()) {
      if (left.has(ref)) continue;
      renumber(object, shift);
      if (ref === root && object instanceof PDFDict) object.set(PDFName.of('Parent'), PDFRef.of(PAGES));
      objects.push(this.place(shifted(ref, shift), object));
    }
    this.largestNumber += part.context.largestObjectNumber;
    this.kids.push(shifted(root, shift));
    this.pages += pageRefs.length;
    await this.write(objects);
  }

  /** Writes what belongs to the whole report, and gives the size of the file in bytes. */
  async finish(about: PdfInformation): Promise<number> {
    const { context } = this;
    const objects: Buffer[] = [];
    const put = (ref: PDFRef, object: PDFObject): void => void objects.push(this.place(ref, object));
    const reserve = (): PDFRef => PDFRef.of(++this.largestNumber);
    const outlines =
      this.bookmarks.length > 0 ? addOutline({ context, reserve, put }, this.bookmarks) : undefined;
    put(PDFRef.of(PAGES), context.obj({ Type: 'Pages', Count: this.pages, Kids: this.kids }));
    put(PDFRef.of(INFORMATION), informationDictionary(context, about));
    put(
      PDFRef.of(CATALOG),
      context.obj({
        Type: 'Catalog',
        Pages: PDFRef.of(PAGES),
        ...catalogEntries(context, about),
        ...(outlines && { Outlines: outlines }),
      }),
    );
    await this.write(objects);
    const end = this.crossReferences();
    await this.write([end]);
    return this.position + end.length;
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  /** An object's bytes, which must be written next; notes where they will lie. */
  private place(ref: PDFRef, object: PDFObject): Buffer {
    this.offsets[ref.objectNumber] = this.position;
    const head = `${ref.objectNumber} 0 obj\n`;
    const size = object.sizeInBytes();
    const bytes = Buffer.alloc(head.length + size + 8);
    bytes.write(head, 'latin1');
    object.copyBytesInto(bytes, head.length);
    bytes.write('\nendobj\n', head.length + size, 'latin1');
    this.position += bytes.length;
    return bytes;
  }

  private async write(buffers: Buffer[]): Promise<void> {
    await this.file.appendFile(Buffer.concat(buffers));
  }

  private crossReferences(): Buffer {
    const size = this.largestNumber + 1;
    const entries = ['0000000000 65535 f \n'];
    for (let number = 1; number < size; number += 1) {
      const offset = this.offsets[number];
      entries.push(
        offset === undefined ? '0000000000 65535 f \n' : `${String(offset).padStart(10, '0')} 00000 n \n`,
      );
    }
    const trailer = `trailer\n<</Size ${size}/Root ${CATALOG} 0 R/Info ${INFORMATION} 0 R>>\n`;
    return Buffer.from(
      `xref\n0 ${size}\n${entries.join('')}${trailer}startxref\n${this.position}\n%%EOF\n`,
      'latin1',
    );
  }
}

function shifted(ref: PDFRef, shift: number): PDFRef {
  return PDFRef.of(ref.objectNumber + shift);
}

/** Shifts every reference inside an object, in place. */
function renumber(object: PDFObject, shift: number): void {
  if (object instanceof PDFDict) {
    for (const [key, value] of object.entries()) {
      if (value instanceof PDFRef) object.set(key, shifted(value, shift));
      else renumber(value, shift);
    }
  } else if (object instanceof PDFArray) {
    object.asArray().forEach((value, index) => {
      if (value instanceof PDFRef) object.set(index, shifted(value, shift));
      else renumber(value, shift);
    });
  } else if (object instanceof PDFRawStream) {
    renumber(object.dict, shift);
  }
}
