import { Injectable } from '@nestjs/common';
import type { Caller } from '../clients/client';
import type { Page } from '../common/pagination';
import type { Job } from '../jobs/job';
import { JobsService } from '../jobs/jobs.service';
import { JobTypeRegistry } from '../jobs/job-type.registry';
import type { TaskListQuery } from './task-list.query';

/** A client's tasks: its jobs under another presentation. */
@Injectable()
export class TasksService {
  constructor(
    private readonly jobs: JobsService,
    private readonly registry: JobTypeRegistry,
  ) {}

  /** @throws AppError 404 when the caller has no such task */
  get({ client, scopes }: Caller, id: string): Promise<Job> {
    return this.jobs.get(client.id, id, this.registry.visibleTo(scopes));
  }

  /** Newest first. */
  list({ client, scopes }: Caller, query: TaskListQuery): Promise<Page<Job>> {
    const visible = this.registry.visibleTo(scopes);
    const types = query.type === undefined ? visible : visible.filter((name) => name === query.type);
    return this.jobs.list(client.id, { types, states: query.status, tag: query.tag }, query, (job) => job);
  }
}
