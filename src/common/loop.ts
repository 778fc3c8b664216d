import type { Logger } from '@nestjs/common';
import { withoutLogContext } from './log-context';

/**
 * Runs a round of work every so often, and at once when poked; never two rounds at the same time. Pokes during a round,
 * or in the rest after it, become one more round. A round that throws is logged, and the loop goes on.
 */
export class Loop {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private poked = false;
  private hurried = false;
  private waitMs = Infinity;
  private resting = false;
  private stopped = true;
  private failing = false;

  constructor(
    private readonly name: string,
    private readonly periodMs: number,
    private readonly round: () => Promise<void>,
    private readonly logger: Logger,
    private readonly restMs = 0,
  ) {}

  start(): void {
    this.stopped = false;
    this.poke();
  }

  poke(): void {
    if (this.stopped) return;
    if (this.running || this.resting) {
      this.poked = true;
      return;
    }
    clearTimeout(this.timer);
    this.hurried = false;
    this.running = withoutLogContext(() => this.runRound()).finally(() => {
      this.running = undefined;
      if (this.restMs === 0 || this.hurried) this.next();
      else this.rest();
    });
  }

  /** As `poke`, without the rest: for what somebody waits for. */
  hurry(): void {
    if (this.running) this.hurried = true;
    else if (this.resting) clearTimeout(this.timer);
    this.resting = false;
    this.poke();
  }

  /** Called in a round that knows of work to come: the next begins no later than so many milliseconds after it. */
  nextWithin(waitMs: number): void {
    this.waitMs = Math.min(this.waitMs, waitMs);
  }

  /** Resolves when the round under way has ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.resting = false;
    clearTimeout(this.timer);
    await this.running;
  }

  private rest(): void {
    if (this.stopped) return;
    this.resting = true;
    this.timer = setTimeout(() => {
      this.resting = false;
      this.next();
    }, this.restMs);
  }

  private next(): void {
    if (this.stopped) return;
    if (this.poked) {
      this.poked = false;
      this.poke();
      return;
    }
    const waitMs = Math.min(this.waitMs, this.periodMs * (0.9 + Math.random() * 0.2));
    this.timer = setTimeout(() => this.poke(), waitMs);
  }

  private async runRound(): Promise<void> {
    this.waitMs = Infinity;
    try {
      await this.round();
      if (this.failing) this.logger.log(`The ${this.name} works again.`);
      this.failing = false;
    } catch (error) {
      // Once per outage, not once per round.
      if (!this.failing) this.logger.warn(`The ${this.name} failed and will try again: ${String(error)}`);
      this.failing = true;
    }
  }
}
