import type { paths } from './api-types.ts';
import type { Api } from './api.ts';
import { newIdempotencyKey } from './idempotency-key.ts';
import { JobHandle } from './job-handle.ts';
import { itemsOf } from './pages.ts';
import type { SubmitOptions } from './reports.ts';
import type { Job } from './types.ts';

type JobQuery = Omit<NonNullable<paths['/v1/jobs']['get']['parameters']['query']>, 'cursor'>;
type JobSubmission = paths['/v1/jobs']['post']['requestBody']['content']['application/json'];

/** Jobs of every type. */
export class Jobs {
  private readonly api: Api;

  constructor(api: Api) {
    this.api = api;
  }

  async create(
    submission: JobSubmission,
    { idempotencyKey = newIdempotencyKey(), signal }: SubmitOptions = {},
  ): Promise<JobHandle> {
    const job = await this.api.call('post', '/v1/jobs', {
      body: submission,
      idempotencyKey,
      ...(signal && { signal }),
    });
    return new JobHandle(this.api, job.id, job);
  }

  /** A job that was accepted before, by whichever route. */
  get(id: string): JobHandle {
    return new JobHandle(this.api, id);
  }

  /** Newest first. */
  list(query: JobQuery = {}): AsyncGenerator<Job, void, undefined> {
    return itemsOf((cursor) =>
      this.api.call('get', '/v1/jobs', { query: { ...query, ...(cursor !== undefined && { cursor }) } }),
    );
  }
}
