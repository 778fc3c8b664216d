import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createDeflate, createInflate } from 'node:zlib';
import { AppError } from '../../common/app-error';
import { type CleanedLogo, invalidLogo, LOGO_LIMITS, PNG_MEDIA_TYPE } from './logo';
import { type PngImage, readPng, writePng } from './png-file';
import { rowLengths, ScanlineCheck } from './png-scanlines';

/**
 * Unpacks the pixels of a PNG, holds them against what its header says, and packs them into a new file, which has nothing
 * of the old one but its size, its colours and its pixels: no text, profile, animation, or bytes behind its end.
 *
 * What is unpacked is a thousand times as large as the file at most. It is never in memory as a whole, and the work is done
 * on threads of zlib's.
 */
export async function cleanPng(file: Buffer): Promise<CleanedLogo> {
  const image = readPng(file);
  const { width, height } = image.header;
  const { side, pixels } = LOGO_LIMITS.png;
  if (width > side || height > side || width * height > pixels) {
    throw invalidLogo(
      `The picture has ${width} x ${height} pixels; it may have ${side} a side, and ${pixels} in all.`,
    );
  }
  const content = writePng(image, await packedAnew(image));
  return { mediaType: PNG_MEDIA_TYPE, content, width, height, removed: [] };
}

async function packedAnew(image: PngImage): Promise<Buffer> {
  const packed: Buffer[] = [];
  let bytes = 0;
  try {
    await pipeline(
      Readable.from(image.data),
      createInflate(),
      new ScanlineCheck(rowLengths(image.header)),
      createDeflate({ level: 9 }),
      async (chunks: AsyncIterable<Buffer>) => {
        for await (const chunk of chunks) {
          bytes += chunk.length;
          if (bytes > LOGO_LIMITS.cleanedBytes)
            throw invalidLogo('The picture is too large when it is packed anew.');
          packed.push(chunk);
        }
      },
    );
  } catch (error) {
    if (error instanceof AppError) throw error;
    if ((error as NodeJS.ErrnoException).code?.startsWith('Z_') === true)
      throw invalidLogo('The picture is damaged: its pixels cannot be unpacked.');
    throw error;
  }
  return Buffer.concat(packed);
}
