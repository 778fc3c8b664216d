import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { ORDER_LIMITS } from '../order-limits';
import type { ImportSettings } from './import-settings';
import { InvalidFileError } from './invalid-file.error';

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be';

/** Text that is made in one go, between two looks at the clock: a millisecond or two of work, whatever is in it. */
const PIECE_BYTES = 4 * 1024;
const CHUNK_BYTES = 64 * 1024;

const GZIP = [0x1f, 0x8b];
/** How other files begin that people send by mistake. */
const OTHER_FILES: readonly (readonly [name: string, beginning: readonly number[]])[] = [
  ['an Excel workbook or another ZIP file', [0x50, 0x4b, 0x03, 0x04]],
  ['an old Excel workbook', [0xd0, 0xcf, 0x11, 0xe0]],
  ['a PDF', [0x25, 0x50, 0x44, 0x46, 0x2d]],
];
const BYTE_ORDER_MARKS: readonly (readonly [encoding: Encoding, mark: readonly number[]])[] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
];
/** Enough for what is looked for at the beginning. */
const BEGINNING_BYTES = 8;

const beginsWith = (bytes: Buffer, beginning: readonly number[]): boolean =>
  bytes.length >= beginning.length && beginning.every((byte, index) => bytes[index] === byte);

/** The text of a stored file: unpacked where it is compressed, and decoded by what its first bytes show. In flat memory. */
export class FileDecoding {
  private read = 0;
  private found: { encoding: Encoding; hasByteOrderMark: boolean } | undefined;
  private wasGzipped = false;

  constructor(
    private readonly source: Readable,
    private readonly settings: Pick<ImportSettings, 'gzipped' | 'charset'>,
  ) {}

  /** How many bytes of the stored file were read. */
  get bytesRead(): number {
    return this.read;
  }

  /** What was found, once the first piece has come. */
  get detected(): { encoding: Encoding; byte_order_mark: boolean; compression: 'gzip' | null } {
    const { encoding, hasByteOrderMark } = this.found ?? { encoding: 'utf-8', hasByteOrderMark: false };
    return { encoding, byte_order_mark: hasByteOrderMark, compression: this.wasGzipped ? 'gzip' : null };
  }

  /**
   * @throws InvalidFileError for what is not gzip, unpacks to more than a file may have, is another kind of file, or is not
   *   in its encoding; whatever reading the source throws
   */
  async *pieces(): AsyncGenerator<string> {
    let decoder: InstanceType<typeof TextDecoder> | undefined;
    for await (const chunk of this.unpacked()) {
      if (decoder === undefined) {
        this.found = this.encodingOf(chunk);
        decoder = new TextDecoder(this.found.encoding, { fatal: true });
      }
      for (let start = 0; start < chunk.length; start += PIECE_BYTES)
        yield* decoded(decoder, chunk.subarray(start, start + PIECE_BYTES));
    }
    if (decoder !== undefined) yield* decoded(decoder);
  }

  private encodingOf(bytes: Buffer): { encoding: Encoding; hasByteOrderMark: boolean } {
    const other = OTHER_FILES.find(([, beginning]) => beginsWith(bytes, beginning));
    if (other !== undefined) throw new InvalidFileError(`the file is ${other[0]}, and not text`);
    const marked = BYTE_ORDER_MARKS.find(([, mark]) => beginsWith(bytes, mark));
    if (marked !== undefined) return { encoding: marked[0], hasByteOrderMark: true };
    return { encoding: this.settings.charset ?? unmarkedEncoding(bytes), hasByteOrderMark: false };
  }

  private async *unpacked(): AsyncGenerator<Buffer> {
    const chunks = this.withWholeBeginning();
    const begun = await chunks.next();
    if (begun.done === true) return;
    const beginning = begun.value;
    const all = async function* (): AsyncGenerator<Buffer> {
      yield beginning;
      yield* chunks;
    };
    if (!beginsWith(beginning, GZIP)) {
      if (this.settings.gzipped) throw new InvalidFileError('the file was sent as gzip and is none');
      yield* all();
      return;
    }
    this.wasGzipped = true;
    yield* unzipped(all());
  }

  /** The source, in chunks of which the first is long enough to be looked at, if the file is. */
  private async *withWholeBeginning(): AsyncGenerator<Buffer> {
    let begun: Buffer | undefined = Buffer.alloc(0);
    for await (const chunk of this.source as AsyncIterable<Buffer>) {
      this.read += chunk.length;
      if (begun === undefined) yield chunk;
      else {
        begun = Buffer.concat([begun, chunk]);
        if (begun.length < BEGINNING_BYTES) continue;
        yield begun;
        begun = undefined;
      }
    }
    if (begun !== undefined && begun.length > 0) yield begun;
  }
}

/** The text of a piece; of one that is not in the encoding what stands before the fault, so that its row is known. */
function* decoded(decoder: InstanceType<typeof TextDecoder>, piece?: Buffer): Generator<string> {
  let text: string;
  try {
    text = decoder.decode(piece, { stream: piece !== undefined });
  } catch {
    yield new TextDecoder(decoder.encoding).decode(piece).split('\ufffd', 1)[0] ?? '';
    throw new InvalidFileError(
      `the file is not encoded in ${decoder.encoding.toUpperCase()}; spreadsheets call what can be read "CSV UTF-8"`,
    );
  }
  yield text;
}

async function* unzipped(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  // Whoever reads the one hears of what happens to the other.
  pipeline(chunks, gunzip).catch(() => undefined);
  let bytes = 0;
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > ORDER_LIMITS.importBytes)
        throw new InvalidFileError(`unpacked, the file has more than ${ORDER_LIMITS.importBytes} bytes`);
      yield chunk;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith('Z_') !== true) throw error;
    throw new InvalidFileError('the file is not whole or not gzip');
  }
}

/** The first character of a file is nearly always ASCII: in UTF-16 one of its two bytes is 0, which is in no text of UTF-8. */
function unmarkedEncoding(bytes: Buffer): Encoding {
  if (bytes.length < 2) return 'utf-8';
  if (bytes[0] !== 0 && bytes[1] === 0) return 'utf-16le';
  if (bytes[0] === 0 && bytes[1] !== 0) return 'utf-16be';
  return 'utf-8';
}
