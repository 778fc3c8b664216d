import { PrintJob } from './browser-slot';

/** What prints one document at a time. */
export interface PrintSlot {
  /** Whether its browser runs already. */
  readonly isWarm: boolean;
  /** Whether a document of this owner prints faster here than elsewhere. */
  serves(owner: string): boolean;
  print(job: PrintJob, signal: AbortSignal): Promise<Buffer>;
  /** Makes ready for the next print. */
  warm(): Promise<void>;
  close(): Promise<void>;
}

/** What a report has had of the slots since it last had nothing to print. */
interface Share {
  held: number;
  served: number;
}

interface Waiter {
  report: symbol;
  owner: string;
  take: (slot: PrintSlot) => void;
  refuse: (reason: unknown) => void;
}

/**
 * A fixed number of browser slots, shared fairly: a free slot goes to the report that holds the fewest, and among those
 * to the one that was served least, so a small report waits for no more than one part of a large one.
 */
export class BrowserPool {
  private readonly idle: PrintSlot[];
  private readonly slots: readonly PrintSlot[];
  private readonly shares = new Map<symbol, Share>();
  private waiters: Waiter[] = [];
  private closed = false;

  constructor(size: number, createSlot: () => PrintSlot) {
    this.slots = Array.from({ length: size }, createSlot);
    this.idle = [...this.slots];
  }

  get size(): number {
    return this.slots.length;
  }

  /**
   * Prints one document as soon as a slot is free.
   *
   * @throws what `PrintSlot.print` throws
   */
  async print(job: PrintJob, signal: AbortSignal): Promise<Buffer> {
    const slot = await this.acquire(job, signal);
    try {
      if (this.closed) throw new Error('The renderer is shut down.');
      return await slot.print(job, signal);
    } finally {
      this.release(job.report, slot);
    }
  }

  /**
   * Makes every slot ready that is free, one after the other; a report that comes meanwhile takes another one.
   *
   * @throws what `PrintSlot.warm` throws
   */
  async warm(): Promise<void> {
    for (const slot of this.slots) {
      const place = this.idle.indexOf(slot);
      if (this.closed || place < 0) continue;
      this.idle.splice(place, 1);
      try {
        await slot.warm().catch((error: unknown) => {
          // What is shut down meanwhile need not be warm.
          if (!this.closed) throw error;
        });
      } finally {
        this.idle.push(slot);
        this.serve();
      }
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

  private acquire({ report, owner }: PrintJob, signal: AbortSignal): Promise<PrintSlot> {
    signal.throwIfAborted();
    if (this.closed) throw new Error('The renderer is shut down.');
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.waiters = this.waiters.filter((other) => other !== waiter);
        reject(signal.reason as Error);
      };
      const waiter: Waiter = {
        report,
        owner,
        take: (slot) => {
          signal.removeEventListener('abort', onAbort);
          const { held, served } = this.shareOf(report);
          this.shares.set(report, { held: held + 1, served: served + 1 });
          resolve(slot);
        },
        refuse: reject,
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.waiters.push(waiter);
      this.serve();
    });
  }

  private release(report: symbol, slot: PrintSlot): void {
    const { held, served } = this.shareOf(report);
    const goesOn = held > 1 || this.waiters.some((waiter) => waiter.report === report);
    if (goesOn) this.shares.set(report, { held: held - 1, served });
    else this.shares.delete(report);
    this.idle.push(slot);
    this.serve();
  }

  private serve(): void {
    while (this.idle.length > 0 && this.waiters.length > 0) {
      const waiter = this.waiters.reduce((best, other) => (this.comesBefore(other, best) ? other : best));
      this.waiters.splice(this.waiters.indexOf(waiter), 1);
      const slot =
        this.idle.find((candidate) => candidate.serves(waiter.owner)) ??
        this.idle.find((candidate) => candidate.isWarm) ??
        this.idle[0];
      if (!slot) return;
      this.idle.splice(this.idle.indexOf(slot), 1);
      waiter.take(slot);
    }
  }

  private comesBefore(one: Waiter, other: Waiter): boolean {
    const [first, second] = [this.shareOf(one.report), this.shareOf(other.report)];
    return first.held === second.held ? first.served < second.served : first.held < second.held;
  }

  private shareOf(report: symbol): Share {
    return this.shares.get(report) ?? { held: 0, served: 0 };
  }
}
