import { Logger } from '@nestjs/common';
import { BrowserBinary, findBrowser } from './browser-binary';
import { BrowserProcess } from './browser-process';
import { unlessAborted } from './unless-aborted';
import { BrowserLostError, BrowserMissingError } from './render-errors';

const START_TIMEOUT_MS = 30_000;

export interface LauncherOptions {
  browserPath: string | undefined;
  dataDir: string;
  /** `on`: never without; `auto`: without it where the machine does not give it, with a warning; `off`: always without. */
  sandbox: 'on' | 'auto' | 'off';
}

const AS_ROOT = 'Chromium refuses its sandbox to root; run the worker as an ordinary user.';
const WITHOUT_NAMESPACES = 'this machine gives ordinary users no user namespaces, which the sandbox needs.';

/** Starts browsers of the machine's best Chromium, which it looks for at the first one. */
export class BrowserLauncher {
  private readonly logger = new Logger('Browser');
  private binary: Promise<BrowserBinary> | undefined;
  private sandbox: boolean;
  private warned = false;

  constructor(private readonly options: LauncherOptions) {
    this.sandbox = options.sandbox !== 'off';
  }

  /**
   * @throws BrowserMissingError when the machine has no Chromium, or none with the sandbox that it must have
   * @throws BrowserLostError when it does not start
   * @throws the signal's reason as soon as it is aborted
   */
  async start(signal: AbortSignal): Promise<BrowserProcess> {
    const binary = await unlessAborted(signal, this.findOnce());
    if (this.sandbox && process.getuid?.() === 0) this.dropSandbox(AS_ROOT);
    if (!this.sandbox) this.warn('BROWSER_SANDBOX is off.');
    try {
      return await this.tryStart(binary, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof BrowserMissingError) throw error;
      throw new BrowserLostError(`${binary.version} did not start.`, { cause: error });
    }
  }

  private async tryStart(binary: BrowserBinary, signal: AbortSignal): Promise<BrowserProcess> {
    try {
      return await BrowserProcess.start(binary, this.sandbox, START_TIMEOUT_MS, signal);
    } catch (error) {
      if (!this.sandbox || !/sandbox/i.test(String(error))) throw error;
      this.dropSandbox(WITHOUT_NAMESPACES);
      return BrowserProcess.start(binary, false, START_TIMEOUT_MS, signal);
    }
  }

  /** @throws BrowserMissingError where the operator wants it */
  private dropSandbox(why: string): void {
    if (this.options.sandbox === 'on') {
      throw new BrowserMissingError(
        `BROWSER_SANDBOX is on, and Chromium cannot have its sandbox here: ${why} BROWSER_SANDBOX=auto prints without it.`,
      );
    }
    this.sandbox = false;
    this.warn(why);
  }

  private findOnce(): Promise<BrowserBinary> {
    if (!this.binary) {
      const { browserPath, dataDir } = this.options;
      const search = findBrowser({
        browserPath,
        dataDir,
        log: (line) => this.logger.log(line),
        warn: (line) => this.logger.warn(line),
      });
      this.binary = search;
      search.then(
        ({ version, executable }) => this.logger.log(`printing with ${version} (${executable})`),
        // Somebody may install one, so the next start looks again.
        () => (this.binary = undefined),
      );
    }
    return this.binary;
  }

  private warn(why: string): void {
    if (this.warned) return;
    this.warned = true;
    this.logger.warn(`Chromium runs WITHOUT its sandbox: ${why}`);
  }
}
