import { Injectable, Logger } from '@nestjs/common';
import type { Readable } from 'node:stream';
import { ArtifactStore, ArtifactTooLargeError, StoredArtifact } from '../../artifacts/artifact-store';
import type { Client } from '../../clients/client';
import { AppError } from '../../common/app-error';
import { newId } from '../../common/ids';
import type { Page, PageQuery } from '../../common/pagination';
import type { Job } from '../../jobs/job';
import { JobQueries } from '../../jobs/job-queries';
import { JobSubmission } from '../../jobs/job-submission.service';
import { StoreHealth } from '../../jobs/store-health.service';
import { ORDER_LIMITS } from '../order-limits';
import { ImportFailure, ImportFailures } from './import-failures';
import { IMPORTS_PATH, ORDERS_IMPORT } from './orders-import.job';

export interface ImportRequest {
  /** For a file without a currency column. */
  defaultCurrency: string;
  idempotencyKey: string | undefined;
}

/** Imports in the background: takes the file, and shows what became of it. */
@Injectable()
export class OrderImports {
  private readonly logger = new Logger(OrderImports.name);

  constructor(
    private readonly artifacts: ArtifactStore,
    private readonly submission: JobSubmission,
    private readonly queries: JobQueries,
    private readonly failures: ImportFailures,
    private readonly storeHealth: StoreHealth,
  ) {}

  /**
   * Stores the file and accepts the job of importing it.
   *
   * @throws AppError `body_too_large` (413), `empty_file` (422), and as `JobSubmission` does
   * @throws StoreUnavailableError, StoreFullError
   */
  async submit(client: Client, file: Readable, request: ImportRequest): Promise<Job> {
    const stored = await this.store(file);
    let used: string | undefined;
    try {
      if (stored.bytes === 0) throw new AppError('unprocessable', 'empty_file', 'The file is empty.');
      const job = await this.submission.submit(ORDERS_IMPORT, {
        clientId: client.id,
        request: {
          method: 'POST',
          path: IMPORTS_PATH,
          body: { bytes: stored.bytes, sha256: stored.sha256, currency: request.defaultCurrency },
        },
        parameters: { file: stored.key, bytes: stored.bytes, defaultCurrency: request.defaultCurrency },
        idempotencyKey: request.idempotencyKey,
      });
      used = (job.parameters as { file: string }).file;
      return job;
    } finally {
      // Refused, or the same request again: its job has the file of the first.
      if (used !== stored.key) await this.discard(stored.key);
    }
  }

  async get(client: Client, id: string): Promise<{ job: Job; failure: ImportFailure | undefined }> {
    const job = await this.queries.get(client.id, id, [ORDERS_IMPORT.name]);
    return { job, failure: await this.failures.find(job.id) };
  }

  list<T>(client: Client, query: PageQuery, present: (job: Job) => T): Promise<Page<T>> {
    return this.queries.list(client.id, { types: [ORDERS_IMPORT.name] }, query, present);
  }

  /** The answer is known; a file that stays behind must not change it. */
  private async discard(file: string): Promise<void> {
    await this.artifacts.delete(file).catch((error: unknown) => {
      this.logger.warn(`The upload ${file} is not needed and could not be deleted: ${String(error)}`);
    });
  }

  private async store(file: Readable): Promise<StoredArtifact> {
    this.storeHealth.requireUp();
    try {
      return await this.artifacts.put(`${newId()}/orders.csv`, file, { maxBytes: ORDER_LIMITS.importBytes });
    } catch (error) {
      if (error instanceof ArtifactTooLargeError) throw fileTooLarge();
      if ((error as NodeJS.ErrnoException).code === 'ECONNRESET') {
        throw new AppError('bad_request', 'upload_aborted', 'The upload ended before its end.');
      }
      throw error;
    }
  }
}

export const fileTooLarge = (): AppError =>
  new AppError(
    'too_large',
    'body_too_large',
    `A file to import has at most ${ORDER_LIMITS.importBytes} bytes.`,
  );
