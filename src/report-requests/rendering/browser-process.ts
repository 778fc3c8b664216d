import { Browser, launch } from 'puppeteer';
import { BrowserBinary } from './browser-binary';
import { killGroup, memoryOfTree } from './process-tree';
import { StartingProcess } from './starting-process';
import { makeWorkFolder, removeWorkFolder } from './work-folder';
import { unlessAborted } from './unless-aborted';

/** How the browser is kept from the network, below the layers that each page has. */
export const NETWORK_FLAGS = [
  // Nothing listens on port 1, so every request ends there, to loopback too.
  '--proxy-server=http://127.0.0.1:1',
  '--proxy-bypass-list=<-loopback>',
  '--host-resolver-rules=MAP * ~NOTFOUND',
];

/** How every browser is started. */
export const FLAGS = [
  ...NETWORK_FLAGS,
  '--disable-dev-shm-usage',
  '--disable-gpu',
  '--disable-software-rasterizer',
  // Nobody looks at a screen; without this a fifth of a short print goes into pictures of it.
  '--disable-threaded-compositing',
  // Hinting moves glyphs differently from machine to machine.
  '--font-render-hinting=none',
];

/** One running Chromium with all its processes, in a process group that its main process leads: it starts detached. */
export class BrowserProcess {
  private constructor(
    readonly browser: Browser,
    private readonly pid: number,
    private readonly exited: Promise<void>,
    private readonly profile: string,
  ) {}

  /**
   * Starts a browser on a pipe, so that it ends with this process however that dies.
   *
   * @throws Error when it does not start within `timeoutMs`, or as soon as it dies
   * @throws the signal's reason as soon as it is aborted
   */
  static async start(
    binary: BrowserBinary,
    sandbox: boolean,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<BrowserProcess> {
    const profile = await makeWorkFolder();
    const starting = new StartingProcess(profile);
    let launching: Promise<Browser> | undefined;
    try {
      signal.throwIfAborted();
      launching = launch({
        executablePath: binary.executable,
        headless: 'shell',
        pipe: true,
        userDataDir: profile,
        timeout: timeoutMs,
        // A page that hangs is killed by us; nothing shorter may fail a long print.
        protocolTimeout: 0,
        args: sandbox ? FLAGS : [...FLAGS, '--no-sandbox'],
        // An environment of its own: ours holds keys and passwords.
        env: {
          PATH: '/usr/bin:/bin',
          HOME: profile,
          TMPDIR: profile,
          LANG: 'C.UTF-8',
          TZ: 'UTC',
          ...binary.environment,
        },
        handleSIGINT: false,
        handleSIGTERM: false,
        handleSIGHUP: false,
      });
      const launched = launching.catch((error: unknown) => starting.explain(error));
      const browser = await within(
        timeoutMs,
        unlessAborted(signal, Promise.race([launched, starting.death])),
      );
      const child = browser.process();
      if (child?.pid === undefined) throw new Error('the browser has no process');
      const exited = new Promise<void>((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) resolve();
        else child.once('exit', () => resolve());
      });
      return new BrowserProcess(browser, child.pid, exited, profile);
    } catch (error) {
      // One that is no longer wanted may not be there yet.
      await Promise.race([starting.appearance, launching?.catch(() => undefined)]);
      if (starting.pid !== undefined) killGroup(starting.pid);
      await removeWorkFolder(profile);
      throw error;
    } finally {
      starting.release();
    }
  }

  get hasEnded(): boolean {
    const child = this.browser.process();
    return child === null || child.exitCode !== null || child.signalCode !== null;
  }

  /**
   * Calls back when the browser's main process has ended, for whatever reason.
   *
   * @returns what takes it back: a browser outlives its prints, and would keep what each of them left waiting
   */
  onEnd(listener: () => void): () => void {
    const child = this.browser.process();
    if (this.hasEnded) listener();
    else child?.once('exit', listener);
    return () => child?.off('exit', listener);
  }

  /** Whether its main process still answers. Pending for as long as it does not. */
  async answers(): Promise<void> {
    await this.browser.version();
  }

  /** Memory of all its processes in bytes, without files that they share. 0 where that is not known. */
  memory(): Promise<number> {
    return memoryOfTree(this.pid);
  }

  /** Ends every process of the browser at once, also when it hangs or is stopped. */
  async kill(): Promise<void> {
    killGroup(this.pid);
    await this.exited;
    await removeWorkFolder(this.profile);
  }
}

/** The launcher's own timeout does not cover a browser that never answers on its pipe. */
async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`The browser did not start within ${timeoutMs} ms.`)),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
