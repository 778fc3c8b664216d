import { Injectable } from '@nestjs/common';

/** How long a long report gives way at a time. A short one takes less, unless the machine is full of them. */
const LONGEST_MS = 100;
/** And for no more than this share of the time since it last did, so that it gets on however many short ones there are. */
const SHARE = 0.5;

/** What is left when a report is made: its end is stored and told. */
const AFTERWARDS_MS = 10;

/**
 * Short reports before long ones: while one is under way, long ones neither read orders nor begin to print, so that its
 * twenty short steps, here, in Postgres and in a browser, each find a processor.
 */
@Injectable()
export class RightOfWay {
  private underWay = 0;
  /** Of all long reports together. */
  private wait: Promise<void> | undefined;
  private waitedUntil = Number.NEGATIVE_INFINITY;
  private onClear: () => void = () => undefined;

  /**
   * A report begins that is short, or whose length is not known yet.
   *
   * @returns to be called when it has ended, or turns out to be long; a second time has no effect
   */
  enter(): () => void {
    this.underWay += 1;
    let isInside = true;
    return () => {
      if (!isInside) return;
      isInside = false;
      setTimeout(() => this.left(), AFTERWARDS_MS).unref();
    };
  }

  /** A long report asks before each bit of its work, and waits until no short one is under way, or its patience ends. */
  async giveWay(): Promise<void> {
    if (this.underWay === 0) return;
    const patience = Math.min(LONGEST_MS, SHARE * (performance.now() - this.waitedUntil));
    // No timer is as short.
    if (this.wait === undefined && patience < 1) return;
    this.wait ??= this.untilClear(patience);
    await this.wait;
  }

  private left(): void {
    this.underWay -= 1;
    if (this.underWay === 0) this.onClear();
  }

  private async untilClear(patience: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patience);
      this.onClear = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wait = undefined;
    this.waitedUntil = performance.now();
  }
}
