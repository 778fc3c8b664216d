import type { ChildProcess } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

// https://nodejs.org/api/diagnostics_channel.html#built-in-channels
const STARTED = 'child_process';
/** What it said last may come a moment after its end. */
const LAST_WORDS_MS = 100;
const LAST_WORDS = 4_096;

/**
 * The process of a browser that is being started. The launcher hands a browser out only when it is ready, and waits for
 * one that died meanwhile until its timeout; so its process is looked for among all that start, by an argument of its own.
 */
export class StartingProcess {
  /** Rejects when the process ends, with what it said last. */
  readonly death: Promise<never>;
  /** Resolves when it is there: the launcher has some things to do before. */
  readonly appearance: Promise<void>;
  private child: ChildProcess | undefined;
  private said = '';
  private reject: (reason: Error) => void = () => undefined;
  private appear: () => void = () => undefined;

  constructor(private readonly argument: string) {
    this.death = new Promise<never>((_, reject) => (this.reject = reject));
    this.death.catch(() => undefined);
    this.appearance = new Promise((resolve) => (this.appear = resolve));
    subscribe(STARTED, this.onStart);
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** The launcher may notice the end of a pipe before that of the process, whose last words say more. */
  async explain(error: unknown): Promise<never> {
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(reject, 3 * LAST_WORDS_MS, error);
    });
    try {
      return await Promise.race([this.death, silence]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** To be called when it runs, or will not. */
  release(): void {
    unsubscribe(STARTED, this.onStart);
    this.child?.off('exit', this.onExit);
    this.child?.stderr?.off('data', this.onWords);
  }

  private readonly onStart = (message: unknown): void => {
    const { process: child } = message as { process: ChildProcess };
    // Its arguments are there when the call that starts it has returned.
    setImmediate(() => {
      if (this.child || !child.spawnargs.some((argument) => argument.includes(this.argument))) return;
      this.child = child;
      this.appear();
      child.stderr?.on('data', this.onWords);
      if (child.exitCode === null && child.signalCode === null) child.once('exit', this.onExit);
      else this.onExit();
    });
  };

  private readonly onWords = (chunk: Buffer): void => {
    this.said = (this.said + chunk.toString()).slice(-LAST_WORDS);
  };

  private readonly onExit = (): void => {
    const end = this.child?.signalCode ?? `code ${this.child?.exitCode}`;
    setTimeout(() => {
      this.reject(new Error(`The browser ended while it started (${end}): ${this.said.trim()}`));
    }, LAST_WORDS_MS);
  };
}
