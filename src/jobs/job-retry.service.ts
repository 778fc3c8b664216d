import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Actor } from '../clients/audit-entry';
import { AppError, notFound } from '../common/app-error';
import { JOB_COLUMNS, Job } from './job';
import { JobDispatcher } from './job-dispatcher.service';
import { JobTransitions } from './job-transitions';
import { JobTypeRegistry } from './job-type.registry';

/** An operator's retry. The only access to a job that asks for no client: operators act for all. */
@Injectable()
export class JobRetry {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transitions: JobTransitions,
    private readonly registry: JobTypeRegistry,
    private readonly dispatcher: JobDispatcher,
  ) {}

  /**
   * Has a failed job tried again, under the same id.
   *
   * @returns the job after it
   * @throws AppError 404 when there is no such job, 409 when it has not failed, and what the type's admission throws
   */
  async retry(actor: Actor, jobId: string): Promise<Job> {
    const { type: name, client_id, parameters } = await this.read(jobId);
    const type = this.registry.find(name);
    if (type === undefined) throw notFound('job');
    const deadlineSeconds = await this.registry.admit(type, client_id, parameters);
    const retried = await this.transitions.retry(actor, jobId, deadlineSeconds);
    const job = await this.read(jobId);
    if (!retried)
      throw new AppError('conflict', 'not_failed', `The job is ${job.state}: only a failed one is retried.`);
    this.dispatcher.poke();
    return job;
  }

  private async read(jobId: string): Promise<Job> {
    const [job] = await this.dataSource.query<Job[]>(`SELECT ${JOB_COLUMNS} FROM job WHERE id = $1`, [jobId]);
    if (job === undefined) throw notFound('job');
    return job;
  }
}
