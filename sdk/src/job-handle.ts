import type { Api } from './api.ts';
import { OrderReportsError } from './errors.ts';
import { JobWatch } from './job-watch.ts';
import type { Job } from './types.ts';

export interface WatchOptions {
  /** Called with each change. */
  onUpdate?: (job: Job) => void;
  signal?: AbortSignal;
}

/** A job ended otherwise than with its result. `code` says why: that of its error, or `cancelled`. */
export class JobEndedError extends OrderReportsError {
  override readonly name = 'JobEndedError';
  readonly code: string;
  readonly job: Job;

  constructor(job: Job) {
    const { code, message } = job.error ?? { code: 'cancelled', message: 'It was cancelled.' };
    super(`Job ${job.id} (${job.type}) ended ${job.status}: ${message}`);
    this.code = job.status === 'CANCELLED' ? 'cancelled' : code;
    this.job = job;
  }
}

/** A job that was accepted. Its `id` is all that another process needs to go on with it. */
export class JobHandle {
  readonly id: string;
  protected readonly api: Api;
  private known: Job | undefined;

  /** @param known the job as it was answered */
  constructor(api: Api, id: string, known?: Job) {
    this.api = api;
    this.id = id;
    this.known = known;
  }

  /** The job as it is now. */
  async get(signal?: AbortSignal): Promise<Job> {
    this.known = await this.api.call('get', '/v1/jobs/{id}', {
      path: { id: this.id },
      ...(signal && { signal }),
    });
    return this.known;
  }

  /** The job with each change, the first at once, the last when it has ended, whichever way. */
  async *updates({ signal }: Pick<WatchOptions, 'signal'> = {}): AsyncGenerator<Job, void, undefined> {
    // One that had failed may have been retried since.
    const { known } = this;
    const now = known === undefined || known.status === 'FAILED' ? await this.get(signal) : known;
    for await (const job of new JobWatch(this.api.http, this.id, now, signal).updates()) {
      this.known = job;
      yield job;
    }
  }

  /**
   * Waits for the end, however long that takes, across restarts of the service and breaks of the network.
   *
   * @returns the completed job
   * @throws JobEndedError when it failed or was cancelled
   */
  async done({ onUpdate, signal }: WatchOptions = {}): Promise<Job> {
    let last: Job | undefined;
    for await (const job of this.updates({ ...(signal && { signal }) })) {
      onUpdate?.(job);
      last = job;
    }
    if (last?.status === 'COMPLETED') return last;
    throw new JobEndedError(last ?? (await this.get(signal)));
  }

  /** @returns the job, which ends `CANCELLED` now or soon */
  async cancel(): Promise<Job> {
    return this.api.call('delete', '/v1/jobs/{id}', { path: { id: this.id } });
  }
}
