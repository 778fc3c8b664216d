import type { Logger } from '@nestjs/common';
import { isDataAtFault } from '../../database/database-errors';
import type { Outcome } from './delivery-outcome';

const BATCH = 256;
/** So many are worth a statement at once; fewer wait a little for others. Nobody waits for them but their places. */
const ENOUGH = 64;
const GATHER_MS = 3;
const RETRY_MS = 500;

interface Waiting {
  outcome: Outcome;
  /** After this the lease has run out, and the attempt will be made again whatever we know of it. */
  until: number;
  done: () => void;
}

/**
 * Stores outcomes in groups: what comes in while one group is being written is the next one. While the database is
 * away they wait, until their leases run out. What the database refuses for its content it gets one by one, and then
 * without the receiver's words: nobody's attempts stay untold for what somebody else's receiver said.
 */
export class OutcomeWriter {
  private waiting: Waiting[] = [];
  private writing = false;
  private tellEnough: (() => void) | undefined;

  constructor(
    private readonly store: (take: () => Outcome[]) => Promise<void>,
    private readonly logger: Logger,
  ) {}

  /** Resolves when the outcome is stored, or given up. */
  write(outcome: Outcome, until: number): Promise<void> {
    return new Promise((done) => {
      this.waiting.push({ outcome, until, done });
      if (this.waiting.length >= ENOUGH) this.tellEnough?.();
      if (!this.writing) void this.writeAll();
    });
  }

  private async enough(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, GATHER_MS);
      this.tellEnough = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.tellEnough = undefined;
  }

  private async writeAll(): Promise<void> {
    this.writing = true;
    while (this.waiting.length > 0) {
      if (this.waiting.length < ENOUGH) await this.enough();
      let group: Waiting[] = [];
      try {
        await this.store(() => {
          group = this.waiting.splice(0, BATCH);
          return group.map(({ outcome }) => outcome);
        });
        for (const { done } of group) done();
      } catch (error) {
        if (isDataAtFault(error) && group.length > 0) {
          await this.writeOneByOne(group);
          continue;
        }
        const [late, left] = [[] as Waiting[], [] as Waiting[]];
        for (const each of [...group, ...this.waiting]) (each.until <= Date.now() ? late : left).push(each);
        this.logger.warn(
          `${late.length + left.length} outcome(s) of deliveries could not be stored: ${String(error)}`,
        );
        for (const { done } of late) done();
        this.waiting = left;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
    this.writing = false;
  }

  private async writeOneByOne(group: Waiting[]): Promise<void> {
    for (const [place, each] of group.entries()) {
      try {
        await this.store(() => [each.outcome]);
      } catch (error) {
        if (!isDataAtFault(error)) {
          this.waiting.unshift(...group.slice(place));
          return;
        }
        const { delivery } = each.outcome;
        this.logger.warn(
          `How attempt ${delivery.attempt} of delivery ${delivery.id} ended is stored in part: ${String(error)}`,
        );
        await this.store(() => [withoutWords(each.outcome)]).catch((again: unknown) => {
          this.logger.error(`Nor so: ${String(again)}`);
        });
      }
      each.done();
    }
  }
}

/** Only what we ourselves made of the answer. */
const withoutWords = (outcome: Outcome): Outcome => ({
  ...outcome,
  answer: { ...outcome.answer, address: null, timings: { total: 0 }, detail: null, response: null },
});
