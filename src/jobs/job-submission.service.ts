import { Injectable, Optional } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { DataSource } from 'typeorm';
import { AppError, invalidField } from '../common/app-error';
import { newId } from '../common/ids';
import { CallbackPolicy } from './callback-policy';
import { JOB_COLUMNS, Job, JobRequest } from './job';
import { JobDispatcher } from './job-dispatcher.service';
import { JobEta } from './job-eta.service';
import { JobInserts } from './job-inserts';
import { JobQuota } from './job-quota.service';
import type { JobType } from './job-type';

export interface Submission<Parameters extends object> {
  clientId: string;
  request: JobRequest;
  parameters: Parameters;
  /** The caller's `Idempotency-Key`, unquoted. */
  idempotencyKey?: string | undefined;
  /** Told when the job ends. */
  callbackUrl?: string | undefined;
  /** Where this piece of work may take longer, or less long, than its type says. */
  deadlineSeconds?: number | undefined;
}

/** Accepts work: once `submit` has answered, the job is committed and will end, whatever dies. */
@Injectable()
export class JobSubmission {
  constructor(
    private readonly dataSource: DataSource,
    private readonly inserts: JobInserts,
    private readonly dispatcher: JobDispatcher,
    private readonly quota: JobQuota,
    private readonly eta: JobEta,
    @Optional() private readonly callbacks?: CallbackPolicy,
  ) {}

  /**
   * @returns the new job; with an idempotency key seen before, the job that it made then
   * @throws AppError `too_many_jobs` when too many of the client's are in flight, `idempotency_key_reused` when the key came with another request (422, as the draft says), and 422
   *   that names `callback_url` when that must not be called
   */
  async submit<P extends object, R extends object>(
    type: JobType<P, R>,
    submission: Submission<P>,
  ): Promise<Job> {
    const { idempotencyKey } = submission;
    const hash = idempotencyKey === undefined ? null : fingerprint(submission.request);
    const job = await this.insertOrFind(type, submission, hash);
    if (hash !== null) requireSame(job, hash);
    this.dispatcher.poke();
    return job;
  }

  /**
   * The job that the same request made before under its idempotency key, if there is one.
   *
   * @throws AppError `idempotency_key_reused` when the key came with another request
   */
  async known({
    clientId,
    request,
    idempotencyKey,
  }: Pick<Submission<object>, 'clientId' | 'request' | 'idempotencyKey'>): Promise<Job | undefined> {
    if (idempotencyKey === undefined) return undefined;
    const job = await this.find(clientId, idempotencyKey);
    if (job !== undefined) requireSame(job, fingerprint(request));
    return job;
  }

  private async insertOrFind(
    type: JobType,
    submission: Submission<object>,
    hash: Buffer | null,
  ): Promise<Job> {
    const { clientId, idempotencyKey, callbackUrl } = submission;
    const givePlaceBack = await this.quota.take(clientId);
    try {
      if (callbackUrl !== undefined || givePlaceBack === undefined) {
        // A repeated request is answered with its job, whatever has become of the quota or the URL since.
        const known = idempotencyKey === undefined ? undefined : await this.find(clientId, idempotencyKey);
        if (known !== undefined) return known;
      }
      if (givePlaceBack === undefined) throw await this.quota.exceeded(type.name);
      if (callbackUrl !== undefined) await this.checkCallback(clientId, callbackUrl);
      const made = await this.insert(type, submission, hash);
      if (made !== undefined) return made;
    } finally {
      givePlaceBack?.();
    }
    const job = await this.find(clientId, idempotencyKey);
    if (job === undefined) {
      // The key expired between the two statements: trying again makes a new job.
      throw new AppError(
        'conflict',
        'idempotency_key_expired',
        'This Idempotency-Key has just expired: try again.',
      );
    }
    return job;
  }

  private async checkCallback(clientId: string, url: string): Promise<void> {
    if (this.callbacks === undefined)
      throw invalidField('callback_url', 'callback_url is not supported here');
    await this.callbacks.check(clientId, url);
  }

  private async insert(
    type: JobType,
    { clientId, request, parameters, idempotencyKey, callbackUrl, deadlineSeconds }: Submission<object>,
    hash: Buffer | null,
  ): Promise<Job | undefined> {
    return this.inserts.add({
      id: newId(),
      client_id: clientId,
      type: type.name,
      request,
      parameters,
      idempotency_key: idempotencyKey ?? null,
      idempotency_hash: hash?.toString('hex') ?? null,
      max_failures: type.maxFailures,
      max_crashes: type.maxCrashes,
      steps: type.steps,
      deadline_seconds: deadlineSeconds ?? type.deadlineSeconds,
      callback_url: callbackUrl ?? null,
      estimated_seconds: await this.eta.secondsOfNext(type.name, clientId),
    });
  }

  private async find(clientId: string, idempotencyKey: string | undefined): Promise<Job | undefined> {
    const rows = await this.dataSource.query<Job[]>(
      `SELECT ${JOB_COLUMNS} FROM job WHERE client_id = $1 AND idempotency_key = $2`,
      [clientId, idempotencyKey],
    );
    return rows[0];
  }
}

function requireSame(job: Job, hash: Buffer): void {
  if (job.idempotency_hash?.equals(hash) !== false) return;
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
