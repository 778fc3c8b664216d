/** Reports of up to so many rows are short. */
export const ROWS_OF_SHORT = 1_000;

/** Short reports that come within so much time of each other keep coming; the last one's time counts to its end. */
const PAUSE_MS = 1_000;

/** Watches whether short reports keep coming. One that comes alone does not count: nothing need be kept for a next one. */
export class ShortReports {
  private lastAt = Number.NEGATIVE_INFINITY;
  private pause: NodeJS.Timeout | undefined;

  /** @param onEnd told when none has come for a while */
  constructor(private readonly onEnd: () => void) {}

  get keepComing(): boolean {
    return this.pause !== undefined;
  }

  /** To be called for each. */
  came(): void {
    const now = performance.now();
    if (now - this.lastAt < PAUSE_MS) {
      this.stop();
      this.pause = setTimeout(() => {
        this.stop();
        this.onEnd();
      }, PAUSE_MS).unref();
    }
    this.lastAt = now;
  }

  /** Tells nobody any more. */
  stop(): void {
    clearTimeout(this.pause);
    this.pause = undefined;
  }
}
