import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import type { Client } from '../clients/client';
import { parseIdempotencyKey } from '../common/http/idempotency-key';
import { validated } from '../common/http/validated';
import type { Job } from '../jobs/job';
import { JobSubmissionService } from '../jobs/job-submission.service';
import type { JobType } from '../jobs/job-type';

/** A route's call as a job. */
export interface AsyncCall {
  type: JobType;
  /** The part of the request that the type's input is read from. */
  from: 'body' | 'query' | 'param';
}

/** Submits calls as jobs, after the same validation that the route would have done. */
@Injectable()
export class AsyncCallsService {
  constructor(private readonly submission: JobSubmissionService) {}

  /** @throws AppError for a request that the route would have refused, and as `JobSubmissionService.submit` */
  async submit(client: Client, { type, from }: AsyncCall, request: Request): Promise<Job> {
    if (!type.input?.requestClass) throw new Error(`The job type ${type.name} does not say what it takes.`);
    const fields = await validated(type.input.requestClass, partOf(request, from), from);
    return this.submission.submit(type, {
      clientId: client.id,
      request: {
        method: request.method,
        path: request.originalUrl,
        body: from === 'body' ? (request.body as object) : null,
      },
      parameters: type.input.toParameters(fields, client),
      idempotencyKey: parseIdempotencyKey(request.get('idempotency-key')),
    });
  }
}

function partOf(request: Request, from: AsyncCall['from']): unknown {
  if (from === 'body') return request.body;
  return from === 'query' ? { ...request.query } : { ...request.params };
}
