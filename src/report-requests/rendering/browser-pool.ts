import { PrintJob } from './browser-slot';
import { PrintPriority } from './print-priority';

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

interface Waiter {
  job: PrintJob;
  take: (slot: PrintSlot) => void;
  refuse: (reason: unknown) => void;
}

/**
 * A fixed number of browser slots. A free one goes to a small report before a large one, so that a small one waits for no
 * more than one part of a large one, and else in the order in which they asked; a large one asks for few parts at a time
 * (`inOrder`), so that several take turns. While small ones keep coming, large ones leave them a slot.
 */
export class BrowserPool {
  private readonly idle: Set<PrintSlot>;
  private readonly slots: readonly PrintSlot[];
  private waiters: Waiter[] = [];
  /** Slots that print for large reports. */
  private large = 0;
  private closed = false;

  constructor(
    size: number,
    createSlot: () => PrintSlot,
    private readonly priority: PrintPriority,
  ) {
    this.slots = Array.from({ length: size }, createSlot);
    this.idle = new Set(this.slots);
    priority.whenQuiet(() => this.serve());
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
    if (job.isLarge) await this.priority.yield();
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
    const waiters = this.waiters;
    this.waiters = [];
    waiters.forEach((waiter) => waiter.refuse(new Error('The renderer is shut down.')));
    await Promise.all(this.slots.map((slot) => slot.close()));
  }

  private acquire(job: PrintJob, signal: AbortSignal): Promise<PrintSlot> {
    signal.throwIfAborted();
    if (this.closed) throw new Error('The renderer is shut down.');
    if (!job.isLarge) this.priority.smallPrint();
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.waiters = this.waiters.filter((other) => other !== waiter);
        reject(signal.reason as Error);
      };
      const waiter: Waiter = {
        job,
        take: (slot) => {
          signal.removeEventListener('abort', onAbort);
          if (job.isLarge) this.large += 1;
          resolve(slot);
        },
        refuse: reject,
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.waiters.push(waiter);
      this.serve();
    });
  }

  private release({ isLarge }: PrintJob, slot: PrintSlot, isWorn: boolean): void {
    if (isLarge) this.large -= 1;
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
    const most = this.priority.keepsBrowser ? Math.max(1, this.size - 1) : this.size;
    const small = this.waiters.find(({ job }) => !job.isLarge);
    return small ?? (this.large < most ? this.waiters[0] : undefined);
  }

  private slotFor({ isLarge, owner }: PrintJob): PrintSlot | undefined {
    const free = this.slots.filter((slot) => this.idle.has(slot));
    // From the other end: the first print after a part of a large report is slower, until its page has let go of that.
    if (isLarge) return free.findLast((slot) => slot.isWarm) ?? free.at(-1);
    return free.find((slot) => slot.serves(owner)) ?? free.find((slot) => slot.isWarm) ?? free[0];
  }
}
