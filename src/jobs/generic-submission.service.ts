import { Injectable } from '@nestjs/common';
import type { Caller } from '../clients/client';
import { invalidField } from '../common/app-error';
import { validated } from '../common/http/validated';
import type { Job, JobRequest } from './job';
import { JobSubmission } from './job-submission.service';
import { JobTypeRegistry } from './job-type.registry';

export interface GenericRequest {
  type: string;
  parameters: object;
  callback_url?: string;
}

/** Submits jobs of any type that says how its request is read. */
@Injectable()
export class GenericSubmission {
  constructor(
    private readonly registry: JobTypeRegistry,
    private readonly submission: JobSubmission,
  ) {}

  /** @throws AppError 422 when the caller may not submit such a type, or when the parameters are not valid for it */
  async submit(
    { client, scopes }: Caller,
    { type: name, parameters, callback_url }: GenericRequest,
    request: JobRequest,
    idempotencyKey: string | undefined,
  ): Promise<Job> {
    const submittable = this.registry.submittableBy(scopes);
    const type = submittable.find((candidate) => candidate.name === name);
    if (type?.intake === undefined) {
      const names = submittable.map((candidate) => candidate.name).join(', ');
      throw invalidField('type', `type must be one of: ${names}`);
    }
    const { requestClass } = type.intake;
    const body =
      requestClass === null ? parameters : await validated(requestClass, parameters, 'body', 'parameters');
    return this.submission.submit(type, {
      clientId: client.id,
      request,
      parameters: type.intake.toParameters(body, client),
      idempotencyKey,
      callbackUrl: callback_url ?? undefined,
    });
  }
}
