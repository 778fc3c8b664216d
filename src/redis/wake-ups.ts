import type { Logger } from '@nestjs/common';
import type { Queue } from 'bull';
import { setTimeout as sleep } from 'node:timers/promises';
import { withoutLogContext } from '../common/log-context';

/** What comes within so short a time is sent together: a stream of submissions costs a few commands, not one for each. */
const GATHER_MS = 10;

/**
 * Wakes idle workers of the fleet through a queue of Bull. A wake-up carries nothing: what is due, and who gets it, is
 * decided by the claim, from Postgres. So it does not matter what Redis loses, or that it is away: workers look for due
 * work by themselves too, only later.
 */
export abstract class WakeUps {
  private wanted = 0;
  private isSending = false;

  /** @param most how many may wait: as many as there could be idle workers; a worker that wakes does all that is due */
  protected constructor(
    private readonly queue: Queue,
    private readonly most: number,
  ) {}

  /** Wakes one more worker. Never waits and never fails. */
  send(): void {
    this.wanted += 1;
    if (!this.isSending) void withoutLogContext(() => this.sendAll());
  }

  /**
   * Wakes this process: `work` is called for each wake-up that it gets, as often at once as there are slots. Does not
   * wait: without Redis it begins when Redis comes. Bull's own verdicts (stalled, failed, a lost lock) change nothing.
   */
  listen(slots: number, work: () => Promise<void>, logger: Logger): void {
    nameQuietly(this.queue);
    this.queue
      .process(slots, work)
      .catch((error: unknown) =>
        logger.error(
          `No wake-ups from Bull's queue ${this.queue.name}; due work is polled for: ${String(error)}`,
        ),
      );
  }

  /**
   * Gets no more wake-ups, so that others get them. Does not wait: without Redis it never ends. `true` because Bull
   * otherwise leaves a rejection unhandled when a connection is cut while it closes.
   */
  stopListening(): void {
    this.queue.close(true).catch(() => undefined);
  }

  private async sendAll(): Promise<void> {
    this.isSending = true;
    while (this.wanted > 0) {
      const { wanted } = this;
      this.wanted = 0;
      await this.add(wanted);
      await sleep(GATHER_MS, undefined, { ref: false });
    }
    this.isSending = false;
  }

  private async add(wanted: number): Promise<void> {
    if (this.queue.client.status !== 'ready') return;
    try {
      const missing = Math.min(wanted, this.most - (await this.queue.getWaitingCount()));
      const opts = { removeOnComplete: true, removeOnFail: true, attempts: 1 };
      if (missing > 0) await this.queue.addBulk(Array.from({ length: missing }, () => ({ data: {}, opts })));
    } catch {
      // Redis went away; the workers poll.
    }
  }
}

/**
 * Bull names its connection when Redis has come, and leaves it unhandled when the connection ends before: that would end
 * the process.
 */
function nameQuietly(queue: Queue): void {
  const setWorkerName = queue.setWorkerName.bind(queue);
  queue.setWorkerName = () => setWorkerName().catch(() => undefined);
}
