import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BrowserLauncher } from '../../src/report-requests/rendering/browser-launcher';
import { BrowserPool } from '../../src/report-requests/rendering/browser-pool';
import { BrowserProcess } from '../../src/report-requests/rendering/browser-process';
import { BrowserSlot, SlotLimits } from '../../src/report-requests/rendering/browser-slot';
import type { ReportDocument } from '../../src/report-requests/rendering/report-document';
import { RenderOptions, ReportRenderer } from '../../src/report-requests/rendering/report-renderer';
import { PrintPriority } from '../../src/report-requests/rendering/print-priority';
import { waitFor } from '../support/services';
import { Pdf, readPdf } from './pdf-reader';

export interface WrittenReport {
  path: string;
  pages: number;
  bytes: number;
}

export const LIMITS: SlotLimits = {
  printDeadlineMs: 30_000,
  silenceMs: 10_000,
  printsPerBrowser: 100,
  pagesKept: 4,
  bytesPerPage: 2_000_000,
  memoryPerBrowser: 1024 ** 3,
};

/** The renderer with real browsers, whose processes a test can reach. */
export class TestRenderer {
  readonly started: BrowserProcess[] = [];
  readonly pool: BrowserPool;
  readonly priority = new PrintPriority();
  private readonly renderer: ReportRenderer;

  private constructor(
    readonly directory: string,
    limits: Partial<SlotLimits>,
    slots: number,
  ) {
    const launcher = new BrowserLauncher({
      browserPath: process.env['BROWSER_PATH'],
      dataDir: directory,
      sandbox: 'auto',
    });
    const start = async (signal: AbortSignal): Promise<BrowserProcess> => {
      const browser = await launcher.start(signal);
      this.started.push(browser);
      return browser;
    };
    this.pool = new BrowserPool(slots, () => new BrowserSlot(start, { ...LIMITS, ...limits }), this.priority);
    this.renderer = new ReportRenderer(this.pool);
  }

  static async create(limits: Partial<SlotLimits> = {}, slots = 1): Promise<TestRenderer> {
    return new TestRenderer(await mkdtemp(join(tmpdir(), 'order-reports-test-')), limits, slots);
  }

  async render(document: ReportDocument): Promise<Pdf & { path: string; bytes: number }> {
    const fractions: number[] = [];
    const { path, pages, bytes } = await this.start(document, {
      onProgress: (fraction) => fractions.push(fraction),
    });
    expect(fractions.at(-1)).toBe(1);
    expect(fractions).toEqual([...fractions].sort((one, other) => one - other));
    const pdf = await readPdf(path);
    expect(pdf.pages).toHaveLength(pages);
    return { ...pdf, path, bytes };
  }

  /** Renders into a file, without looking at what comes of it. */
  async start(document: ReportDocument, options: Partial<RenderOptions> = {}): Promise<WrittenReport> {
    const { signal } = new AbortController();
    const { pages, file } = await this.renderer.render(document, {
      owner: 'client',
      isLarge: false,
      signal,
      onProgress: () => undefined,
      ...options,
    });
    const path = join(this.directory, `${randomUUID()}.pdf`);
    await writeFile(path, file);
    return { path, pages, bytes: (await stat(path)).size };
  }

  /** Ids of the main processes of all browsers so far; each is the id of its process group too. */
  get browserPids(): number[] {
    return this.started.map(({ browser }) => browser.process()?.pid ?? 0);
  }

  async close(): Promise<void> {
    await this.renderer.onApplicationShutdown();
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** Waits until `holds`. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  await waitFor(holds, { what, everyMs: 20 });
}
