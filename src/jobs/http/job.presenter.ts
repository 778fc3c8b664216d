import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../config/app-config';
import { isTerminal, type Job, JobState } from '../job';
import { withAddresses } from '../job-artifacts';
import type { JobFailure } from '../job';
import { JobEtaService } from '../job-eta.service';
import { JobTypeRegistry } from '../job-type.registry';
import type { JobErrorView, JobView, LinkView, StepView } from './job.view';

/** Turns a row of the job table into what its owner sees. */
@Injectable()
export class JobPresenter {
  constructor(
    private readonly config: AppConfig,
    private readonly eta: JobEtaService,
    private readonly registry: JobTypeRegistry,
  ) {}

  async view(job: Job): Promise<JobView> {
    return this.viewWith(job, await this.eta.seconds(job));
  }

  viewWith(job: Job, etaSeconds: number | null): JobView {
    return {
      id: job.id,
      type: job.type,
      status: job.state,
      progress: job.progress,
      eta_seconds: etaSeconds === null ? null : Math.ceil(etaSeconds),
      attempt: job.attempt,
      steps: stepsOf(job),
      request: job.request,
      metadata: job.metadata,
      tags: job.tags,
      result:
        job.erased_at === null && job.result !== null ? this.result(job.type, job.id, job.result) : null,
      error: job.error && errorView(job.error),
      cancel_requested: job.cancel_requested_at !== null,
      created_at: job.created_at.toISOString(),
      started_at: job.started_at?.toISOString() ?? null,
      finished_at: job.finished_at?.toISOString() ?? null,
      expires_at: job.expires_at?.toISOString() ?? null,
      erased_at: job.erased_at?.toISOString() ?? null,
      links: this.linksOf(job),
    };
  }

  /** What a job of a type resulted in, as its owner sees it. */
  result(type: string, jobId: string, result: object): object {
    return withAddresses(result, jobId, this.registry.find(type)?.resource, this.config.publicPath);
  }

  private linksOf(job: Job): LinkView[] {
    const resource = this.registry.find(job.type)?.resource;
    const href = (path: string): string => this.config.publicPath + path.replace('{id}', job.id);
    return [
      { rel: 'self', href: href('/v1/jobs/{id}') },
      { rel: 'events', href: href('/v1/jobs/{id}/events') },
      ...(resource ? [{ rel: 'status', href: href(resource.statusPath) }] : []),
      ...(resource && job.state === JobState.Completed
        ? [{ rel: resource.rel, href: href(resource.path) }]
        : []),
    ];
  }
}

function stepsOf(job: Job): StepView[] {
  return job.steps.map((name, index) => ({ name, status: stepStatus(job, index) }));
}

function stepStatus(job: Job, index: number): JobState {
  if (index < job.step || job.state === JobState.Completed) return JobState.Completed;
  if (index > job.step || job.state === JobState.Pending) return JobState.Pending;
  return isTerminal(job.state) && job.started_at === null ? JobState.Pending : job.state;
}

/** A failure as callers see it. */
export const errorView = ({ code, message, retryable, step, attempt }: JobFailure): JobErrorView => ({
  code,
  message,
  retryable,
  step,
  attempt,
});
