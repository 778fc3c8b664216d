import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/app-config';
import { isTerminal, type Job } from '../jobs/job';
import { JobTypeRegistry } from '../jobs/job-type.registry';
import { JobPresenter } from '../jobs/http/job.presenter';
import type { TaskView } from './task.view';

const TASKS_PATH = '/v1/tasks';

/** Turns a job into what is seen of it as a task. */
@Injectable()
export class TaskPresenter {
  constructor(
    private readonly config: AppConfig,
    private readonly jobs: JobPresenter,
    private readonly registry: JobTypeRegistry,
  ) {}

  async view(job: Job): Promise<TaskView> {
    const { steps, links, ...rest } = await this.jobs.view(job);
    const eta = rest.eta_seconds === null ? null : new Date(Date.now() + rest.eta_seconds * 1_000);
    return {
      ...rest,
      eta: isTerminal(job.state) ? null : (eta?.toISOString() ?? null),
      workflow: steps,
      links: [
        { rel: 'self', href: this.hrefOf(job) },
        ...links.map((link) => (link.rel === 'self' ? { rel: 'job', href: link.href } : link)),
      ],
    };
  }

  /** Where the task is polled. */
  hrefOf(job: Job): string {
    return `${this.config.publicPath}${TASKS_PATH}/${job.id}`;
  }

  /** Where the resource is that a completed task made; `undefined` for one that made none. */
  createdBy(job: Job): string | undefined {
    const resource = this.registry.find(job.type)?.resource;
    // A type whose outcome is its own status page has made nothing else.
    if (resource === undefined || resource.path === resource.statusPath) return undefined;
    return this.config.publicPath + resource.path.replace('{id}', job.id);
  }
}
