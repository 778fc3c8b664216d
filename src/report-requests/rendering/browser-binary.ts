import { execFile } from 'node:child_process';
import { access, constants, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensureDebianPackages, PACKAGE_CACHE_DIR } from '../../common/debian-packages';
import { bundledVersion, findUnpackedBrowser, unpackBundledBrowser } from './bundled-browser';
import { BrowserMissingError } from './render-errors';

const run = promisify(execFile);

/** A Chromium that answered `--version` on this machine, and what it needs to run here. */
export interface BrowserBinary {
  executable: string;
  /** Additions to the environment of the browser. */
  environment: Record<string, string>;
  version: string;
}

// The programs themselves come before the wrappers that start them.
const FOLDERS = [
  '/usr/lib/chromium',
  '/opt/chrome-headless-shell',
  '/opt/google/chrome',
  '/usr/local/bin',
  '/usr/bin',
];
// The headless shell prints about twice as fast as the whole browser.
const HEADLESS_SHELLS = ['chromium-headless-shell', 'chrome-headless-shell', 'headless_shell'];
const WHOLE_BROWSERS = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];

/**
 * Finds a Chromium: the one that the operator names; else the newest headless shell, of those of the machine and the
 * bundled one; else the newest whole browser of the machine, or the distribution's headless shell, unpacked into our cache without being
 * installed. The bundled one is unpacked only where it is of a later release than what is installed.
 *
 * @param options.warn hears, maybe later, of a browser of the machine that is of a later release than the headless shell
 * @param options.folders where to look for those of the machine; by default, where they are installed
 * @throws BrowserMissingError that says what to install or set
 */
export async function findBrowser(options: {
  browserPath: string | undefined;
  dataDir: string;
  log: (line: string) => void;
  warn?: (line: string) => void;
  folders?: readonly string[];
}): Promise<BrowserBinary> {
  const { browserPath, log, warn, folders = FOLDERS } = options;
  if (browserPath !== undefined) {
    try {
      return await probe(browserPath);
    } catch (error) {
      throw new BrowserMissingError(
        `BROWSER_PATH names ${browserPath}, which does not run: ${reason(error)}`,
      );
    }
  }
  const refusals: string[] = [];
  const refused = (error: unknown): undefined => {
    refusals.push(reason(error));
  };
  // Beside everything else: whole browsers take longest to say their version.
  const wholeBrowsers = probeInstalled(folders, WHOLE_BROWSERS, refused);
  let shell = newestOf(await probeInstalled(folders, HEADLESS_SHELLS, refused));
  const cacheDir = await writableCacheDir(options.dataDir);
  if (shell === undefined || majorOf(shell.version) < (await bundledMajor()))
    shell = (await probeBundled(cacheDir, log).catch(refused)) ?? shell;
  if (shell !== undefined) {
    const chosen = shell;
    if (warn !== undefined) void wholeBrowsers.then((found) => warnOfNewer(chosen, newestOf(found), warn));
    return chosen;
  }
  const other = newestOf(await wholeBrowsers) ?? (await probeDistribution(cacheDir, log).catch(refused));
  if (other !== undefined) return other;
  throw new BrowserMissingError(
    'No Chromium runs on this machine. Install one (on Debian: `apt-get install chromium-headless-shell`) ' +
      `or set BROWSER_PATH to its executable. Tried: ${refusals.join('; ')}`,
  );
}

/** All that run, of the names that are installed; none when none does. */
async function probeInstalled(
  folders: readonly string[],
  names: string[],
  refused: (error: unknown) => void,
): Promise<BrowserBinary[]> {
  const paths = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  const found = await Promise.all(
    paths.map(async (path) => ((await isExecutable(path)) ? probe(path).catch(refused) : undefined)),
  );
  const browsers = found.filter((browser) => browser !== undefined);
  if (browsers.length === 0) refused(new Error(`none of ${names.join(', ')} is installed and runs`));
  return browsers;
}

function warnOfNewer(
  chosen: BrowserBinary,
  newest: BrowserBinary | undefined,
  warn: (line: string) => void,
): void {
  if (newest === undefined || majorOf(newest.version) <= majorOf(chosen.version)) return;
  warn(
    `${chosen.version} is older than ${newest.version} (${newest.executable}), and lacks what was mended since, ` +
      'also of its security. Install a newer headless shell, or set BROWSER_PATH to the newer browser, which prints at half the speed.',
  );
}

/** 0 where there is none. */
const bundledMajor = (): Promise<number> =>
  bundledVersion().then(
    (version) => majorOf(version),
    () => 0,
  );

async function probeBundled(cacheDir: string, log: (line: string) => void): Promise<BrowserBinary> {
  // One that came with the clone, or that its owner unpacked, is used by everybody.
  const { executable, libraryPath, fontConfig } =
    (await findUnpackedBrowser(PACKAGE_CACHE_DIR)) ?? (await unpackBundledBrowser(cacheDir, log));
  const hasFonts = await access('/etc/fonts/fonts.conf').then(
    () => true,
    () => false,
  );
  const fonts: Record<string, string> = hasFonts ? {} : { FONTCONFIG_FILE: fontConfig };
  try {
    return await probe(executable, fonts);
  } catch {
    // Only where the machine lacks them: its own libraries are patched by its distribution.
    return await probe(executable, { ...fonts, LD_LIBRARY_PATH: libraryPath });
  }
}

async function probeDistribution(cacheDir: string, log: (line: string) => void): Promise<BrowserBinary> {
  const packages = ['chromium-headless-shell'];
  const { root, libraryPath } = await ensureDebianPackages({ packages, cacheDir, log });
  // One of its libraries keeps a part of itself in a folder of its own.
  const folders = libraryPath.split(':').flatMap((folder) => [folder, join(folder, 'pulseaudio')]);
  return probe(join(root, 'usr/lib/chromium/chromium-headless-shell'), {
    LD_LIBRARY_PATH: folders.join(':'),
  });
}

async function probe(executable: string, environment: Record<string, string> = {}): Promise<BrowserBinary> {
  const { stdout } = await run(executable, ['--version'], { env: { ...environment }, timeout: 20_000 });
  return { executable, environment, version: stdout.trim() };
}

/** The clone's own cache where it may be written, so that many instances of one clone share it. */
async function writableCacheDir(dataDir: string): Promise<string> {
  try {
    await mkdir(PACKAGE_CACHE_DIR, { recursive: true });
    await access(PACKAGE_CACHE_DIR, constants.W_OK);
    return PACKAGE_CACHE_DIR;
  } catch {
    return join(dataDir, 'cache');
  }
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function reason(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message?: string };
  return (stderr?.trim().split('\n').at(-1) ?? '') || (message ?? String(error));
}

/** The numbers of what a browser answers to `--version`: `Google Chrome 153.0.7999.12` has four. */
const numbersOf = (version: string): number[] =>
  (/\d+(\.\d+)+/.exec(version)?.[0] ?? '').split('.').map(Number);

/** The first number, which counts the releases that mend what is insecure; 0 where there is none. */
export const majorOf = (version: string): number => numbersOf(version)[0] ?? 0;

/** The newest, and of equals the first; those whose version cannot be read come last. */
export function newestOf<T extends { version: string }>(browsers: readonly T[]): T | undefined {
  return browsers.reduce<T | undefined>(
    (newest, browser) => (newest === undefined || isOlder(newest, browser) ? browser : newest),
    undefined,
  );
}

function isOlder(one: { version: string }, other: { version: string }): boolean {
  const ours = numbersOf(one.version);
  const theirs = numbersOf(other.version);
  const differing = theirs.findIndex((number, index) => number !== ours[index]);
  return differing >= 0 && (theirs[differing] ?? 0) > (ours[differing] ?? 0);
}
