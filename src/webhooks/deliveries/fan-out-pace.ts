/** Attempts that go on for longer without an end are slow: the events of others must not wait for them. */
const STANDSTILL_MS = 20;
const LONGEST_MS = 100;

/**
 * When a worker with much to do writes the next deliveries down: when as many attempts have ended. A delivery that is
 * written while its destination has room begins at once; one that comes before has to be claimed, which costs as much
 * again. Alone, and while attempts stand still, nothing waits.
 */
export class FanOutPace {
  private ended = 0;
  private claims = false;
  private wanted = 0;
  private still = false;
  private wake: (() => void) | undefined;

  /** An attempt has ended. */
  onEnd(): void {
    this.ended += 1;
    this.still = false;
    if (this.ended >= this.wanted) this.wake?.();
  }

  /** @param many whether a look has claimed so many that more may wait: what waits goes before what is new */
  onClaims(many: boolean): void {
    this.claims = many;
  }

  /**
   * Resolves when it is time to write so many deliveries down.
   *
   * @param room places that are free
   */
  async until(wanted: number, room: () => number): Promise<void> {
    this.wanted = wanted;
    const from = performance.now();
    while (!this.still && performance.now() - from < LONGEST_MS) {
      if (!this.claims && Math.max(this.ended, room()) >= wanted) break;
      const before = this.ended;
      await this.change();
      this.still = this.ended === before;
    }
    this.ended = 0;
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
