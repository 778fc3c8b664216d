import type { Readable } from 'node:stream';

/** What is known of a stored file. */
export interface StoredArtifact {
  key: string;
  /** Lower-case hexadecimal. */
  sha256: string;
  bytes: number;
}

/** First and last byte, both included, as in an HTTP range. */
export interface ByteRange {
  start: number;
  end: number;
}

/** The file is not there: deleted after its retention, or lost. */
export class ArtifactMissingError extends Error {
  constructor(key: string) {
    super(`There is no artifact ${key}.`);
    this.name = 'ArtifactMissingError';
  }
}

/** More came than the caller of `put` allowed. */
export class ArtifactTooLargeError extends Error {
  constructor(readonly maxBytes: number) {
    super(`The artifact is larger than ${maxBytes} bytes.`);
    this.name = 'ArtifactTooLargeError';
  }
}

/** There is too little room, seen before the start or met on the way. Trying again later makes sense. */
export class StoreFullError extends Error {
  /** Room is made by people, and by retention. */
  readonly retryAfterSeconds = 60;

  constructor(room?: { needed: number; free: number }, options?: ErrorOptions) {
    super(
      room
        ? `The artifact store has ${room.free} bytes free, and ${room.needed} may be needed.`
        : 'The artifact store is full.',
      options,
    );
    this.name = 'StoreFullError';
  }
}

export interface PutOptions {
  /** More bytes than this end the transfer with `ArtifactTooLargeError`. */
  maxBytes?: number;
  signal?: AbortSignal;
}

/**
 * Where finished files live. A key is a relative path such as `<job id>/<attempt>`; it carries the attempt, so that
 * a stale worker never overwrites the file of another.
 */
export abstract class ArtifactStore {
  /**
   * To be asked before long work: what would fail at its end for want of room fails before its start.
   *
   * @throws StoreFullError where the store knows that it has not so many bytes free
   */
  abstract requireRoom(bytes: number): Promise<void>;

  /**
   * Stores a file. When it resolves, the file is durable and whole; when it throws, nothing is there.
   *
   * @throws ArtifactTooLargeError, StoreFullError
   */
  abstract put(key: string, source: Readable, options?: PutOptions): Promise<StoredArtifact>;

  /** @throws ArtifactMissingError */
  abstract open(key: string, range?: ByteRange): Promise<Readable>;

  /**
   * Deletes a file; one that is not there is no error. In a folder also what a process that was killed left of it: a bucket
   * has a rule of its own for uploads that were never completed.
   */
  abstract delete(key: string): Promise<void>;
}
