import { InjectQueue } from '@nestjs/bull';
import { Injectable, Logger, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { Queue } from 'bull';
import { DueTypes } from './due-types.service';
import { JobClaims } from './job-claims';
import { JOBS_QUEUE, JobTicket } from './jobs-queue';
import { Loop } from '../common/loop';

/** Tickets handed over at once: enough to wake every worker of a fleet. */
const WINDOW = 100;
const ROUND_MS = 1_000;
/** So that a stream of submissions costs a few rounds and not one for each. */
const REST_MS = 10;
/** Whoever is free takes a ticket in a moment. */
const TAKEN_WITHIN_MS = 50;

/**
 * Rings the bell: hands due rows to Bull, in a bounded window. A ticket is only a wake-up call; which job its worker
 * gets is decided by the claim, from Postgres. Nothing is written down of it: what is still due in the next round is
 * handed over again, and Bull drops what it still has, so it does not matter what Bull loses, or that it is away.
 */
@Injectable()
export class JobDispatcher implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(JobDispatcher.name);
  private onceMore: NodeJS.Timeout | undefined;
  private readonly loop = new Loop('job dispatcher', ROUND_MS, () => this.round(), this.logger, REST_MS);

  constructor(
    @InjectQueue(JOBS_QUEUE) private readonly queue: Queue<JobTicket>,
    private readonly claims: JobClaims,
    private readonly types: DueTypes,
  ) {}

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.loop.stop();
    clearTimeout(this.onceMore);
  }

  /** Starts a round now: something has just become due. */
  poke(): void {
    this.loop.poke();
  }

  private async round(): Promise<void> {
    // Without Redis there is nobody to hand tickets to: workers claim from Postgres by themselves.
    if (this.queue.client.status !== 'ready') return;
    // Tickets that wait are a sign that nobody is free; who becomes free looks for all that is due before it sleeps.
    if ((await this.queue.getWaitingCount()) > 0) {
      this.onceMore ??= setTimeout(() => {
        this.onceMore = undefined;
        this.loop.poke();
      }, TAKEN_WITHIN_MS);
      return;
    }
    const due = await this.claims.due(this.types.names, WINDOW);
    if (due.length === 0) return;
    await this.queue.addBulk(
      due.map(({ id, attempt }) => ({
        data: { jobId: id },
        // One ticket for each attempt: Bull drops a second one while it has the first.
        opts: { jobId: `${id}.${attempt}`, removeOnComplete: true, removeOnFail: true, attempts: 1 },
      })),
    );
  }
}
