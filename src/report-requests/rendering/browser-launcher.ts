import { Logger } from '@nestjs/common';
import { BrowserBinary, findBrowser } from './browser-binary';
import { BrowserProcess } from './browser-process';
import { BrowserLostError } from './render-errors';

const START_TIMEOUT_MS = 30_000;

/** Starts browsers of the machine's best Chromium, which it looks for at the first one. */
export class BrowserLauncher {
  private readonly logger = new Logger('Browser');
  private binary: Promise<BrowserBinary> | undefined;
  private sandbox = process.getuid?.() !== 0;
  private warned = false;

  constructor(private readonly options: { browserPath: string | undefined; dataDir: string }) {}

  /**
   * @throws BrowserMissingError when the machine has no Chromium
   * @throws BrowserLostError when it does not start
   */
  async start(): Promise<BrowserProcess> {
    const binary = await this.findOnce();
    if (!this.sandbox) this.warn('Chromium refuses its sandbox to root; run the worker as an ordinary user.');
    try {
      return await this.tryStart(binary);
    } catch (error) {
      throw new BrowserLostError(`${binary.version} did not start.`, { cause: error });
    }
  }

  private async tryStart(binary: BrowserBinary): Promise<BrowserProcess> {
    try {
      return await BrowserProcess.start(binary, this.sandbox, START_TIMEOUT_MS);
    } catch (error) {
      if (!this.sandbox || !/sandbox/i.test(String(error))) throw error;
      const process = await BrowserProcess.start(binary, false, START_TIMEOUT_MS);
      this.sandbox = false;
      this.warn('this machine gives ordinary users no user namespaces, which the sandbox needs.');
      return process;
    }
  }

  private findOnce(): Promise<BrowserBinary> {
    if (!this.binary) {
      const search = findBrowser({ ...this.options, log: (line) => this.logger.log(line) });
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
