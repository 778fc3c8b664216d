import { Logger } from '@nestjs/common';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBrowser } from '../../src/report-requests/rendering/browser-binary';
import { BrowserLauncher, LauncherOptions } from '../../src/report-requests/rendering/browser-launcher';
import { BrowserMissingError } from '../../src/report-requests/rendering/render-errors';

const ROOT = 0;
const ORDINARY = 1_000;

/** A real browser behind a script that notes its arguments, and may refuse the sandbox as a machine without namespaces. */
describe("the browser's sandbox", () => {
  let directory: string;
  let browserPath: string;
  let warnings: jest.SpyInstance;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'order-reports-test-'));
    browserPath = join(directory, 'browser');
  });

  afterAll(() => rm(directory, { recursive: true, force: true }));

  beforeEach(() => {
    warnings = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  });

  afterEach(() => jest.restoreAllMocks());

  async function launch(
    machine: { uid: number; hasNamespaces: boolean },
    sandbox: LauncherOptions['sandbox'],
  ): Promise<string[]> {
    jest.spyOn(process, 'getuid').mockReturnValue(machine.uid);
    const real = await findBrowser({
      browserPath: process.env['BROWSER_PATH'],
      dataDir: directory,
      log: () => undefined,
    });
    const environment = Object.entries(real.environment).map(([name, value]) => `export ${name}='${value}'`);
    const refusal =
      'case "$*" in *--version*|*--no-sandbox*) ;; *) echo "No usable sandbox!" >&2; exit 1;; esac';
    const script = [
      '#!/bin/sh',
      ...environment,
      `case "$*" in *--version*) ;; *) echo "$*" >>'${directory}/arguments';; esac`,
      machine.hasNamespaces ? '' : refusal,
      // This machine may have none, and the test may run as root.
      `exec '${real.executable}' "$@" --no-sandbox`,
    ];
    await writeFile(browserPath, `${script.join('\n')}\n`, { mode: 0o755 });
    await writeFile(join(directory, 'arguments'), '');
    const launcher = new BrowserLauncher({ browserPath, dataDir: directory, sandbox });
    const browser = await launcher.start(new AbortController().signal);
    await browser.answers();
    await browser.kill();
    return (await readFile(join(directory, 'arguments'), 'utf8')).trim().split('\n');
  }

  it.each(['on', 'auto'] as const)('is on where the machine gives it (%s)', async (sandbox) => {
    const starts = await launch({ uid: ORDINARY, hasNamespaces: true }, sandbox);
    expect(starts).toHaveLength(1);
    expect(starts[0]).not.toContain('--no-sandbox');
    expect(warnings).not.toHaveBeenCalled();
  });

  it('is dropped, and said to be, where the machine does not give it (auto)', async () => {
    const starts = await launch({ uid: ORDINARY, hasNamespaces: false }, 'auto');
    expect(starts.map((start) => start.includes('--no-sandbox'))).toEqual([false, true]);
    expect(warnings).toHaveBeenCalledWith(expect.stringMatching(/WITHOUT its sandbox: .*namespaces/));
  });

  it('is dropped for root, and said to be (auto)', async () => {
    const starts = await launch({ uid: ROOT, hasNamespaces: true }, 'auto');
    expect(starts.map((start) => start.includes('--no-sandbox'))).toEqual([true]);
    expect(warnings).toHaveBeenCalledWith(expect.stringMatching(/WITHOUT its sandbox: .*root/));
  });

  it('is off where the operator says so, and said to be', async () => {
    const starts = await launch({ uid: ORDINARY, hasNamespaces: true }, 'off');
    expect(starts.map((start) => start.includes('--no-sandbox'))).toEqual([true]);
    expect(warnings).toHaveBeenCalledWith(expect.stringMatching(/BROWSER_SANDBOX is off/));
  });

  it.each([
    ['for root', { uid: ROOT, hasNamespaces: true }],
    ['without namespaces', { uid: ORDINARY, hasNamespaces: false }],
  ])('is never dropped where the operator wants it (%s)', async (_, machine) => {
    await expect(launch(machine, 'on')).rejects.toThrow(BrowserMissingError);
    const starts = (await readFile(join(directory, 'arguments'), 'utf8')).trim();
    expect(starts).not.toContain('--no-sandbox');
  });
});
