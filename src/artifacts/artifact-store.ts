import type { Readable } from 'node:stream';
import { OutageError } from '../common/outage-error';

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

/** There is too little room, seen before the start or met on the way. Room is made by people, and by retention. */
export class StoreFullError extends OutageError {
  /** Bytes that have to be free; 0 where that is not known. */
  readonly neededBytes: number;

  constructor({ neededBytes = 0, ...options }: ErrorOptions & { neededBytes?: number } = {}) {
    super('store_full', 'There is no room for the file.', 60, options);
    this.neededBytes = neededBytes;
  }
}

/**
 * The store cannot be reached, or does not do what it says: a network that fails, a server that answers with errors or not
 * at all, a folder that is not mounted, credentials that have expired, a transfer that was cut short.
 */
export class StoreUnavailableError extends OutageError {
  constructor(options?: ErrorOptions) {
    super('store_unavailable', 'The store of files is not available for a moment.', 2, options);
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
   * @throws StoreFullError where the store knows that it has not so many bytes free; StoreUnavailableError
   */
  abstract requireRoom(bytes: number): Promise<void>;

  /**
   * Stores a file. When it resolves, the file is durable and whole; when it throws, nothing is there.
   *
   * @throws ArtifactTooLargeError, StoreFullError, StoreUnavailableError, and what the source throws
   */
  abstract put(key: string, source: Readable, options?: PutOptions): Promise<StoredArtifact>;

  /**
   * The file, or a part of it, as a stream. A store that goes away half-way ends it with `StoreUnavailableError`.
   *
   * @throws ArtifactMissingError, StoreUnavailableError
   */
  abstract open(key: string, range?: ByteRange): Promise<Readable>;

  /**
   * Deletes a file; one that is not there is no error. In a folder also what a process that was killed left of it: a bucket
   * has a rule of its own for uploads that were never completed.
   *
   * @throws StoreUnavailableError
   */
  abstract delete(key: string): Promise<void>;

  /**
   * Asks whether the store works. Cheap: one question that reads or, as long as writing is what failed, one that writes.
   *
   * @throws StoreUnavailableError
   */
  abstract probe(access: 'read' | 'write', signal: AbortSignal): Promise<void>;
}
