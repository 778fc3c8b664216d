import { Injectable, Logger } from '@nestjs/common';
import { Readable } from 'node:stream';
import { DataSource } from 'typeorm';
import { ArtifactStore, ArtifactTooLargeError, StoredArtifact } from '../artifacts/artifact-store';
import { ClientStorageService } from '../artifacts/client-storage.service';
import { PermanentJobError } from '../jobs/job-error';
import type { JobContext } from '../jobs/job-type';
import { reportKey } from './orders-report.job';

/** No attempt lives this long, so by then a file that nobody refers to is nobody's work. */
const ORPHAN_AFTER_HOURS = 2;
const AT_ONCE = 100;

/** Keeps book of the files that attempts make, so that none stays behind when it is no longer wanted. */
@Injectable()
export class ReportFilesService {
  private readonly logger = new Logger(ReportFilesService.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly artifacts: ArtifactStore,
    private readonly storage: ClientStorageService,
  ) {}

  /**
   * Stores the file of an attempt. It may take what is left to its client; those that are written at the same time are
   * counted when they are there.
   *
   * @throws PermanentJobError `storage_quota_exceeded`; what the store throws
   */
  async put(
    {
      jobId,
      attempt,
      clientId,
      signal,
    }: Pick<JobContext<object>, 'jobId' | 'attempt' | 'clientId' | 'signal'>,
    source: Readable,
  ): Promise<StoredArtifact> {
    await this.note(jobId, attempt);
    const maxBytes = await this.storage.left(clientId);
    try {
      const stored = await this.artifacts.put(reportKey(jobId, attempt), source, { maxBytes, signal });
      await this.storage.count(stored.key, clientId, stored.bytes);
      return stored;
    } catch (error) {
      if (!(error instanceof ArtifactTooLargeError)) throw error;
      throw new PermanentJobError(
        'storage_quota_exceeded',
        `The report does not fit into the ${maxBytes} bytes that are left of your storage: delete others, or wait until they expire, and ask for it again.`,
        'too_many',
        { cause: error },
      );
    }
  }

  /** To be called before the file is put into the store: a crash in between leaves a note, never an unknown file. */
  async note(jobId: string, attempt: number): Promise<void> {
    await this.dataSource.query(
      'INSERT INTO report_file (job_id, attempt) VALUES ($1, $2) ON CONFLICT DO NOTHING',
      [jobId, attempt],
    );
  }

  /**
   * Deletes the files of reports that have expired, and those of attempts that lost. It may run in several processes at
   * once: deleting twice does no harm.
   */
  async sweep(stopping?: AbortSignal): Promise<void> {
    let deleted = 0;
    for (let files = AT_ONCE; files === AT_ONCE && stopping?.aborted !== true;) {
      const unwanted = await this.unwanted();
      for (const { job_id, attempt } of unwanted) await this.delete(job_id, attempt);
      files = unwanted.length;
      deleted += files;
    }
    if (deleted > 0) this.logger.log(`${deleted} file(s) of expired reports and lost attempts deleted.`);
  }

  /** The file first: a crash in between leaves a note, and the next sweep deletes it. */
  async delete(jobId: string, attempt: number): Promise<void> {
    await this.artifacts.delete(reportKey(jobId, attempt));
    await this.storage.giveBack(reportKey(jobId, attempt));
    await this.dataSource.query('DELETE FROM report_file WHERE job_id = $1 AND attempt = $2', [
      jobId,
      attempt,
    ]);
  }

  private unwanted(): Promise<{ job_id: string; attempt: number }[]> {
    return this.dataSource.query(
      `SELECT f.job_id, f.attempt FROM report_file f LEFT JOIN job j ON j.id = f.job_id
       WHERE CASE WHEN j.state = 'COMPLETED' AND j.attempt = f.attempt THEN j.expires_at <= now()
         ELSE f.noted_at < now() - make_interval(hours => ${ORPHAN_AFTER_HOURS})
           AND NOT coalesce(j.state = 'IN_PROGRESS' AND j.attempt = f.attempt, false) END
       LIMIT ${AT_ONCE}`,
    );
  }
}
