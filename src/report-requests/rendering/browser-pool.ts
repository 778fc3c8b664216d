import { BrowserSlot } from './browser-slot';
import { PrintOptions } from './print-page';

interface Waiter {
  report: symbol;
  take: (slot: BrowserSlot) => void;
  refuse: (reason: unknown) => void;
}

/**
 * A fixed number of browser slots, shared fairly: a free slot goes to the report that holds the fewest,
 * so a small report never queues behind all the parts of a large one.
 */
export class BrowserPool {
  private readonly idle: BrowserSlot[];
  private readonly slots: readonly BrowserSlot[];
  private readonly held = new Map<symbol, number>();
  private waiters: Waiter[] = [];
  private closed = false;

  constructor(size: number, createSlot: () => BrowserSlot) {
    this.slots = Array.from({ length: size }, createSlot);
    this.idle = [...this.slots];
  }

  get size(): number {
    return this.slots.length;
  }

  /**
   * Prints one document as soon as a slot is free.
   *
   * @param report the same symbol for all documents of one report
   * @throws what `BrowserSlot.print` throws
   */
  async print(report: symbol, html: string, options: PrintOptions, signal: AbortSignal): Promise<Buffer> {
    const slot = await this.acquire(report, signal);
    try {
      if (this.closed) throw new Error('The renderer is shut down.');
      return await slot.print(html, options, signal);
    } finally {
      this.release(report, slot);
    }
  }

  /** Kills every browser and refuses what waits. */
  async close(): Promise<void> {
    this.closed = true;
    const waiters = this.waiters;
    this.waiters = [];
    waiters.forEach((waiter) => waiter.refuse(new Error('The renderer is shut down.')));
    await Promise.all(this.slots.map((slot) => slot.close()));
  }

  private acquire(report: symbol, signal: AbortSignal): Promise<BrowserSlot> {
    signal.throwIfAborted();
    if (this.closed) throw new Error('The renderer is shut down.');
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.waiters = this.waiters.filter((other) => other !== waiter);
        reject(signal.reason as Error);
      };
      const waiter: Waiter = {
        report,
        take: (slot) => {
          signal.removeEventListener('abort', onAbort);
          this.held.set(report, this.heldBy(report) + 1);
          resolve(slot);
        },
        refuse: reject,
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.waiters.push(waiter);
      this.serve();
    });
  }

  private release(report: symbol, slot: BrowserSlot): void {
    const left = this.heldBy(report) - 1;
    if (left > 0) this.held.set(report, left);
    else this.held.delete(report);
    this.idle.push(slot);
    this.serve();
  }

  private serve(): void {
    while (this.idle.length > 0 && this.waiters.length > 0) {
      const waiter = this.waiters.reduce((best, other) =>
        this.heldBy(other.report) < this.heldBy(best.report) ? other : best,
      );
      this.waiters.splice(this.waiters.indexOf(waiter), 1);
      const slot = this.idle.find((candidate) => candidate.isWarm) ?? this.idle[0];
      if (!slot) return;
      this.idle.splice(this.idle.indexOf(slot), 1);
      waiter.take(slot);
    }
  }

  private heldBy(report: symbol): number {
    return this.held.get(report) ?? 0;
  }
}
