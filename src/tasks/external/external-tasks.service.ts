import { Injectable } from '@nestjs/common';
import { AppError } from '../../common/app-error';
import { AppConfig } from '../../config/app-config';
import { ExternalClaim, JobClaims } from '../../jobs/job-claims';
import { type Job, JobState } from '../../jobs/job';
import { JobsService } from '../../jobs/jobs.service';
import { JobTransitions } from '../../jobs/job-transitions';
import type { JobLease } from '../../jobs/job-sql';
import { JobTypeRegistry } from '../../jobs/job-type.registry';

export type ExternalMove =
  | { status: JobState.InProgress; progress: number | undefined }
  | { status: JobState.Completed; result: object }
  | { status: JobState.Failed; error: { code: string; message: string; retryable: boolean } }
  | { status: JobState.Cancelled };

/**
 * Tasks whose work is done outside: under the same leases, attempts and deadlines as all others. A worker belongs to a
 * client and gets that client's tasks alone.
 */
@Injectable()
export class ExternalTasksService {
  constructor(
    private readonly config: AppConfig,
    private readonly claims: JobClaims,
    private readonly jobs: JobsService,
    private readonly transitions: JobTransitions,
    private readonly registry: JobTypeRegistry,
  ) {}

  /** The next task for a worker; `null` when nothing waits. */
  claim(clientId: string, types: string[] | undefined, worker: string): Promise<ExternalClaim | null> {
    const external = this.registry.externalNames;
    const wanted = types === undefined ? external : external.filter((name) => types.includes(name));
    return this.claims.claimExternal(clientId, wanted, worker, this.config.jobLeaseSeconds);
  }

  /**
   * Moves a task for the worker that has the attempt. Saying the same twice is no error.
   *
   * @throws AppError 404 when the client has no such external task; 409 `stale_attempt` when the attempt is not, or no
   *   longer, the worker's, 409 `not_cancelled` when it confirms what nobody asked for, and 409 `cancelled` when its result came after a cancellation
   */
  async move(clientId: string, taskId: string, attempt: number, move: ExternalMove): Promise<Job> {
    const read = (): Promise<Job> => this.jobs.get(clientId, taskId, this.registry.externalNames);
    const before = await read();
    const moved = await this.make({ jobId: taskId, attempt }, before, move);
    const job = await read();
    if (moved || isSaidAlready(job, attempt, move)) return job;
    if (job.state === JobState.Cancelled && job.attempt === attempt)
      throw new AppError('conflict', 'cancelled', 'The task was cancelled: its work is not wanted any more.');
    if (move.status === JobState.Cancelled && job.state === JobState.InProgress && job.attempt === attempt)
      throw new AppError(
        'conflict',
        'not_cancelled',
        'Nobody asked for its cancellation: the task is yours.',
      );
    throw new AppError(
      'conflict',
      'stale_attempt',
      'This attempt is not, or no longer, yours: drop the work.',
    );
  }

  private async make(lease: JobLease, { progress, error }: Job, move: ExternalMove): Promise<boolean> {
    switch (move.status) {
      case JobState.InProgress: {
        const report = { ...lease, step: 0, progress: move.progress ?? progress, size: null };
        return (await this.transitions.heartbeat([report], this.config.jobLeaseSeconds)).length === 1;
      }
      case JobState.Completed:
        if (
          await this.transitions.complete({ ...lease, result: move.result, size: null, retentionDays: null })
        )
          return true;
        // Its cancellation was asked for: it ends now, without the result.
        await this.transitions.cancelled(lease);
        return false;
      case JobState.Failed: {
        // Said already, and the retry that followed is not to be failed by it.
        if (error?.attempt === lease.attempt) return false;
        const failure = { ...move.error, step: 'work', attempt: lease.attempt, kind: 'internal' as const };
        const failureClass = move.error.retryable ? 'retryable' : 'permanent';
        return (await this.transitions.fail(lease, failureClass, failure)) !== null;
      }
      case JobState.Cancelled:
        return this.transitions.cancelled(lease);
    }
  }
}

/** Whether the worker said so before, and only the answer was lost. */
function isSaidAlready(job: Job, attempt: number, { status }: ExternalMove): boolean {
  if (job.attempt !== attempt) return false;
  if (status === JobState.Failed) return job.error?.attempt === attempt;
  return status !== JobState.InProgress && job.state === status;
}
