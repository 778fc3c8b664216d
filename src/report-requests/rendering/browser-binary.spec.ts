import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BrowserBinary, findBrowser, majorOf, newestOf } from './browser-binary';
import fc from 'fast-check';

let root: string;
let folders: string[];
let warnings: string[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'order-reports-browsers-'));
  folders = ['first', 'second'].map((name) => join(root, name));
  for (const folder of folders) mkdirSync(folder);
  warnings = [];
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A program that answers `--version` and nothing else; versions are later than any bundled one. */
function install(folder: number, name: string, answer: string, exitCode = 0): string {
  const path = join(folders[folder]!, name);
  writeFileSync(path, `#!/bin/sh\necho '${answer}'\nexit ${exitCode}\n`, { mode: 0o755 });
  return path;
}

const find = (browserPath?: string): Promise<BrowserBinary> =>
  findBrowser({
    browserPath,
    dataDir: root,
    folders,
    log: () => undefined,
    warn: (line) => warnings.push(line),
  });

async function warned(): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (warnings.length === 0 && Date.now() < deadline) await sleep(5);
}

it('finds the newest headless shell, wherever it is, and warns of a browser that is newer', async () => {
  install(0, 'chromium-headless-shell', 'Chromium 1047.0.1.1');
  const newest = install(1, 'headless_shell', 'Chromium 1047.0.1.2');
  install(0, 'chrome-headless-shell', 'Chromium 1060.0.0.0', 1);
  const whole = install(0, 'google-chrome', 'Google Chrome 1053.0.7999.12');
  expect(await find()).toMatchObject({ executable: newest, version: 'Chromium 1047.0.1.2' });
  await warned();
  expect(warnings).toEqual([
    expect.stringContaining(`Chromium 1047.0.1.2 is older than Google Chrome 1053.0.7999.12 (${whole})`),
  ]);
});

it('does not warn of a browser of the same release, nor of one that does not run', async () => {
  install(0, 'chromium-headless-shell', 'Chromium 1047.0.1.1');
  install(0, 'google-chrome', 'Google Chrome 1047.0.9.9');
  install(1, 'google-chrome', 'Google Chrome 1060.0.0.0', 1);
  await find();
  // Whoever is installed later is asked later: by then those before have answered.
  install(0, 'chromium', 'Chromium 1061.0.0.0');
  await find();
  await warned();
  expect(warnings).toEqual([expect.stringContaining('Chromium 1061.0.0.0')]);
});

it('asks no other where one is named', async () => {
  install(0, 'chromium-headless-shell', 'Chromium 1061.0.0.0');
  const named = install(1, 'mine', 'Chromium 1.0.0.0');
  expect(await find(named)).toMatchObject({ executable: named });
  await expect(find(join(root, 'none'))).rejects.toThrow(/BROWSER_PATH names .*none/);
  expect(warnings).toEqual([]);
});

const of = (...versions: string[]): { version: string }[] => versions.map((version) => ({ version }));

it.each([
  [['Chromium 147.0.7727.24', 'Google Chrome 153.0.1.2'], 1],
  [['Chromium 99.0.1.2', 'Chromium 100.0.1.2'], 1],
  [['Chromium 147.0.7727.9 built on Debian 12', 'HeadlessChrome 147.0.7727.10'], 1],
  [['Chromium 147.0.7727.9', 'Chromium 147.0.7727.9'], 0],
  [['no version', 'Chromium 1.0'], 1],
  [['Chromium 1.0', 'no version'], 0],
])('the newest of %j is number %i', (versions, index) => {
  const browsers = of(...versions);
  expect(newestOf(browsers)).toBe(browsers[index]);
});

it('chooses none of none', () => {
  expect(newestOf(of())).toBeUndefined();
});

it('chooses the same version in whatever order they are found', () => {
  const version = fc
    .array(fc.nat(200), { minLength: 4, maxLength: 4 })
    .map((parts) => `Chromium ${parts.join('.')}`);
  fc.assert(
    fc.property(fc.array(version, { minLength: 1 }), (versions) => {
      const newest = newestOf(of(...versions))!.version;
      expect(newestOf(of(...[...versions].reverse()))!.version).toBe(newest);
      for (const other of versions) expect(majorOf(newest)).toBeGreaterThanOrEqual(majorOf(other));
    }),
  );
});
