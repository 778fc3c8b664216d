import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import type { Client } from '../clients/client';
import { AppError } from '../common/app-error';
import { parseIdempotencyKey } from '../common/http/idempotency-key';
import { validated } from '../common/http/validated';
import { JobLabelsQuery, labelsOf } from '../jobs/http/job-labels.dto';
import type { Job } from '../jobs/job';
import { JobSubmissionService } from '../jobs/job-submission.service';
import type { JobType } from '../jobs/job-type';

/** A route's call as a job. */
export interface AsyncCall {
  type: JobType;
  /** The part of the request that the type's input is read from. */
  from: 'body' | 'query' | 'param';
}

/** What a query may say of the job, whatever else the route reads there. */
const LABELS = ['metadata', 'tag', 'tag[]'];

/** Submits calls as jobs, after the same validation that the route would have done. */
@Injectable()
export class AsyncCallsService {
  constructor(private readonly submission: JobSubmissionService) {}

  /** @throws AppError for a request that the route would have refused, and as `JobSubmissionService.submit` */
  async submit(client: Client, { type, from }: AsyncCall, request: Request): Promise<Job> {
    if (!type.input?.requestClass) throw new Error(`The job type ${type.name} does not say what it takes.`);
    const { labels, query } = dividedQuery(request, from);
    const given = { query, body: request.body as unknown, param: { ...request.params } };
    const fields = await validated(type.input.requestClass, given[from], from);
    return this.submission.submit(type, {
      clientId: client.id,
      request: {
        method: request.method,
        path: request.originalUrl,
        body: from === 'body' ? (request.body as object) : null,
      },
      parameters: type.input.toParameters(fields, client),
      ...labelsOf(await validated(JobLabelsQuery, labels, 'query')),
      idempotencyKey: parseIdempotencyKey(request.get('idempotency-key')),
    });
  }

  /** @throws AppError 400 where a call that makes no job names what only a job has */
  requireNoLabels(request: Request, { from }: AsyncCall): void {
    const names = Object.keys(dividedQuery(request, from).labels);
    if (names.length > 0) throw badQuery(names, 'is for calls with Prefer: respond-async');
  }
}

/** @throws AppError 400 for what is neither a label nor read by the route */
function dividedQuery(
  request: Request,
  from: AsyncCall['from'],
): Record<'labels' | 'query', Record<string, unknown>> {
  const entries = Object.entries(request.query);
  const query = entries.filter(([name]) => !LABELS.includes(name));
  if (from !== 'query' && query.length > 0)
    throw badQuery(
      query.map(([name]) => name),
      'is not a known field',
    );
  return {
    labels: Object.fromEntries(entries.filter(([name]) => LABELS.includes(name))),
    query: Object.fromEntries(query),
  };
}

const badQuery = (names: string[], message: string): AppError =>
  new AppError('bad_request', 'invalid_request', 'The request is not valid.', {
    errors: names.map((field) => ({ field, message: `${field} ${message}` })),
  });
