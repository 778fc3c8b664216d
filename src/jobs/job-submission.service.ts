import { Injectable, Optional } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { AppError, invalidField } from '../common/app-error';
import { newId } from '../common/ids';
import { addToLogContext, logContext } from '../common/log-context';
import { IdempotencyKeysService } from './idempotency-keys.service';
import { Job, JobRequest } from './job';
import type { GivenLabels } from './job-labels';
import { JobWakeUps } from './job-wake-ups';
import { JobEtaService } from './job-eta.service';
import { JobInserts } from './job-inserts';
import { JobQuotaService } from './job-quota.service';
import type { JobType } from './job-type';
import { JobTypeRegistry } from './job-type.registry';
import type { Caller } from '../clients/client';
import { validated } from '../common/http/validated';

export interface Submission<Parameters extends object> extends GivenLabels {
  /** For the job, where something was named after it before; else it gets a new one. */
  id?: string;
  clientId: string;
  request: JobRequest;
  parameters: Parameters;
  /** The caller's `Idempotency-Key`, unquoted. */
  idempotencyKey?: string | undefined;
  /** Gets a signed callback when the job ends. */
  callbackUrl?: string | undefined;
}

export interface GenericRequest extends GivenLabels {
  type: string;
  parameters: object;
  callback_url?: string;
}

/**
 * Decides whether a job may name a callback URL. Bound by the feature that makes callbacks; where none is bound, a
 * `callback_url` is refused.
 */
export abstract class CallbackPolicy {
  /** @throws AppError 422 that names `callback_url`, when the client must not have it called */
  abstract check(clientId: string, url: string): Promise<void>;
}

/** Accepts work: once `submit` has answered, the job is committed and will end, whatever dies. */
@Injectable()
export class JobSubmissionService {
  constructor(
    private readonly keys: IdempotencyKeysService,
    private readonly inserts: JobInserts,
    private readonly wakeUps: JobWakeUps,
    private readonly quota: JobQuotaService,
    private readonly eta: JobEtaService,
    private readonly registry: JobTypeRegistry,
    @Optional() private readonly callbacks?: CallbackPolicy,
  ) {}

  /**
   * @returns the new job; with an idempotency key seen before, the job that it made then
   * @throws AppError `too_many_jobs` when too many of the client's are in flight, `idempotency_key_reused` when the key
   *   came with another request (422, as the draft says), 422 that names `callback_url` when that must not be called, and
   *   what the type's admission throws
   */
  async submit<P extends object, R extends object>(
    type: JobType<P, R>,
    submission: Submission<P>,
  ): Promise<Job> {
    const job = await this.insertOrFind(type, submission);
    addToLogContext({ job_id: job.id });
    this.wakeUps.send();
    return job;
  }

  /**
   * Submits a job of any type that says how its request is read.
   *
   * @throws AppError 422 when the caller may not submit such a type, or when the parameters are not valid for it
   */
  async submitAny(
    { client, scopes }: Caller,
    { type: name, parameters, callback_url, metadata, tags }: GenericRequest,
    request: JobRequest,
    idempotencyKey: string | undefined,
  ): Promise<Job> {
    const submittable = this.registry.submittableBy(scopes);
    const type = submittable.find((candidate) => candidate.name === name);
    if (type?.input === undefined) {
      const names = submittable.map((candidate) => candidate.name).join(', ');
      throw invalidField('type', `type must be one of: ${names}`);
    }
    const { requestClass } = type.input;
    const body =
      requestClass === null ? parameters : await validated(requestClass, parameters, 'body', 'parameters');
    return this.submit(type, {
      clientId: client.id,
      request,
      parameters: type.input.toParameters(body, client),
      metadata,
      tags,
      idempotencyKey,
      callbackUrl: callback_url ?? undefined,
    });
  }

  /**
   * @returns the job that the client made with the key
   * @throws AppError `idempotency_key_reused` when another request made it
   */
  async withKey(
    clientId: string,
    key: string,
    requestOf: () => Promise<JobRequest>,
  ): Promise<Job | undefined> {
    const made = await this.keys.find(clientId, key);
    if (made === undefined) return undefined;
    requireSame(made.hash, fingerprint(await requestOf()));
    return made.job;
  }

  /**
   * For requests that are long: what would be refused at their end is refused before they are read.
   *
   * @throws AppError `too_many_jobs`
   */
  async requireQuota(type: JobType, clientId: string): Promise<void> {
    const release = await this.quota.take(clientId);
    if (release === undefined) throw await this.quota.exceeded(type.name);
    release();
  }

  private async insertOrFind(type: JobType, submission: Submission<object>): Promise<Job> {
    const { clientId, idempotencyKey, request } = submission;
    const hash = idempotencyKey === undefined ? null : fingerprint(request);
    let refusal: AppError | undefined;
    try {
      const made = await this.admitAndInsert(type, submission, hash);
      if (made !== undefined) return made;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      refusal = error;
    }
    // A repeated request is answered with its job, whatever has become of the quota, the URL or the orders since.
    const made = idempotencyKey === undefined ? undefined : await this.keys.find(clientId, idempotencyKey);
    if (made === undefined || hash === null) {
      if (refusal !== undefined) throw refusal;
      // The key expired between the two statements: trying again makes a new job.
      throw new AppError(
        'conflict',
        'idempotency_key_expired',
        'This Idempotency-Key has just expired: try again.',
      );
    }
    requireSame(made.hash, hash);
    return made.job;
  }

  /** @returns `undefined` when the client has a job with this idempotency key already */
  private async admitAndInsert(
    type: JobType,
    submission: Submission<object>,
    hash: Buffer | null,
  ): Promise<Job | undefined> {
    const { clientId, parameters, callbackUrl } = submission;
    const release = await this.quota.take(clientId);
    try {
      if (release === undefined) throw await this.quota.exceeded(type.name);
      if (callbackUrl !== undefined) await this.checkCallback(clientId, callbackUrl);
      const deadlineSeconds = await this.registry.admit(type, clientId, parameters);
      return await this.insert(type, submission, hash, deadlineSeconds);
    } finally {
      release?.();
    }
  }

  private async checkCallback(clientId: string, url: string): Promise<void> {
    if (this.callbacks === undefined)
      throw invalidField('callback_url', 'callback_url is not supported here');
    await this.callbacks.check(clientId, url);
  }

  private async insert(
    type: JobType,
    { id, clientId, request, parameters, metadata, tags, idempotencyKey, callbackUrl }: Submission<object>,
    hash: Buffer | null,
    deadlineSeconds: number,
  ): Promise<Job | undefined> {
    return this.inserts.add({
      id: id ?? newId(),
      client_id: clientId,
      type: type.name,
      request,
      request_id: logContext().request_id ?? null,
      metadata: metadata ?? null,
      tags: tags ?? null,
      parameters,
      idempotency_key: idempotencyKey ?? null,
      idempotency_hash: hash?.toString('hex') ?? null,
      max_failures: type.maxFailures,
      max_crashes: type.maxCrashes,
      steps: type.steps,
      deadline_seconds: deadlineSeconds,
      callback_url: callbackUrl ?? null,
      estimated_seconds: await this.eta.secondsOfNext(type.name, clientId),
    });
  }
}

function requireSame(known: Buffer, hash: Buffer): void {
  if (known.equals(hash)) return;
  throw new AppError(
    'unprocessable',
    'idempotency_key_reused',
    'This Idempotency-Key was used for another request.',
    { errors: [{ field: 'Idempotency-Key', message: 'Idempotency-Key was used with another body' }] },
  );
}

const fingerprint = (request: JobRequest): Buffer => createHash('sha256').update(canonical(request)).digest();

/** JSON with sorted keys, so that the order of members makes no difference. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
