import { PDFObject } from '@cantoo/pdf-lib';

/** A reference (ISO 32000-2, 7.3.10) to an object of a file that may have millions: each `PDFRef` is kept for ever. */
export class FileReference extends PDFObject {
  constructor(readonly objectNumber: number) {
    super();
  }

  override clone(): this {
    return this;
  }

  override toString(): string {
    return `${this.objectNumber} 0 R`;
  }

  override sizeInBytes(): number {
    return this.toString().length;
  }

  override copyBytesInto(buffer: Uint8Array, offset: number): number {
    return Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength).write(
      this.toString(),
      offset,
      'latin1',
    );
  }
}
