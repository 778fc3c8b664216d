/** Fewer deliveries than this never wait: there is no backlog. */
const MANY = 64;
/** When nothing has ended for so long the attempts are slow ones: the events of others must not wait for them. */
const STANDSTILL_MS = 20;
const LONGEST_MS = 100;

/**
 * When a worker with a backlog of events writes the next deliveries down: when as many attempts have ended as began
 * last. A delivery that is written while its destination has room begins at once; one that is written before has to be
 * claimed, which costs half as much again.
 */
export class FanOutPace {
  private begun = 0;
  private ended = 0;
  private still = false;
  private claimsMany = false;
  private wake: (() => void) | undefined;

  /** @param places that are free for one destination at most */
  constructor(private readonly places: () => number) {}

  /** An attempt has ended. */
  onEnd(): void {
    this.ended += 1;
    this.still = false;
    if (this.ended >= this.begun) this.wake?.();
  }

  /** A look has claimed so many: what waits goes before what is new. */
  onClaims(count: number): void {
    this.claimsMany = count >= MANY;
  }

  /** A round has begun so many. */
  onBegin(count: number): void {
    this.begun = count;
  }

  /** Resolves when it is time to write so many deliveries down. */
  async turn(count: number): Promise<void> {
    const until = performance.now() + LONGEST_MS;
    while (count >= MANY && !this.isTimeFor(count) && performance.now() < until) {
      const before = this.ended;
      await this.change();
      this.still = this.ended === before;
    }
    this.ended = 0;
  }

  private isTimeFor(count: number): boolean {
    return this.still || (!this.claimsMany && (this.ended >= this.begun || this.places() >= count));
  }

  private async change(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, STANDSTILL_MS);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = undefined;
  }
}
