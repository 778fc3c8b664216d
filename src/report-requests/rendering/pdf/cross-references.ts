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
