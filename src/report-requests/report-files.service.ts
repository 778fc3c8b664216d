import { Injectable, Logger } from '@nestjs/common';
import { Readable } from 'node:stream';
import { DataSource } from 'typeorm';
import { ArtifactStore, ArtifactTooLargeError, StoredArtifact } from '../artifacts/artifact-store';
import { ClientStorageService } from '../artifacts/client-storage.service';
import { PermanentJobError } from '../jobs/job-error';
import type { JobContext } from '../jobs/job-type';
import type { ReportFormat } from './formats/report-format';
import { reportKey } from './orders-report.job';

/** No attempt lives this long, so by then a file that nobody refers to is nobody's work. */
const AT_WORK = '2 hours';
/** When a file is tried again that could not be deleted. */
const TRIED_AGAIN = '10 minutes';
const AT_ONCE = 100;

/** The files that one attempt may have put into the store. */
export interface ReportFiles {
  job_id: string;
  attempt: number;
  /** Empty: the only one of a report that was made before there were several. */
  formats: ReportFormat[];
}

export const keysOf = ({ job_id, attempt, formats }: ReportFiles): string[] =>
  formats.length === 0
    ? [reportKey(job_id, attempt, null)]
    : formats.map((format) => reportKey(job_id, attempt, format));

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
   * Stores a file of an attempt, which was noted. It may take what is left to its client; those that are written at the same
   * time are counted when they are there.
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
    format: ReportFormat,
    source: Readable,
  ): Promise<StoredArtifact> {
    const maxBytes = await this.storage.left(clientId);
    try {
      const stored = await this.artifacts.put(reportKey(jobId, attempt, format), source, {
        maxBytes,
        signal,
      });
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

  /** To be called before any file is put into the store: a crash in between leaves a note, never an unknown file. */
  async note(jobId: string, attempt: number, formats: readonly ReportFormat[]): Promise<void> {
    await this.dataSource.query(
      `INSERT INTO report_file (job_id, attempt, formats, due_at) VALUES ($1, $2, $3, now() + interval '${AT_WORK}')
       ON CONFLICT DO NOTHING`,
      [jobId, attempt, formats],
    );
  }

  /**
   * Deletes the files of reports that have expired, and those of attempts that lost. Several processes share what is due.
   * One that cannot be deleted is tried again later and holds up no other.
   */
  async sweep(stopping?: AbortSignal): Promise<void> {
    let deleted = 0;
    for (let due = AT_ONCE; due === AT_ONCE && stopping?.aborted !== true;) {
      const files = await this.takeDue();
      due = files.length;
      deleted += await this.deleteAll(files.filter(({ unwanted }) => unwanted));
    }
    if (deleted > 0) this.logger.log(`${deleted} file(s) of expired reports and lost attempts deleted.`);
  }

  /**
   * Deletes what an attempt that ended without a report has put into the store, so that it takes up nothing of its client's. What is noted
   * stays: what cannot be deleted now a sweep deletes.
   */
  async discard(files: ReportFiles): Promise<void> {
    const keys = keysOf(files);
    try {
      await this.deleteEach(keys);
      await this.storage.giveBack(keys);
    } catch (error) {
      this.logger.warn(`Files of ${files.job_id} are left to the sweep: ${String(error)}`);
    }
  }

  /** @throws StoreUnavailableError */
  async delete(files: ReportFiles): Promise<void> {
    await this.deleteAll([files]);
  }

  /**
   * The files first: after a crash in between they are noted still, and a later sweep deletes them.
   *
   * @returns how many there were
   * @throws StoreUnavailableError when one could not be deleted; the others are
   */
  private async deleteAll(files: ReportFiles[]): Promise<number> {
    const results = await Promise.allSettled(files.map((file) => this.deleteEach(keysOf(file))));
    const gone = files.filter((_, index) => results[index]?.status === 'fulfilled');
    await this.storage.giveBack(gone.flatMap(keysOf));
    await this.dataSource.query(
      'DELETE FROM report_file f USING unnest($1::uuid[], $2::int[]) AS g(job_id, attempt) WHERE f.job_id = g.job_id AND f.attempt = g.attempt',
      [gone.map(({ job_id }) => job_id), gone.map(({ attempt }) => attempt)],
    );
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return gone.reduce((sum, file) => sum + keysOf(file).length, 0);
  }

  private async deleteEach(keys: string[]): Promise<void> {
    await Promise.all(keys.map((key) => this.artifacts.delete(key)));
  }

  /** The files that are due. Those that are wanted are due again when that ends, the others when this deletion has failed. */
  private takeDue(): Promise<(ReportFiles & { unwanted: boolean })[]> {
    return this.dataSource.query(
      `WITH due AS (
         SELECT job_id, attempt FROM report_file WHERE due_at <= now()
         ORDER BY due_at LIMIT ${AT_ONCE} FOR UPDATE SKIP LOCKED
       ), judged AS (
         SELECT due.job_id, due.attempt, CASE j.state WHEN 'COMPLETED' THEN coalesce(j.expires_at, 'infinity')
           WHEN 'IN_PROGRESS' THEN now() + interval '${AT_WORK}' END AS wanted_until
         FROM due LEFT JOIN job j ON j.id = due.job_id AND j.attempt = due.attempt
       ), put_off AS (
         UPDATE report_file f
         SET due_at = CASE WHEN wanted_until > now() THEN wanted_until ELSE now() + interval '${TRIED_AGAIN}' END
         FROM judged WHERE f.job_id = judged.job_id AND f.attempt = judged.attempt
         RETURNING f.job_id, f.attempt, f.formats, (wanted_until > now()) IS NOT TRUE AS unwanted
       ) SELECT * FROM put_off`,
    );
  }
}
