import type { paths } from './api-types.ts';
import type { Api } from './api.ts';
import { newIdempotencyKey } from './idempotency-key.ts';
import { JobHandle, type WatchOptions } from './job-handle.ts';
import { itemsOf } from './pages.ts';
import { ReportFile } from './report-file.ts';
import type { ListedReport, ReportRequest } from './types.ts';

export interface SubmitOptions {
  /**
   * The same key and request are the same job for a day, also for another process. Without it each call is a job of its
   * own, and is still accepted once only when the connection breaks.
   */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

type ReportQuery = Omit<NonNullable<paths['/v1/orders/reports']['get']['parameters']['query']>, 'cursor'>;

export type ReportFormat = NonNullable<ReportRequest['formats']>[number];

/** A report that was asked for. */
export class Report extends JobHandle {
  /**
   * Waits until the report is made, and opens its file.
   *
   * @param format one of those asked for; the first of them without it
   * @throws JobEndedError when it failed or was cancelled
   */
  async file(format?: ReportFormat, options: WatchOptions = {}): Promise<ReportFile> {
    await this.done(options);
    const query = format === undefined ? '' : `?format=${encodeURIComponent(format)}`;
    return ReportFile.open(this.api.http, `/v1/orders/reports/${this.id}${query}`, options.signal);
  }

  /** A link that opens the file in a browser for five minutes, without a key. */
  async link(format?: ReportFormat): Promise<string> {
    const { url } = await this.api.call('get', '/v1/orders/reports/{id}/link', {
      path: { id: this.id },
      query: { ...(format && { format }) },
    });
    return url;
  }
}

export class Reports {
  private readonly api: Api;

  constructor(api: Api) {
    this.api = api;
  }

  /** Asks for a report; it is being made from now on, whatever becomes of us. */
  async create(
    request: ReportRequest,
    { idempotencyKey = newIdempotencyKey(), signal }: SubmitOptions = {},
  ): Promise<Report> {
    const job = await this.api.call('post', '/v1/orders/reports', {
      body: request,
      idempotencyKey,
      ...(signal && { signal }),
    });
    return new Report(this.api, job.id, job);
  }

  /** A report that was asked for before, by this process or another one. */
  get(id: string): Report {
    return new Report(this.api, id);
  }

  /** Newest first; with `tag` those that were given it. */
  list(query: ReportQuery = {}): AsyncGenerator<ListedReport, void, undefined> {
    return itemsOf((cursor) =>
      this.api.call('get', '/v1/orders/reports', {
        query: { ...query, ...(cursor !== undefined && { cursor }) },
      }),
    );
  }
}
