import { createHash } from 'node:crypto';
import { ArtifactTooLargeError } from './artifact-store';

/** Counts and hashes bytes as they pass by. */
export class Measure {
  private readonly hash = createHash('sha256');
  private count = 0;

  constructor(private readonly maxBytes = Number.POSITIVE_INFINITY) {}

  /** @throws ArtifactTooLargeError as soon as more than the allowed bytes have come */
  async *pass(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      this.count += chunk.length;
      if (this.count > this.maxBytes) throw new ArtifactTooLargeError(this.maxBytes);
      this.hash.update(chunk);
      yield chunk;
    }
  }

  /** Once, after the last byte. */
  result(): { sha256: string; bytes: number } {
    return { sha256: this.hash.digest('hex'), bytes: this.count };
  }
}
