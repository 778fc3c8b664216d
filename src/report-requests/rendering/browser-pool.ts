import { PrintJob } from './browser-slot';
import { ShortReports } from './short-reports';

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
  job: PrintJob;
  take: (slot: PrintSlot) => void;
  refuse: (reason: unknown) => void;
}

/**
 * A fixed number of browser slots, shared fairly: a free slot goes to the report that holds the fewest, and among those
 * to the one that was served least, so a short report waits for no more than one part of a long one. While short ones keep
 * coming, long ones leave them a slot, and with it the processor that its browser would take.
 */
export class BrowserPool {
  private readonly idle: Set<PrintSlot>;
  private readonly slots: readonly PrintSlot[];
  private readonly shares = new Map<symbol, Share>();
  private readonly shortReports = new ShortReports(() => this.serve());
  private waiters: Waiter[] = [];
  /** Slots that print for long reports. */
  private long = 0;
  private closed = false;

  constructor(size: number, createSlot: () => PrintSlot) {
    this.slots = Array.from({ length: size }, createSlot);
    this.idle = new Set(this.slots);
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
    let isWorn = false;
    try {
      if (this.closed) throw new Error('The renderer is shut down.');
      const pdf = await slot.print(job, signal);
      isWorn = !slot.isWarm;
      return pdf;
    } finally {
      this.release(job, slot, isWorn);
    }
  }

  /**
   * Makes every slot ready that is free, one after the other; a report that comes meanwhile takes another one.
   *
   * @throws what `PrintSlot.warm` throws
   */
  async warm(): Promise<void> {
    for (const slot of this.slots) {
      if (this.closed || !this.idle.delete(slot)) continue;
      try {
        await slot.warm().catch((error: unknown) => {
          // What is shut down meanwhile need not be warm.
          if (!this.closed) throw error;
        });
      } finally {
        this.open(slot);
      }
    }
  }

  /** Kills every browser and refuses what waits. */
  async close(): Promise<void> {
    this.closed = true;
    this.shortReports.stop();
    const waiters = this.waiters;
    this.waiters = [];
    waiters.forEach((waiter) => waiter.refuse(new Error('The renderer is shut down.')));
    await Promise.all(this.slots.map((slot) => slot.close()));
  }

  private acquire(job: PrintJob, signal: AbortSignal): Promise<PrintSlot> {
    signal.throwIfAborted();
    if (this.closed) throw new Error('The renderer is shut down.');
    if (!job.isLong) this.shortReports.came();
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.waiters = this.waiters.filter((other) => other !== waiter);
        reject(signal.reason as Error);
      };
      const waiter: Waiter = {
        job,
        take: (slot) => {
          signal.removeEventListener('abort', onAbort);
          const { held, served } = this.shareOf(job.report);
          this.shares.set(job.report, { held: held + 1, served: served + 1 });
          if (job.isLong) this.long += 1;
          resolve(slot);
        },
        refuse: reject,
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.waiters.push(waiter);
      this.serve();
    });
  }

  private release({ report, isLong }: PrintJob, slot: PrintSlot, isWorn: boolean): void {
    const { held, served } = this.shareOf(report);
    const goesOn = held > 1 || this.waiters.some(({ job }) => job.report === report);
    if (goesOn) this.shares.set(report, { held: held - 1, served });
    else this.shares.delete(report);
    if (isLong) this.long -= 1;
    const open = (): void => this.open(slot);
    if (!isWorn || this.closed) return open();
    // Whoever comes next need not wait for another browser; if there is none, its print says so.
    slot.warm().then(open, open);
    this.serve();
  }

  private open(slot: PrintSlot): void {
    this.idle.add(slot);
    this.serve();
  }

  private serve(): void {
    for (let waiter = this.next(); waiter; waiter = this.next()) {
      const slot = this.slotFor(waiter.job);
      if (!slot) return;
      this.waiters.splice(this.waiters.indexOf(waiter), 1);
      this.idle.delete(slot);
      waiter.take(slot);
    }
  }

  private next(): Waiter | undefined {
    const most = this.shortReports.keepComing ? Math.max(1, this.size - 1) : this.size;
    return this.waiters
      .filter(({ job }) => !job.isLong || this.long < most)
      .reduce<Waiter | undefined>(
        (best, other) => (best === undefined || this.comesBefore(other, best) ? other : best),
        undefined,
      );
  }

  private slotFor({ isLong, owner }: PrintJob): PrintSlot | undefined {
    const free = this.slots.filter((slot) => this.idle.has(slot));
    // From the other end: a page that has shown a long report takes its time to forget it.
    if (isLong) return free.findLast((slot) => slot.isWarm) ?? free.at(-1);
    return free.find((slot) => slot.serves(owner)) ?? free.find((slot) => slot.isWarm) ?? free[0];
  }

  private comesBefore(one: Waiter, other: Waiter): boolean {
    const [first, second] = [this.shareOf(one.job.report), this.shareOf(other.job.report)];
    return first.held === second.held ? first.served < second.served : first.held < second.held;
  }

  private shareOf(report: symbol): Share {
    return this.shares.get(report) ?? { held: 0, served: 0 };
  }
}
