import { Transform, type TransformCallback } from 'node:stream';
import { invalidLogo } from './logo';
import type { PngHeader } from './png-file';

/** Where the seven passes of an interlaced picture begin, and how far their pixels are apart (PNG, section 8.2). */
const PASSES = [
  { x: 0, y: 0, dx: 8, dy: 8 },
  { x: 4, y: 0, dx: 8, dy: 8 },
  { x: 0, y: 4, dx: 4, dy: 8 },
  { x: 2, y: 0, dx: 4, dy: 4 },
  { x: 0, y: 2, dx: 2, dy: 4 },
  { x: 1, y: 0, dx: 2, dy: 2 },
  { x: 0, y: 1, dx: 1, dy: 2 },
];
const LAST_FILTER = 4;

/** The bytes of each row of pixels, without the one before it that names its filter. */
export function rowLengths({ width, height, bitsPerPixel, isInterlaced }: PngHeader): number[] {
  const passes = isInterlaced ? PASSES : [{ x: 0, y: 0, dx: 1, dy: 1 }];
  return passes.flatMap(({ x, y, dx, dy }) => {
    const [columns, rows] = [Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)];
    if (columns <= 0 || rows <= 0) return [];
    return Array<number>(rows).fill(Math.ceil((columns * bitsPerPixel) / 8));
  });
}

/** Passes on the unpacked pixels of a picture, and fails as soon as they are none of its size. */
export class ScanlineCheck extends Transform {
  private row = 0;
  /** Of the row. */
  private missing = 0;

  constructor(private readonly lengths: readonly number[]) {
    super();
  }

  override _transform(bytes: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.missing > 0) {
        const taken = Math.min(this.missing, bytes.length - at);
        this.missing -= taken;
        at += taken;
        continue;
      }
      const length = this.lengths[this.row];
      if (length === undefined)
        return done(invalidLogo('The picture is damaged: it has more pixels than its size.'));
      if (bytes.readUInt8(at) > LAST_FILTER)
        return done(invalidLogo('The picture is damaged: a row has an unknown filter.'));
      this.missing = length;
      this.row += 1;
      at += 1;
    }
    done(null, bytes);
  }

  override _flush(done: TransformCallback): void {
    const isWhole = this.row === this.lengths.length && this.missing === 0;
    done(isWhole ? null : invalidLogo('The picture is damaged: it has fewer pixels than its size.'));
  }
}
