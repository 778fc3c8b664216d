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
    this.running = withoutLogContext(() => this.runRound()).finally(() => {
      this.running = undefined;
      if (this.restMs === 0) this.next();
      else this.rest();
    });
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
    this.timer = setTimeout(() => this.poke(), this.periodMs * (0.9 + Math.random() * 0.2));
  }

  private async runRound(): Promise<void> {
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
