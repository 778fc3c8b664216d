import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../config/app-config';
import { Batcher } from '../../common/batcher';
import { newWorkerName } from '../../common/ids';
import { isDataAtFault } from '../../database/database-errors';
import { Claimant, Claimed, ClaimedJob, JobClaims } from '../job-claims';
import type { JobEnd } from '../job-sql';
import { Completion, JobTransitions } from '../job-transitions';
import { JobTypeRegistry } from '../job-type.registry';
import { StoreHealthService } from '../store-health.service';
import { JobAttempt } from './job-attempt';

/** More than anybody configures slots. */
const MOST_AT_ONCE = 1_000;

/** Jobs of one worker that wait for others, beside those in its slots: each has a little to do now and then. */
const MOST_WAITING = 32;

/** An attempt that came to its result. */
interface Finished {
  attempt: JobAttempt;
  result: object;
}

/** What a slot gets. */
export interface Given {
  /** Whether the end of what it had finished was stored. */
  isStored: boolean;
  /** `null` when nothing is due or no slot is free. */
  next: JobAttempt | null;
  /** There was none for it by that statement, and it has to ask again. */
  mayBeMore: boolean;
}

/** The slots of this worker: which attempts they are busy with, and what they get next. */
@Injectable()
export class JobSlotsService {
  private readonly worker = newWorkerName();
  private readonly attempts = new Set<JobAttempt>();
  /**
   * One claim after the other, for all slots that wait: whether a job may start depends on what was claimed before. What
   * they have finished is stored by the same statement: the trip to the database and the commit are most of what either costs.
   */
  private readonly claimsOfSlots = new Batcher<Finished | null, Given>((slots) => this.claimFor(slots), {
    lanes: 1,
    most: MOST_AT_ONCE,
    mayBeOfOne: isDataAtFault,
  });
  /** The last claim brought no answer: it may have been committed all the same. */
  private claimWasCutOff = false;
  private suspectRuns = false;
  private closing = false;

  constructor(
    private readonly config: AppConfig,
    private readonly claims: JobClaims,
    private readonly transitions: JobTransitions,
    private readonly registry: JobTypeRegistry,
    private readonly storeHealth: StoreHealthService,
  ) {}

  get active(): JobAttempt[] {
    return [...this.attempts];
  }

  /** Those of them that take no slot: they wait for others. */
  get waiting(): JobAttempt[] {
    const types = this.registry.waitingTypes;
    return this.active.filter(({ job }) => types.includes(job.type));
  }

  takesSlot({ job }: JobAttempt): boolean {
    return !this.registry.waitingTypes.includes(job.type);
  }

  /** How many more jobs could be worked on now. */
  get free(): number {
    return this.freeBeside(0);
  }

  /** Claims the fairest due job. Those who ask at the same time share a claim. */
  async claimNext(): Promise<JobAttempt | null> {
    for (;;) {
      const { next, mayBeMore } = await this.claimsOfSlots.run(null);
      if (next !== null || !mayBeMore) return next;
    }
  }

  /** Stores the end of an attempt with its result, and claims what its slot does next. */
  finish(attempt: JobAttempt, result: object): Promise<Given> {
    return this.claimsOfSlots.run({ attempt, result });
  }

  /** Of an attempt that ended in any way. */
  release(attempt: JobAttempt): void {
    this.attempts.delete(attempt);
    if (this.isSuspect(attempt)) this.suspectRuns = false;
  }

  /** Claims nothing more. Resolves after the claim that may be under way. */
  async close(): Promise<void> {
    this.closing = true;
    await this.claimsOfSlots.run(null).catch(() => undefined);
  }

  /** @param finished how many of the attempts that take a slot are about to end */
  private freeBeside(finished: number): number {
    if (this.closing || this.suspectRuns) return 0;
    return Math.max(0, this.config.jobConcurrency - this.busy + finished);
  }

  /** How many slots are taken. */
  private get busy(): number {
    return this.active.filter((attempt) => this.takesSlot(attempt)).length;
  }

  /** One that waits did not crash its worker, and runs for too long to keep the slots empty meanwhile. */
  private isSuspect(attempt: JobAttempt): boolean {
    return attempt.job.crashes > 0 && this.takesSlot(attempt);
  }

  private async claimFor(slots: (Finished | null)[]): Promise<Given[]> {
    const finished = slots.filter((slot) => slot !== null);
    const ending = finished.filter(({ attempt }) => this.takesSlot(attempt)).length;
    const most = Math.min(slots.length, this.freeBeside(ending));
    const { ends, jobs, mayBeMore } = await this.completeAndClaim(finished, most);
    for (const { attempt } of finished) this.attempts.delete(attempt);
    const attempts = jobs.map((job) => this.attemptAt(job));
    // A job that crashed its worker once runs alone, so that its next crash takes no neighbour with it.
    if (attempts.some((attempt) => this.isSuspect(attempt))) this.suspectRuns = true;
    for (const attempt of attempts) {
      this.attempts.add(attempt);
      if (this.closing) attempt.abort('released');
    }
    const stored = new Set(finished.filter((_, index) => ends[index] !== null));
    return slots.map((slot, index) => ({
      isStored: slot !== null && stored.has(slot),
      next: attempts[index] ?? null,
      mayBeMore,
    }));
  }

  private async completeAndClaim(
    finished: Finished[],
    most: number,
  ): Promise<Claimed & { ends: (JobEnd | null)[] }> {
    if (finished.length === 0 && most === 0) return { ends: [], jobs: [], mayBeMore: false };
    if (this.claimWasCutOff) {
      const known = this.active.map(({ job }) => job.id);
      await this.transitions.releaseUnknown(this.worker, known);
    }
    this.claimWasCutOff = true;
    const ending = finished.filter(({ attempt }) => this.takesSlot(attempt)).length;
    const claimant = this.claimant(this.busy === ending, most);
    const given =
      finished.length === 0
        ? { ends: [], ...(await this.claims.claim(claimant)) }
        : await this.claims.completeAndClaim(
            finished.map((each) => this.completionOf(each)),
            claimant,
          );
    this.claimWasCutOff = false;
    return given;
  }

  /** Without the types that need the store of files while that is away, and those of which it has enough. */
  private claimant(alone: boolean, most: number): Claimant {
    const { names, storeTypes, waitingTypes } = this.registry;
    const unwanted = [
      ...(this.storeHealth.isAway ? storeTypes : []),
      ...(this.waiting.length >= MOST_WAITING ? waitingTypes : []),
    ];
    const types = names.filter((name) => !unwanted.includes(name));
    return { types, worker: this.worker, leaseSeconds: this.config.jobLeaseSeconds, alone, most };
  }

  private attemptAt(job: ClaimedJob): JobAttempt {
    const attempt: JobAttempt = new JobAttempt(job, (transaction, result) =>
      this.transitions.completeIn(transaction, this.completionOf({ attempt, result })),
    );
    return attempt;
  }

  private completionOf({ attempt: { job, amount }, result }: Finished): Completion {
    const keepsArtifact = this.registry.type(job.type).keepsArtifact;
    return {
      jobId: job.id,
      attempt: job.attempt,
      result,
      size: amount,
      retentionDays: keepsArtifact ? this.config.artifactRetentionDays : null,
    };
  }
}
