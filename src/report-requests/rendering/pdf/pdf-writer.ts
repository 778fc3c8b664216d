import { PDFObject, PDFRef, PDFStream } from '@cantoo/pdf-lib';
import type { PrintedObject } from './printed-file';
import { promisify } from 'node:util';
import { constants, deflate } from 'node:zlib';

const deflated = promisify<Buffer, { level: number }, Buffer>(deflate);
/** Tags are so much alike that more work makes them no smaller: a twentieth of the file, for a third of its time. */
const compress = (bytes: Buffer): Promise<Buffer> => deflated(bytes, { level: constants.Z_BEST_SPEED });

const HEADER = Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n', 'latin1');
// A reader unpacks a whole group for one object of it.
const GROUP_SIZE = 256;
const NEWLINE = Buffer.from('\n');

/**
 * Writes PDF objects as they come, for somebody who takes the bytes from time to time. All but streams are packed into compressed groups
 * (object streams, ISO 32000-2, 7.5.7): the tags of a report are thousands of small objects.
 */
export class PdfWriter {
  private readonly places = new CrossReferences();
  private group: { number: number; bytes: Buffer }[] = [];
  private pending: Buffer[] = [HEADER];
  private position = HEADER.length;
  private lastNumber = 0;

  /** The first of so many numbers for new objects. */
  reserve(count: number): number {
    const first = this.lastNumber + 1;
    this.lastNumber += count;
    return first;
  }

  /** Writes objects under reserved numbers. */
  async write(objects: Iterable<readonly [{ objectNumber: number }, PDFObject]>): Promise<void> {
    for (const [{ objectNumber: number }, object] of objects)
      this.put({ number, bytes: bytesOf(object), isStream: object instanceof PDFStream });
    await this.settle();
  }

  /** Writes objects of another file under the numbers that they have there, which must be reserved. */
  async copy(objects: Iterable<PrintedObject>): Promise<void> {
    for (const object of objects) this.put(object);
    await this.settle();
  }

  /** The bytes of the file since the last time. */
  take(): Buffer {
    const bytes = Buffer.concat(this.pending);
    this.pending = [];
    return bytes;
  }

  /** Completes the file. */
  async finish(catalog: PDFRef, information: PDFRef): Promise<void> {
    while (this.group.length > 0) await this.pack();
    const number = this.reserve(1);
    this.places.set(number, { offset: this.position });
    const table = await compress(this.places.bytes(this.lastNumber + 1));
    const entries =
      `/Type/XRef/Size ${this.lastNumber + 1}/W${CrossReferences.WIDTHS}/Root ${catalog.toString()}/Info ${information.toString()}` +
      `/Filter/FlateDecode/Length ${table.length}`;
    const start = this.position;
    this.append([streamObject(number, entries, table), Buffer.from(`startxref\n${start}\n%%EOF\n`)]);
  }

  private put({ number, bytes, isStream }: PrintedObject): void {
    if (!isStream) {
      this.group.push({ number, bytes });
      return;
    }
    this.places.set(number, { offset: this.position });
    this.append([Buffer.from(`${number} 0 obj\n`), bytes, Buffer.from('\nendobj\n')]);
  }

  private async settle(): Promise<void> {
    while (this.group.length >= GROUP_SIZE) await this.pack();
  }

  private async pack(): Promise<void> {
    const members = this.group.splice(0, GROUP_SIZE);
    const number = this.reserve(1);
    let offset = 0;
    const index = members.map((member, position) => {
      this.places.set(member.number, { group: number, index: position });
      const entry = `${member.number} ${offset}`;
      offset += member.bytes.length + NEWLINE.length;
      return entry;
    });
    const head = Buffer.from(`${index.join(' ')}\n`);
    const data = await compress(
      Buffer.concat([head, ...members.flatMap((member) => [member.bytes, NEWLINE])]),
    );
    const entries = `/Type/ObjStm/N ${members.length}/First ${head.length}/Filter/FlateDecode/Length ${data.length}`;
    this.places.set(number, { offset: this.position });
    this.append([streamObject(number, entries, data)]);
  }

  private append(buffers: Buffer[]): void {
    for (const buffer of buffers) this.position += buffer.length;
    this.pending.push(...buffers);
  }
}

export function bytesOf(object: PDFObject): Buffer {
  const bytes = Buffer.alloc(object.sizeInBytes());
  object.copyBytesInto(bytes, 0);
  return bytes;
}

function streamObject(number: number, entries: string, data: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(`${number} 0 obj\n<<${entries}>>\nstream\n`),
    data,
    Buffer.from('\nendstream\nendobj\n'),
  ]);
}

/** Where an object lies: at a byte of the file, or as one of a group. */
type Place = { offset: number } | { group: number; index: number };

const ENTRY = 8;
const FIRST_ROOM = 1_024;

/** The entries of a file's cross-reference stream (ISO 32000-2, 7.5.8.3): kind, offset or group, index in the group. */
export class CrossReferences {
  /** Lengths in bytes of an entry's fields. */
  static readonly WIDTHS = '[1 5 2]';

  private table = Buffer.alloc(FIRST_ROOM * ENTRY);

  set(number: number, place: Place): void {
    const at = number * ENTRY;
    if (at >= this.table.length)
      this.table = Buffer.concat([this.table], Math.max(2 * this.table.length, at + ENTRY));
    this.table.writeUInt8('offset' in place ? 1 : 2, at);
    this.table.writeUIntBE('offset' in place ? place.offset : place.group, at + 1, 5);
    this.table.writeUInt16BE('offset' in place ? 0 : place.index, at + 6);
  }

  /** Those of objects below a number; what was never set is free. */
  bytes(size: number): Buffer {
    return Buffer.concat([this.table], size * ENTRY);
  }
}
