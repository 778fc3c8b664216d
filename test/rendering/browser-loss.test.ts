import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BrowserProcess } from '../../src/report-requests/rendering/browser-process';
import { BrowserLauncher } from '../../src/report-requests/rendering/browser-launcher';
import { BrowserPool } from '../../src/report-requests/rendering/browser-pool';
import { BrowserSlot } from '../../src/report-requests/rendering/browser-slot';
import { PrintPriority } from '../../src/report-requests/rendering/print-priority';
import { BrowserLostError } from '../../src/report-requests/rendering/render-errors';
import { waitFor } from '../support/services';
import { pagesOf, processesOf, profiles } from './browser-processes';
import { readPdf, textOf } from './pdf-reader';
import { ROWS_PER_PAGE, sampleOrder, sampleReport } from './sample-report';
import { eventually, LIMITS, TestRenderer, WrittenReport } from './test-renderer';

/** 62 pages in four parts: there are some to come when the first is printed. */
const many = Array.from({ length: 60 * ROWS_PER_PAGE }, (_, index) => sampleOrder(index));
const few = many.slice(0, 20);
const never = new AbortController().signal;

/** Every order once, on as many pages as the last one says. */
async function expectWhole(result: unknown): Promise<void> {
  if (result instanceof Error) throw result;
  const { path, pages } = result as WrittenReport;
  const text = textOf(await readPdf(path));
  const numbers = text.match(/US-2016-\d+/g) ?? [];
  expect(numbers).toEqual(many.map(({ number }) => number));
  expect(text).toContain(`Page ${pages} of ${pages}`);
}

describe('a browser that is lost', () => {
  let renderer: TestRenderer;

  afterEach(async () => {
    await renderer.close();
    // Children of a killed group take a moment longer than their leader.
    await eventually(
      'its processes are gone',
      async () => (await processesOf(renderer.browserPids)).length === 0,
    );
    expect(await profiles()).toEqual([]);
  });

  /** Starts a long report; resolves when its first part is printed and the next is at work. */
  async function startLong(signal?: AbortSignal): Promise<{ result: Promise<unknown>; pid: number }> {
    let started = false;
    const onProgress = (): void => void (started = true);
    const rendering = renderer.start(sampleReport(many), {
      isLarge: true,
      onProgress,
      ...(signal && { signal }),
    });
    const result: Promise<unknown> = rendering.catch((error: unknown) => error);
    await eventually('the first part is printed', () => started);
    return { result, pid: renderer.browserPids.at(-1)! };
  }

  it('costs only the part that it printed when it is killed', async () => {
    renderer = await TestRenderer.create();
    const { result, pid } = await startLong();
    process.kill(pid, 'SIGKILL');
    await expectWhole(await result);
    expect(renderer.started).toHaveLength(2);
    await eventually('its processes are gone', async () => (await processesOf([pid])).length === 0);
  });

  it.each([
    ['silenceMs', { silenceMs: 6_000 }],
    ['printDeadlineMs', { printDeadlineMs: 15_000 }],
  ])('costs no more when it hangs, by %s', async (_, limits) => {
    renderer = await TestRenderer.create(limits);
    const { result, pid } = await startLong();
    process.kill(-pid, 'SIGSTOP');
    await expectWhole(await result);
    expect(renderer.started).toHaveLength(2);
    await eventually('its processes are gone', async () => (await processesOf([pid])).length === 0);
  });

  it('ends the report when it is lost over the same part again and again', async () => {
    renderer = await TestRenderer.create();
    const { result } = await startLong();
    let ended = false;
    void result.then(() => (ended = true));
    await eventually('it is given up', () => {
      for (const { browser } of renderer.started) browser.process()?.kill('SIGKILL');
      return ended;
    });
    expect(await result).toBeInstanceOf(BrowserLostError);
    expect(renderer.started.length).toBeLessThanOrEqual(6);
    expect((await renderer.render(sampleReport(few))).pages).toHaveLength(2);
  });

  it('is replaced when it has grown too large', async () => {
    renderer = await TestRenderer.create({ memoryPerBrowser: 1 });
    for (let count = 0; count < 3; count += 1) await renderer.start(sampleReport(few));
    // One more is started before anybody needs it.
    expect(renderer.started.length).toBeGreaterThanOrEqual(3);
  });

  it('is ready before the first report when its slot is warmed', async () => {
    renderer = await TestRenderer.create({}, 2);
    await renderer.pool.warm();
    expect(renderer.started).toHaveLength(2);
    await Promise.all([renderer.start(sampleReport(few)), renderer.start(sampleReport(few))]);
    expect(renderer.started).toHaveLength(2);
  });

  it('is replaced without a failure when it died between two reports', async () => {
    renderer = await TestRenderer.create();
    await renderer.render(sampleReport(few));
    const [pid] = renderer.browserPids;
    process.kill(pid!, 'SIGKILL');
    await eventually('it is gone', async () => (await processesOf([pid!])).length === 0);
    expect((await renderer.render(sampleReport(few))).pages).toHaveLength(2);
  });

  it('prints at once when the processes of its pages died between two reports', async () => {
    renderer = await TestRenderer.create({ printDeadlineMs: 600_000 });
    await renderer.render(sampleReport(few));
    await renderer.pool.warm();
    // The browser's first, the one that is kept for its owner, and the one that is ready for the next.
    const pages = await renderer.started[0]!.browser.pages();
    expect(pages).toHaveLength(3);
    let crashes = 0;
    for (const page of pages) page.once('error', () => (crashes += 1));
    for (const pid of await pagesOf(renderer.browserPids)) process.kill(pid, 'SIGKILL');
    await eventually('their end is known', () => crashes === pages.length);
    for (const owner of ['client', 'another']) {
      let printed: WrittenReport | undefined;
      void renderer.start(sampleReport(few), { owner }).then((report) => (printed = report));
      await eventually(`a report of ${owner} is printed`, () => printed?.pages === 2);
    }
    expect(renderer.started).toHaveLength(1);
  });

  it('is killed when its report is aborted', async () => {
    renderer = await TestRenderer.create();
    const abort = new AbortController();
    const prints = jest.spyOn(BrowserSlot.prototype, 'print');
    const { result, pid } = await startLong(abort.signal);
    // Between two parts nothing is to be killed, so it is kept from ending the one that is under way.
    process.kill(-pid, 'SIGSTOP');
    await eventually('a part is under way', () => {
      const last = prints.mock.results.at(-1)!.value as Promise<unknown>;
      return Promise.race([last.then(() => false), sleep(200).then(() => true)]);
    });
    prints.mockRestore();
    const reason = new Error('cancelled by its owner');
    abort.abort(reason);
    expect(await result).toBe(reason);
    await eventually('its processes are gone', async () => (await processesOf([pid])).length === 0);
    expect((await renderer.render(sampleReport(few))).pages).toHaveLength(2);
  });

  it('takes no other report with it', async () => {
    renderer = await TestRenderer.create({}, 2);
    const abort = new AbortController();
    const { result } = await startLong(abort.signal);
    const small = renderer.render(sampleReport(few));
    abort.abort(new Error('cancelled'));
    expect((await small).pages).toHaveLength(2);
    expect(await result).toBeInstanceOf(Error);
  });

  it('is replaced after its share of prints', async () => {
    renderer = await TestRenderer.create({ printsPerBrowser: 3 });
    for (let count = 0; count < 7; count += 1) await renderer.start(sampleReport(few));
    expect(renderer.started).toHaveLength(3);
    const replaced = renderer.browserPids.slice(0, 2);
    await eventually('those before are gone', async () => (await processesOf(replaced)).length === 0);
  });

  it('is not started before there is something to print', async () => {
    renderer = await TestRenderer.create();
    expect(renderer.started).toHaveLength(0);
  });

  it('does not keep a small report waiting for a large one', async () => {
    renderer = await TestRenderer.create();
    const abort = new AbortController();
    const { result } = await startLong(abort.signal);
    let finished = false;
    void result.then(() => (finished = true));
    await renderer.start(sampleReport(few));
    expect(finished).toBe(false);
    abort.abort();
    await result;
  });
});

describe('a browser that dies while it starts', () => {
  it.each([
    ['by itself', 'echo "No usable sandbox!" >&2; sleep 0.2; exit 1', 'code 1'],
    ['by a signal', 'echo "No usable sandbox!" >&2; sleep 0.2; kill -9 $$', 'SIGKILL'],
    // A child that keeps the pipe open hides the death from whoever only listens to the pipe.
    ['and leaves a child', 'sleep 600 & echo "No usable sandbox!" >&2; sleep 0.2; kill -9 $$', 'SIGKILL'],
  ])('is noticed at once: %s', async (_, script, end) => {
    const directory = await mkdtemp(join(tmpdir(), 'order-reports-test-'));
    const executable = join(directory, 'dying');
    await writeFile(executable, `#!/bin/sh\necho $$ >${directory}/pid\n${script}\n`, { mode: 0o755 });
    const from = Date.now();
    const binary = { executable, environment: {}, version: '' };
    const start = BrowserProcess.start(binary, false, 60_000, never);
    // What it said is in the message: it shows whether the sandbox was in the way.
    await expect(start).rejects.toThrow(/No usable sandbox/);
    await expect(start).rejects.toThrow(end);
    // Long before it is given up.
    expect(Date.now() - from).toBeLessThan(30_000);
    const group = Number(await readFile(join(directory, 'pid'), 'utf8'));
    await eventually('its processes are gone', async () => (await processesOf([group])).length === 0);
    expect(await profiles()).toEqual([]);
    await rm(directory, { recursive: true });
  });
});

describe('a browser that hangs while it starts', () => {
  it('is given up, and none of its processes stay', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'order-reports-test-'));
    const executable = join(directory, 'never-ready');
    const pids = join(directory, 'pids');
    await writeFile(executable, `#!/bin/sh\necho $$ >>${pids}\nsleep 600\n`, { mode: 0o755 });
    const binary = { executable, environment: {}, version: '' };
    await expect(BrowserProcess.start(binary, false, 5_000, never)).rejects.toThrow();
    const groups = (await readFile(pids, 'utf8')).trim().split('\n').map(Number);
    expect(groups).toHaveLength(1);
    await eventually('its processes are gone', async () => (await processesOf(groups)).length === 0);
    expect(await profiles()).toEqual([]);
    await rm(directory, { recursive: true });
  });

  it('is ended at once when it is not needed any more', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'order-reports-test-'));
    const browserPath = join(directory, 'never-ready');
    const pids = join(directory, 'pids');
    const hang = `[ "$1" = --version ] && exit; echo $$ >>${pids}; sleep 600`;
    await writeFile(browserPath, `#!/bin/sh\n${hang}\n`, { mode: 0o755 });
    const launcher = new BrowserLauncher({ browserPath, dataDir: directory, sandbox: 'off' });
    const createSlot = (): BrowserSlot => new BrowserSlot((signal) => launcher.start(signal), LIMITS);
    const pool = new BrowserPool(1, createSlot, new PrintPriority());
    const warm = pool.warm();
    const group = await waitFor(async () => Number(await readFile(pids, 'utf8')), { what: 'it starts' });
    let closed = false;
    void pool.close().then(() => (closed = true));
    // Long before it is given up.
    await waitFor(() => closed, { what: 'the pool is closed', timeoutMs: 20_000 });
    await warm;
    await eventually('its processes are gone', async () => (await processesOf([group])).length === 0);
    expect(await profiles()).toEqual([]);
    await rm(directory, { recursive: true });
  });

  it('holds up nobody when it hangs before its first print', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'order-reports-test-'));
    const hung: number[] = [];
    const launcher = new BrowserLauncher({
      browserPath: process.env['BROWSER_PATH'],
      dataDir: directory,
      sandbox: 'auto',
    });
    const slot = new BrowserSlot(
      async (signal) => {
        const started = await launcher.start(signal);
        hung.push(started.browser.process()?.pid ?? 0);
        process.kill(-hung[0]!, 'SIGSTOP');
        return started;
      },
      { ...LIMITS, silenceMs: 1_000 },
    );
    await expect(slot.warm()).rejects.toThrow(BrowserLostError);
    expect(slot.isWarm).toBe(false);
    await eventually('its processes are gone', async () => (await processesOf(hung)).length === 0);
    await rm(directory, { recursive: true });
  });
});
