import { Injectable, Logger } from '@nestjs/common';
import { Readable } from 'node:stream';
import { DataSource } from 'typeorm';
import { ArtifactStore, ArtifactTooLargeError, StoredArtifact } from '../../artifacts/artifact-store';
import { ClientStorageService } from '../../artifacts/client-storage.service';
import { AppError } from '../../common/app-error';
import { StoreHealthService } from '../../jobs/store-health.service';
import { ORDER_LIMITS } from '../order-limits';

export interface NewUpload {
  clientId: string;
  /** The job that it is sent for. */
  jobId: string;
  /** The length that the request declares, if it does. */
  declaredBytes: number | undefined;
}

/** One that is counted, with the database's own text of its time: a `Date` has no microseconds. */
interface Upload {
  key: string;
  noted_at: string;
}

/** Room that is taken at once for an upload that does not say how long it is. */
const STEP_BYTES = 8 * 1024 * 1024;
/** What uploads leave free of a disk: an embedded database may write on the same. */
const RESERVE_BYTES = 256 * 1024 * 1024;
const AT_ONCE = 100;
const BEFORE_ALL: Upload = { key: '', noted_at: '-infinity' };
/** No request lives so long: a file without a job is nobody's then. */
const ABANDONED_AFTER_HOURS = 2;
/** So long an operator may retry an import that failed for another reason than its file. */
const FAILED_KEPT_HOURS = 24;

/** The files that wait for their import. Each is counted for its client before it is read, and none stays behind. */
@Injectable()
export class OrderUploadsService {
  private readonly logger = new Logger(OrderUploadsService.name);

  constructor(
    private readonly artifacts: ArtifactStore,
    private readonly storage: ClientStorageService,
    private readonly dataSource: DataSource,
    private readonly storeHealth: StoreHealthService,
  ) {}

  /**
   * Stores a file as it comes.
   *
   * @throws StoreUnavailableError, StoreFullError
   * @throws AppError `storage_quota_exceeded` (429), before the file is read where it says its length; `body_too_large`
   *   (413), `upload_aborted` (400)
   */
  async store(file: Readable, { clientId, jobId, declaredBytes = 0 }: NewUpload): Promise<StoredArtifact> {
    const key = `${jobId}/orders.csv`;
    this.storeHealth.requireUp();
    try {
      await this.artifacts.requireRoom(declaredBytes + RESERVE_BYTES);
      await this.storage.take(key, clientId, declaredBytes, jobId);
      const counted = this.counted(file, declaredBytes, () =>
        this.storage.take(key, clientId, STEP_BYTES, jobId),
      );
      const stored = await this.artifacts.put(key, Readable.from(counted), {
        maxBytes: ORDER_LIMITS.importBytes,
      });
      await this.storage.settle(key, stored.bytes);
      return stored;
    } catch (error) {
      this.storeHealth.note(error);
      await this.discard(key);
      throw refusalOf(error);
    }
  }

  /** The outcome is known; a file that stays behind must not change it, and `sweep` deletes it later. */
  async discard(key: string): Promise<void> {
    try {
      await this.delete(key);
    } catch (error) {
      this.logger.warn(`The upload ${key} could not be deleted: ${String(error)}`);
    }
  }

  /**
   * Deletes the uploads of jobs that have ended, and those that never got one. One that cannot be deleted holds up no other.
   *
   * @throws Error that names the first that could not be deleted: the next sweep tries all of those again
   */
  async sweep(stopping?: AbortSignal): Promise<void> {
    const failures: string[] = [];
    for (let last: Upload | undefined = BEFORE_ALL; last !== undefined && stopping?.aborted !== true;) {
      const uploads = await this.abandonedAfter(last);
      for (const { key } of uploads)
        await this.delete(key).catch((error: unknown) => failures.push(`${key}: ${String(error)}`));
      // While it is away, each would wait for its timeout.
      last = this.storeHealth.isAway ? undefined : uploads[AT_ONCE - 1];
    }
    if (failures.length > 0)
      throw new Error(`${failures.length} upload(s) could not be deleted, the first of them ${failures[0]}`);
  }

  private abandonedAfter({ key, noted_at }: Upload): Promise<Upload[]> {
    return this.dataSource.query<Upload[]>(
      `SELECT f.key, f.noted_at::text FROM client_file f LEFT JOIN job j ON j.id = f.upload_of
       WHERE f.upload_of IS NOT NULL AND (f.noted_at, f.key) > ($1::timestamptz, $2) AND CASE
         WHEN j.id IS NULL THEN f.noted_at < now() - make_interval(hours => ${ABANDONED_AFTER_HOURS})
         WHEN j.state = 'FAILED' THEN j.finished_at < now() - make_interval(hours => ${FAILED_KEPT_HOURS})
         ELSE j.state IN ('COMPLETED', 'CANCELLED') END
       ORDER BY f.noted_at, f.key LIMIT ${AT_ONCE}`,
      [noted_at, key],
    );
  }

  /** The file first: after a crash in between it is still counted, and the next sweep deletes it. */
  private async delete(key: string): Promise<void> {
    await this.artifacts.delete(key);
    await this.storage.giveBack([key]);
  }

  private async *counted(
    file: Readable,
    taken: number,
    takeMore: () => Promise<void>,
  ): AsyncGenerator<Buffer> {
    let room = taken;
    for await (const chunk of file as AsyncIterable<Buffer>) {
      room -= chunk.length;
      for (; room < 0; room += STEP_BYTES) await takeMore();
      yield chunk;
    }
  }
}

/** What the caller learns of an upload that did not succeed. */
export function refusalOf(error: unknown): unknown {
  if (error instanceof ArtifactTooLargeError) return fileTooLarge();
  if ((error as NodeJS.ErrnoException).code === 'ECONNRESET')
    return new AppError('bad_request', 'upload_aborted', 'The upload ended before its end.');
  return error;
}

export const fileTooLarge = (): AppError =>
  new AppError(
    'too_large',
    'body_too_large',
    `A file to import has at most ${ORDER_LIMITS.importBytes} bytes.`,
  );
