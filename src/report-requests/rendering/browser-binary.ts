import { execFile } from 'node:child_process';
import { access, constants, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensureDebianPackages, PACKAGE_CACHE_DIR } from '../../common/debian-packages';
import { findUnpackedBrowser, unpackBundledBrowser } from './bundled-browser';
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
 * Finds a Chromium: the one that the operator names, a headless shell of the machine, the bundled one,
 * a whole browser of the machine, or the distribution's headless shell unpacked for ourselves alone.
 *
 * @throws BrowserMissingError that says what to install or set
 */
export async function findBrowser(options: {
  browserPath: string | undefined;
  dataDir: string;
  log: (line: string) => void;
}): Promise<BrowserBinary> {
  const { browserPath, log } = options;
  if (browserPath !== undefined) {
    try {
      return await probe(browserPath);
    } catch (error) {
      throw new BrowserMissingError(
        `BROWSER_PATH names ${browserPath}, which does not run: ${reason(error)}`,
      );
    }
  }
  const cacheDir = await writableCacheDir(options.dataDir);
  const refusals: string[] = [];
  const ways = [
    () => probeInstalled(HEADLESS_SHELLS),
    () => probeBundled(cacheDir, log),
    () => probeInstalled(WHOLE_BROWSERS),
    () => probeDistribution(cacheDir, log),
  ];
  for (const way of ways) {
    try {
      return await way();
    } catch (error) {
      refusals.push(reason(error));
    }
  }
  throw new BrowserMissingError(
    'No Chromium runs on this machine. Install one (on Debian: `apt-get install chromium-headless-shell`) ' +
      `or set BROWSER_PATH to its executable. Tried: ${refusals.join('; ')}`,
  );
}

async function probeInstalled(names: string[]): Promise<BrowserBinary> {
  const refusals: string[] = [];
  for (const path of names.flatMap((name) => FOLDERS.map((folder) => join(folder, name)))) {
    if (!(await isExecutable(path))) continue;
    try {
      return await probe(path);
    } catch (error) {
      refusals.push(reason(error));
    }
  }
  throw new Error(refusals.join('; ') || `none of ${names.join(', ')} is installed`);
}

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
