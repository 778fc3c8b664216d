import type { Logger } from '@nestjs/common';

/**
 * Runs a round of work every so often, and at once when poked; never two rounds at the same time. Pokes during a round
 * become one more round. A round that throws is logged, and the loop goes on.
 */
export class Loop {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private pokedWhileRunning = false;
  private stopped = true;
  private failing = false;

  constructor(
    private readonly name: string,
    private readonly periodMs: number,
    private readonly round: () => Promise<void>,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.stopped = false;
    this.poke();
  }

  poke(): void {
    if (this.stopped) return;
    if (this.running) {
      this.pokedWhileRunning = true;
      return;
    }
    clearTimeout(this.timer);
    this.running = this.runRound().finally(() => {
      this.running = undefined;
      if (this.stopped) return;
      if (this.pokedWhileRunning) {
        this.pokedWhileRunning = false;
        this.poke();
        return;
      }
      this.timer = setTimeout(() => this.poke(), this.periodMs * (0.9 + Math.random() * 0.2));
    });
  }

  /** Resolves when the round under way has ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
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
