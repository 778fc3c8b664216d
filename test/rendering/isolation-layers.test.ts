import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'puppeteer';
import { BrowserBinary, findBrowser } from '../../src/report-requests/rendering/browser-binary';
import { NETWORK_FLAGS } from '../../src/report-requests/rendering/browser-process';
import { POLICY } from '../../src/report-requests/rendering/report-parts';
import { launchedBrowser } from '../support/launched-browser';
import { waitFor } from '../support/services';
import { VECTORS } from './vectors';

const NAMES = Object.keys(VECTORS);
const CANARY = 'canary-51c2';

/** What Chromium lets through when nothing but one layer is in its way. */
describe('one layer of isolation alone', () => {
  let binary: BrowserBinary;
  let server: Server;
  let address: string;
  let folder: string;
  let browser: Browser | undefined;
  const reached = new Set<string>();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'order-reports-test-layers-'));
    binary = await findBrowser({
      browserPath: process.env['BROWSER_PATH'],
      dataDir: folder,
      log: () => undefined,
    });
    server = createServer((request, response) => {
      reached.add(decodeURIComponent(request.url ?? '').slice(1));
      response.end(CANARY);
    });
    server.on('upgrade', (request, socket) => {
      reached.add(decodeURIComponent(request.url ?? '').slice(1));
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(() => browser?.close());

  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true, force: true });
  });

  async function open(flags: string[] = []): Promise<Browser> {
    browser = await launchedBrowser({
      executablePath: binary.executable,
      headless: 'shell',
      pipe: true,
      env: { PATH: '/usr/bin:/bin', HOME: folder, ...binary.environment },
      args: ['--no-sandbox', '--disable-dev-shm-usage', ...flags],
    });
    return browser;
  }

  /** The vectors that reached the listener. @param enough what must come does, before it is looked at what else came */
  async function leaks(
    layer: { flags?: string[]; head?: string; prepare?: (page: Page) => Promise<unknown> } = {},
    enough: () => boolean = () => true,
  ): Promise<string[]> {
    reached.clear();
    const opened = await open(layer.flags);
    for (const name of NAMES) {
      const page = await opened.newPage();
      await layer.prepare?.(page);
      const html = `<!doctype html>${layer.head ?? ''}${VECTORS[name]!(`${address}/${encodeURIComponent(name)}`)}`;
      // One that goes away while it loads may never have loaded.
      await page.setContent(html, { timeout: 1_000 }).catch(() => undefined);
    }
    await waitFor(enough, { what: 'what gets through' });
    // What does not come cannot be waited for; what comes, comes within milliseconds.
    await sleep(1_000);
    return [...reached].sort();
  }

  it('none at all lets nearly every vector through: the listener hears them', async () => {
    const surely = ['image', 'frame', 'prefetch', 'refresh', 'script', 'socket'];
    const found = await leaks({}, () => reached.size >= 14 && surely.every((name) => reached.has(name)));
    expect(found).toEqual(expect.arrayContaining(surely));
    expect(found.length).toBeGreaterThanOrEqual(14);
  });

  it('the flags of the browser let none through', async () => {
    expect(await leaks({ flags: NETWORK_FLAGS })).toEqual([]);
  });

  it('offline mode lets none through but frames, which are pages of their own', async () => {
    const found = await leaks({ prepare: (page) => page.setOfflineMode(true) });
    expect(found.filter((name) => !['frame', 'object', 'embed'].includes(name))).toEqual([]);
  });

  it('the content security policy lets none through but refreshes and icons', async () => {
    const head = `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`;
    const found = await leaks({ head });
    expect(found.filter((name) => !['refresh', 'icon'].includes(name))).toEqual([]);
  });

  it('interception lets none through but what is not asked of it', async () => {
    const found = await leaks({
      prepare: async (page) => {
        await page.setRequestInterception(true);
        page.on('request', (request) => void request.abort().catch(() => undefined));
      },
    });
    expect(found.filter((name) => !['prefetch', 'socket'].includes(name))).toEqual([]);
  });

  it('JavaScript off stops what needs it', async () => {
    const found = await leaks({ prepare: (page) => page.setJavaScriptEnabled(false) }, () =>
      reached.has('image'),
    );
    expect(found).toContain('image');
    expect(found.filter((name) => ['script', 'socket'].includes(name))).toEqual([]);
  });

  it('content that is set, not navigated to, reads no file', async () => {
    const path = join(folder, 'canary.txt');
    await writeFile(path, CANARY);
    const url = pathToFileURL(path).href;
    const opened = await open();
    for (const vector of ['frame', 'object', 'embed', 'script', 'image']) {
      const page = await opened.newPage();
      await page.setContent(`${VECTORS[vector]!(url)}<p>The end.`, { timeout: 1_000 }).catch(() => undefined);
      const texts = page
        .frames()
        .map((frame) => frame.evaluate('document.documentElement.outerHTML').catch(() => ''));
      // A frame that was refused never answers; the page itself, the first of them, does.
      const [whole, ...framed] = texts;
      const seen = [
        await whole,
        ...(await Promise.all(framed.map((text) => Promise.race([text, sleep(500, '')])))),
      ];
      expect(seen.join('')).toContain('The end.');
      expect(seen.join('')).not.toContain(CANARY);
    }
  });
});
