import { createReadStream, createWriteStream } from 'node:fs';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';
import { extract } from 'tar-fs';

/** Folders of the unpacked browser package. */
export interface BundledBrowser {
  executable: string;
  /** Libraries that a bare machine lacks (nss, nspr, expat); for `LD_LIBRARY_PATH`. */
  libraryPath: string;
  /** A fontconfig file with one last-resort font; Chromium crashes where it finds no font at all. */
  fontConfig: string;
}

/**
 * Unpacks the headless shell that the npm package `@sparticuz/chromium` carries. The package's own
 * unpacking writes to fixed names in the temporary folder, where another user's copy blocks it; this
 * one unpacks into `cacheDir`, once, and processes that do it at the same time do not disturb each other.
 *
 * @throws Error when the package was built for another machine
 */
export async function unpackBundledBrowser(
  cacheDir: string,
  log: (line: string) => void,
): Promise<BundledBrowser> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`the bundled Chromium does not run on ${process.platform}-${process.arch}`);
  }
  const root = packageRoot();
  const target = await targetIn(cacheDir);
  if (!(await exists(target))) {
    log(`unpacking the bundled Chromium into ${target}`);
    const work = join(cacheDir, 'browser', `.work-${randomUUID()}`);
    try {
      await unpack(join(root, 'bin'), work, target);
      await rename(work, target).catch(async (error: unknown) => {
        // Another process was faster and unpacked the same.
        if (!(await exists(target))) throw error;
      });
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }
  return browserIn(target);
}

/** The same, where it is already unpacked. */
export async function findUnpackedBrowser(cacheDir: string): Promise<BundledBrowser | undefined> {
  const browser = browserIn(await targetIn(cacheDir));
  return (await exists(browser.executable)) ? browser : undefined;
}

/**
 * That of the package, whose first number is its Chromium's.
 *
 * @throws Error when the package is not installed
 */
export async function bundledVersion(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(packageRoot(), 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}

async function targetIn(cacheDir: string): Promise<string> {
  return join(cacheDir, 'browser', `headless-shell-${await bundledVersion()}`);
}

function browserIn(target: string): BundledBrowser {
  return {
    executable: join(target, 'headless_shell'),
    libraryPath: join(target, 'libraries', 'lib'),
    fontConfig: join(target, 'fonts.conf'),
  };
}

/** The package exports its code alone, so its archives are found from there. An image may do without it. */
function packageRoot(): string {
  try {
    return dirname(dirname(dirname(require.resolve('@sparticuz/chromium'))));
  } catch (cause) {
    throw new Error('the package of the bundled Chromium, @sparticuz/chromium, is not installed', { cause });
  }
}

async function unpack(from: string, work: string, target: string): Promise<void> {
  await mkdir(work, { recursive: true });
  const archive = (name: string, folder: string): Promise<void> =>
    pipeline(createReadStream(join(from, name)), createBrotliDecompress(), extract(join(work, folder)));
  await Promise.all([
    pipeline(
      createReadStream(join(from, 'chromium.br')),
      createBrotliDecompress(),
      createWriteStream(join(work, 'headless_shell'), { mode: 0o755 }),
    ),
    archive('al2023.tar.br', 'libraries'),
    archive('fonts.tar.br', 'fonts'),
    writeFile(join(work, 'fonts.conf'), fontConfig(join(target, 'fonts'), join(target, 'font-cache'))),
  ]);
}

function fontConfig(fonts: string, cache: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${escapeXml(fonts)}</dir><cachedir>${escapeXml(cache)}</cachedir></fontconfig>
`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
