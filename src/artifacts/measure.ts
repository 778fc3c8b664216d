import { createHash } from 'node:crypto';
import { ArtifactTooLargeError } from './artifact-store';

/** Counts and hashes bytes as they pass by, and knows whether they broke off before they reached the store. */
export class Measure {
  private readonly hash = createHash('sha256');
  private count = 0;
  private broken: { error: unknown } | undefined;

  constructor(private readonly maxBytes = Number.POSITIVE_INFINITY) {}

  /** @throws ArtifactTooLargeError as soon as more than the allowed bytes have come */
  async *pass(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let isOutside = false;
    try {
      for await (const chunk of chunks) {
        this.count += chunk.length;
        if (this.count > this.maxBytes) throw new ArtifactTooLargeError(this.maxBytes);
        this.hash.update(chunk);
        isOutside = true;
        yield chunk;
        isOutside = false;
      }
    } catch (error) {
      // Whoever reads may break it off as well, by an error of its own.
      if (!isOutside) this.broken = { error };
      throw error;
    }
  }

  /** The source's own failure, where there was one: whoever reads it may report a consequence instead. */
  get sourceFailure(): { error: unknown } | undefined {
    return this.broken;
  }

  get bytes(): number {
    return this.count;
  }

  /** Once, after the last byte. */
  result(): { sha256: string; bytes: number } {
    return { sha256: this.hash.digest('hex'), bytes: this.count };
  }
}
