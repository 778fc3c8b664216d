import { Injectable } from '@nestjs/common';

/** How long a large report yields at a time: a small one takes 30 to 50 ms, unless the machine is full of them. */
const LONGEST_YIELD_MS = 100;
/**
 * And for no more than this share of the time that it has worked since it last yielded: of one and a half parts it works
 * one, so it keeps two thirds of its time, however many small ones come.
 */
const YIELD_SHARE = 0.5;
/** What is left to do when a report has been made: its end is stored and its caller gets an answer. */
const AFTERWARDS_MS = 10;
/** Small reports that come within so much time of each other keep coming: a caller who asks again at once, or several. */
const KEEP_COMING_MS = 1_000;

/**
 * Small reports before large ones, in one process. While a small one is under way, large ones neither read orders nor begin
 * to print, so that its twenty short steps, here, in Postgres and in a browser, each find a processor. While they keep
 * coming, large ones also leave them a browser (`BrowserPool`), and with it the processor that it would take.
 */
@Injectable()
export class PrintPriority {
  private underWay = 0;
  /** Of all large reports together. */
  private wait: Promise<void> | undefined;
  private yieldedUntil = Number.NEGATIVE_INFINITY;
  private onClear: () => void = () => undefined;

  private lastPrintAt = Number.NEGATIVE_INFINITY;
  private keptUntilQuiet: NodeJS.Timeout | undefined;
  private onQuiet: () => void = () => undefined;

  /**
   * Makes a report, which counts as small until it is known to be large.
   *
   * @param make calls its argument as soon as it knows
   */
  async run<T>(make: (isLarge: () => void) => Promise<T>): Promise<T> {
    this.underWay += 1;
    let isSmall = true;
    const end = (): void => {
      if (!isSmall) return;
      isSmall = false;
      setTimeout(() => this.ended(), AFTERWARDS_MS).unref();
    };
    try {
      return await make(end);
    } finally {
      end();
    }
  }

  /** To be awaited before each bit of work of a large report: until no small one is under way, within bounds. */
  async yield(): Promise<void> {
    if (this.underWay === 0) return;
    const longest = Math.min(LONGEST_YIELD_MS, YIELD_SHARE * (performance.now() - this.yieldedUntil));
    // Timers are not as exact: a shorter pause would be a longer one.
    if (this.wait === undefined && longest < 1) return;
    this.wait ??= this.untilClear(longest);
    await this.wait;
  }

  /** What a large report reads, as fast as it may. */
  async *yielding<T>(batches: AsyncIterable<T>): AsyncGenerator<T> {
    for await (const batch of batches) {
      yield batch;
      await this.yield();
    }
  }

  /** A small report asks for a browser. One that comes alone changes nothing: nothing need be kept for a next one. */
  smallPrint(): void {
    const now = performance.now();
    if (now - this.lastPrintAt < KEEP_COMING_MS) {
      clearTimeout(this.keptUntilQuiet);
      this.keptUntilQuiet = setTimeout(() => {
        this.keptUntilQuiet = undefined;
        this.onQuiet();
      }, KEEP_COMING_MS).unref();
    }
    this.lastPrintAt = now;
  }

  /** Whether large reports leave a browser to small ones. */
  get keepsBrowser(): boolean {
    return this.keptUntilQuiet !== undefined;
  }

  /** @param listener called when `keepsBrowser` has become false */
  whenQuiet(listener: () => void): void {
    this.onQuiet = listener;
  }

  private ended(): void {
    this.underWay -= 1;
    if (this.underWay === 0) this.onClear();
  }

  private async untilClear(longest: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, longest);
      this.onClear = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wait = undefined;
    this.yieldedUntil = performance.now();
  }
}
