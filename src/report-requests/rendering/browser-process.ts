import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Browser, launch } from 'puppeteer';
import { BrowserBinary } from './browser-binary';

/** How the browser is kept from the network, below the layers that each page has. */
const NETWORK_FLAGS = [
  // Nothing listens on port 1, so every request ends there, to loopback too.
  '--proxy-server=http://127.0.0.1:1',
  '--proxy-bypass-list=<-loopback>',
  '--host-resolver-rules=MAP * ~NOTFOUND',
];

const FLAGS = [
  ...NETWORK_FLAGS,
  '--disable-dev-shm-usage',
  '--disable-gpu',
  '--disable-software-rasterizer',
  // Hinting moves glyphs differently from machine to machine.
  '--font-render-hinting=none',
];

const PROFILE = /^order-reports-browser-(\d+)-/;
let sweep: Promise<void> | undefined;

/** One running Chromium with all its processes, in a process group of its own. */
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
   * @throws Error when it does not start within `timeoutMs`
   */
  static async start(binary: BrowserBinary, sandbox: boolean, timeoutMs: number): Promise<BrowserProcess> {
    // Once and before our own first profile, so that it can never take one of ours.
    await (sweep ??= removeStaleProfiles());
    const profile = await mkdtemp(join(tmpdir(), `order-reports-browser-${process.pid}-`));
    try {
      const launching = launch({
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
      const browser = await within(timeoutMs, launching);
      const child = browser.process();
      if (child?.pid === undefined) throw new Error('the browser has no process');
      const exited = new Promise<void>((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) resolve();
        else child.once('exit', () => resolve());
      });
      return new BrowserProcess(browser, child.pid, exited, profile);
    } catch (error) {
      await killUnfinished(profile);
      await removeProfile(profile);
      throw error;
    }
  }

  get hasEnded(): boolean {
    const child = this.browser.process();
    return child === null || child.exitCode !== null || child.signalCode !== null;
  }

  /** Settles when the browser's main process has ended, for whatever reason. */
  get ended(): Promise<void> {
    return this.exited;
  }

  /** Ends every process of the browser at once, also when it hangs or is stopped. */
  async kill(): Promise<void> {
    killGroup(this.pid);
    await this.exited;
    await removeProfile(this.profile);
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

/** A browser that hung while it started is not handed out, so it is told by its profile, which no other has. */
async function killUnfinished(profile: string): Promise<void> {
  for (const name of await readdir('/proc').catch(() => [])) {
    const command = await readFile(`/proc/${name}/cmdline`, 'latin1').catch(() => '');
    if (command.includes(profile)) killGroup(Number(name));
  }
}

/** Started detached, a browser's main process leads a group of all its processes. */
function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function removeProfile(profile: string): Promise<void> {
  // Children of a killed browser may still be writing for a moment.
  await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

/** A process that was killed left its profiles; nobody else would remove them. */
async function removeStaleProfiles(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = PROFILE.exec(name)?.[1];
    const path = join(tmpdir(), name);
    if (owner === undefined || isAnotherLiveProcess(Number(owner))) continue;
    const { uid } = await stat(path).catch(() => ({ uid: -1 }));
    if (uid === process.getuid?.()) await rm(path, { recursive: true, force: true });
  }
}

function isAnotherLiveProcess(pid: number): boolean {
  // In a container the process that was killed often had the same number as this one.
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
