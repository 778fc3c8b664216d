import { BrowserProcess } from './browser-process';
import { LIGHT_PAGE_MEMORY, OwnedPages, PageLimits } from './owned-pages';
import type { PrintDocument, PrintOptions } from './print-page';
import { BrowserLostError, UnprintableDocumentError } from './render-errors';

export interface SlotLimits extends PageLimits {
  /** A print that takes longer is taken for hung, and its browser is killed. */
  printDeadlineMs: number;
  /** A browser whose main process does not answer for so long is taken for hung, too; in whole seconds. */
  silenceMs: number;
  /** Prints after which the browser is replaced, because every browser leaks. */
  printsPerBrowser: number;
  /** Memory of all its processes, besides that of light pages that are kept, above which it is replaced earlier. */
  memoryPerBrowser: number;
}

/** One document to print. */
export interface PrintJob extends PrintOptions {
  /** Whose report it is. */
  owner: string;
  /** Whether small reports have priority before it. */
  isLarge: boolean;
  document: PrintDocument;
}

const HEARTBEAT_MS = 1_000;
const WEIGH_EVERY_MS = 1_000;

/** What a slot does with its one browser. A hung browser can block none of this for ever. */
export class BrowserSlot {
  private process: Promise<BrowserProcess> | undefined;
  private starting = new AbortController();
  /** Of the browser that runs, or ran last. */
  private pages: OwnedPages | undefined;
  private prints = 0;
  private weighedAt = -WEIGH_EVERY_MS;

  constructor(
    private readonly start: (signal: AbortSignal) => Promise<BrowserProcess>,
    private readonly limits: SlotLimits,
  ) {}

  get isWarm(): boolean {
    return this.process !== undefined;
  }

  /** Whether a page of this owner is open here. */
  serves(owner: string): boolean {
    return this.pages?.has(owner) === true;
  }

  /**
   * Prints one document to PDF.
   *
   * @throws BrowserLostError when the browser died or hung; the next print gets a new one
   * @throws the signal's reason when it is aborted; the browser is killed at once
   */
  async print(job: PrintJob, signal: AbortSignal): Promise<Buffer> {
    signal.throwIfAborted();
    const running = await this.runningProcess();
    signal.throwIfAborted();
    const pdf = await this.guarded(running, signal, () =>
      this.pagesOn(running).print(job.owner, job.document, job),
    );
    this.prints += 1;
    if (await this.isWorn(running)) await this.close();
    return pdf;
  }

  /**
   * Starts the browser and its first page, so that the first print need not wait for them. Not while it prints.
   *
   * @throws what starting a browser throws, and BrowserLostError when it died or hung
   */
  async warm(): Promise<void> {
    const running = await this.runningProcess();
    await this.guarded(running, new AbortController().signal, () => this.pagesOn(running).prepare());
  }

  /** Kills the browser with all its processes, also while it starts. The slot can be used again. */
  async close(): Promise<void> {
    const process = this.process;
    this.process = undefined;
    this.pages = undefined;
    this.prints = 0;
    this.weighedAt = -WEIGH_EVERY_MS;
    this.starting.abort(new Error('The browser is not needed any more.'));
    await (await process?.catch(() => undefined))?.kill();
  }

  private async guarded<T>(running: BrowserProcess, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const guard = new Guard(running, signal, this.limits);
    try {
      return await guard.race(work());
    } catch (error) {
      await this.close();
      throw guard.explain(error);
    } finally {
      guard.release();
    }
  }

  private async isWorn(running: BrowserProcess): Promise<boolean> {
    const { printsPerBrowser, memoryPerBrowser } = this.limits;
    if (this.prints >= printsPerBrowser) return true;
    // Weighing reads files of every process, which a short print would feel.
    if (performance.now() - this.weighedAt < WEIGH_EVERY_MS) return false;
    this.weighedAt = performance.now();
    const pages = LIGHT_PAGE_MEMORY * (this.pages?.count ?? 0);
    return (await running.memory()) > memoryPerBrowser + pages;
  }

  private async runningProcess(): Promise<BrowserProcess> {
    if (this.process) {
      const running = await this.process;
      if (!running.hasEnded) return running;
      // It died while nobody used it, which is nobody's failed print.
      await this.close();
    }
    this.starting = new AbortController();
    this.process = this.start(this.starting.signal);
    try {
      return await this.process;
    } catch (error) {
      this.process = undefined;
      throw error;
    }
  }

  private pagesOn({ browser }: BrowserProcess): OwnedPages {
    if (this.pages?.browser !== browser) this.pages = new OwnedPages(browser, this.limits);
    return this.pages;
  }
}

/** Ends the wait for a browser that died, hangs, or is no longer wanted. */
class Guard {
  private readonly trouble: Promise<never>;
  private readonly timer: NodeJS.Timeout;
  private readonly heartbeat: NodeJS.Timeout;
  private readonly onAbort: () => void;
  private readonly forgetEnd: () => void;

  constructor(
    running: BrowserProcess,
    private readonly signal: AbortSignal,
    { printDeadlineMs, silenceMs }: SlotLimits,
  ) {
    const { promise, reject } = rejectable();
    this.trouble = promise;
    this.timer = setTimeout(() => {
      reject(new BrowserLostError(`The browser did not print within ${printDeadlineMs} ms.`));
    }, printDeadlineMs);
    // Heartbeats are counted, not time: a pause of our own process must not pass for one of the browser's.
    let unanswered = 0;
    this.heartbeat = setInterval(() => {
      unanswered += 1;
      if (unanswered * HEARTBEAT_MS > silenceMs)
        reject(new BrowserLostError(`The browser did not answer for ${silenceMs} ms.`));
      running.answers().then(
        () => (unanswered = 0),
        () => undefined,
      );
    }, HEARTBEAT_MS);
    this.onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', this.onAbort, { once: true });
    this.forgetEnd = running.onEnd(() => reject(new BrowserLostError('The browser died while it printed.')));
  }

  race<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.trouble]);
  }

  /** A dead browser shows first as some protocol error, whose text helps nobody. */
  explain(error: unknown): unknown {
    if (this.signal.aborted) return this.signal.reason;
    if (error instanceof BrowserLostError || error instanceof UnprintableDocumentError) return error;
    return new BrowserLostError('The browser failed while it printed.', { cause: error });
  }

  release(): void {
    clearTimeout(this.timer);
    clearInterval(this.heartbeat);
    this.signal.removeEventListener('abort', this.onAbort);
    this.forgetEnd();
  }
}

function rejectable(): { promise: Promise<never>; reject: (reason: unknown) => void } {
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<never>((_, fail) => {
    reject = fail;
  });
  promise.catch(() => undefined);
  return { promise, reject };
}
