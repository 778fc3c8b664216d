import { Readable } from 'node:stream';

/**
 * A stream of the same bytes, whose reader sees what the store's own error means.
 *
 * @param bytes how many must come; fewer are a failure
 */
export function endingWithOutage(
  file: Readable,
  asOutage: (error: unknown) => unknown,
  bytes?: number,
): Readable {
  // It may break before anybody has begun to read it; whoever reads it later learns of that.
  file.on('error', () => undefined);
  const read = async function* (): AsyncGenerator<Buffer> {
    let count = 0;
    let isOutside = false;
    try {
      for await (const chunk of file as AsyncIterable<Buffer>) {
        count += chunk.length;
        isOutside = true;
        yield chunk;
        isOutside = false;
      }
      if (bytes !== undefined && count !== bytes) throw new Error(`${count} of ${bytes} bytes came.`);
    } catch (error) {
      // Whoever reads may break it off as well, by an error of its own.
      throw isOutside ? error : asOutage(error);
    }
  };
  return Readable.from(read(), { objectMode: false }).once('close', () => file.destroy());
}
