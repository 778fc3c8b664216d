/** Resolves after this time, or rejects when the signal aborts before. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/** Exponential, from half a second up to ten, a half more or less, so that callers who failed together do not come together. */
export const backoffMs = (tries: number): number =>
  Math.min(10_000, 500 * 2 ** Math.min(tries - 1, 10)) * (0.5 + Math.random());

/**
 * Aborts what says nothing for too long. A connection whose other end is gone without a word looks like one that is
 * about to answer, and only time distinguishes them.
 */
export class IdleTimeout {
  private readonly controller = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Aborts when the time is up, or when the caller wants no more. */
  readonly signal: AbortSignal;

  constructor(milliseconds: number, caller?: AbortSignal) {
    this.signal = caller ? AbortSignal.any([caller, this.controller.signal]) : this.controller.signal;
    this.restart(milliseconds);
  }

  /** Something came: the time begins anew. */
  restart(milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(
      () => this.controller.abort(new Error(`Nothing came for ${milliseconds / 1_000} s.`)),
      milliseconds,
    );
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}
