import { Injectable } from '@nestjs/common';
import { DataSource, EntityManager } from 'typeorm';
import { ArtifactStore } from '../artifacts/artifact-store';
import { ClientStorageService } from '../artifacts/client-storage.service';
import { keysOf, type ReportFiles } from '../report-requests/report-files.service';

/** Files that are deleted together. */
const BATCH = 100;

/** Finds files and deletes them from the store. What is noted of a file goes after it: after a crash in between it is found again. */
@Injectable()
export class ErasedFilesService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly artifacts: ArtifactStore,
    private readonly storage: ClientStorageService,
  ) {}

  /** The next files of reports that an erasure has found. */
  reportsOfErasure(erasureId: string): Promise<ReportFiles[]> {
    return this.dataSource.query<ReportFiles[]>(
      `SELECT job_id, attempt, formats FROM report_file WHERE erasure_id = $1 LIMIT ${BATCH}`,
      [erasureId],
    );
  }

  reportsOfJobs(jobIds: string[]): Promise<ReportFiles[]> {
    return this.dataSource.query<ReportFiles[]>(
      'SELECT job_id, attempt, formats FROM report_file WHERE job_id = ANY($1)',
      [jobIds],
    );
  }

  /** The keys of the next uploads whose import has ended. */
  async uploadsOf(clientId: string): Promise<string[]> {
    const rows = await this.dataSource.query<{ key: string }[]>(
      `SELECT f.key FROM client_file f JOIN job j ON j.id = f.upload_of
       WHERE f.client_id = $1 AND j.state IN ('CANCELLED', 'COMPLETED', 'FAILED') LIMIT ${BATCH}`,
      [clientId],
    );
    return rows.map(({ key }) => key);
  }

  /** Whether uploads have no job yet, of those that had begun by then. */
  async areUploadsOnTheirWay(clientId: string, begunBy: Date): Promise<boolean> {
    const rows = await this.dataSource.query<unknown[]>(
      `SELECT FROM client_file f WHERE client_id = $1 AND upload_of IS NOT NULL AND noted_at <= $2
         AND NOT EXISTS (SELECT FROM job WHERE id = f.upload_of) LIMIT 1`,
      [clientId, begunBy],
    );
    return rows.length > 0;
  }

  /** The keys of the next files of a client, of whatever kind. */
  async keysOf(clientId: string): Promise<string[]> {
    const rows = await this.dataSource.query<{ key: string }[]>(
      `SELECT key FROM client_file WHERE client_id = $1 LIMIT ${BATCH}`,
      [clientId],
    );
    return rows.map(({ key }) => key);
  }

  /** @throws StoreUnavailableError when one could not be deleted; the others are */
  async delete(keys: string[]): Promise<void> {
    const results = await Promise.allSettled(keys.map((key) => this.artifacts.delete(key)));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  /** @throws StoreUnavailableError when one could not be deleted; the others are */
  deleteReports(files: ReportFiles[]): Promise<void> {
    return this.delete(files.flatMap(keysOf));
  }

  async forget(manager: EntityManager, keys: string[]): Promise<void> {
    await this.storage.giveBack(keys, manager);
  }

  /**
   * A report's file is put there by one attempt. Others, whose worker hung, may still do so: what is noted of those stays
   * until no attempt lives so long, and the sweep of files deletes what came.
   */
  async forgetReports(manager: EntityManager, files: ReportFiles[]): Promise<void> {
    await this.forget(manager, files.flatMap(keysOf));
    await manager.query(
      `WITH deleted AS (
         SELECT f.job_id, f.attempt,
           coalesce(j.state = 'COMPLETED' AND j.attempt = f.attempt, false) OR f.due_at <= now() AS is_last
         FROM unnest($1::uuid[], $2::int[]) AS g(job_id, attempt) JOIN report_file f USING (job_id, attempt)
           LEFT JOIN job j ON j.id = f.job_id
       ), gone AS (
         DELETE FROM report_file f USING deleted d WHERE f.job_id = d.job_id AND f.attempt = d.attempt AND d.is_last
       )
       UPDATE report_file f SET erasure_id = NULL FROM deleted d
       WHERE f.job_id = d.job_id AND f.attempt = d.attempt AND NOT d.is_last`,
      [files.map(({ job_id }) => job_id), files.map(({ attempt }) => attempt)],
    );
  }
}
