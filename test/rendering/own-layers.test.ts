import { readFile } from 'node:fs/promises';
import { Browser, CDPSession, Page } from 'puppeteer';
import { NETWORK_FLAGS } from '../../src/report-requests/rendering/browser-process';
import { FontLibrary } from '../../src/report-requests/rendering/fonts/font-library';
import { PrintDocument, PrintPage } from '../../src/report-requests/rendering/print-page';
import { layOut } from '../../src/report-requests/rendering/report-parts';
import { processesOf } from './browser-processes';
import { sampleOrder, sampleReport } from './sample-report';
import { eventually, TestRenderer } from './test-renderer';

const SECRET = 'secret-9d41';
const options = { tagged: false };

/** Each layer by itself, where it counts: together they hide the loss of any one. */
describe('each layer of isolation', () => {
  let renderer: TestRenderer;
  let browser: Browser;

  beforeAll(async () => {
    process.env['TEST_SECRET'] = SECRET;
    renderer = await TestRenderer.create();
    await renderer.pool.warm();
    browser = renderer.started[0]!.browser;
  });

  afterAll(async () => {
    delete process.env['TEST_SECRET'];
    await renderer.close();
  });

  describe('of the browser that prints:', () => {
    it('flags that cut it off from the network, and no port that it listens on', () => {
      const flags = browser.process()!.spawnargs;
      expect(NETWORK_FLAGS).toHaveLength(3);
      expect(flags).toEqual(expect.arrayContaining([...NETWORK_FLAGS, '--remote-debugging-pipe']));
      expect(flags.filter((flag) => flag.startsWith('--remote-debugging-port'))).toEqual([]);
    });

    it('an environment without ours', async () => {
      const [main] = renderer.browserPids;
      const environments = await Promise.all(
        (await processesOf([main!])).map((pid) => readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')),
      );
      expect(environments.length).toBeGreaterThan(1);
      expect(environments.join('')).not.toContain(SECRET);
      const own = (await readFile(`/proc/${main}/environ`, 'utf8')).split('\0').filter(Boolean);
      const allowed = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ', 'FONTCONFIG_FILE', 'LD_LIBRARY_PATH'];
      expect(own.map((each) => each.split('=')[0]).filter((name) => !allowed.includes(name!))).toEqual([]);
      expect(own).toContain('TZ=UTC');
    });
  });

  describe('of a page that prints:', () => {
    let printPage: PrintPage;
    let page: Page;
    let session: CDPSession;
    let world: number;

    beforeEach(async () => {
      const before = browser.browserContexts();
      printPage = await PrintPage.open(browser);
      const context = browser.browserContexts().find((each) => !before.includes(each))!;
      page = (await context.pages())[0]!;
      session = await page.createCDPSession();
      const { frameTree } = await session.send('Page.getFrameTree');
      const { executionContextId } = await session.send('Page.createIsolatedWorld', {
        frameId: frameTree.frame.id,
      });
      world = executionContextId;
    });

    afterEach(() => printPage.close());

    /** Apart from the document's own scripts, of which there are none. */
    async function evaluate(expression: string): Promise<unknown> {
      const { result } = await session.send('Runtime.evaluate', { expression, contextId: world });
      return result.value;
    }

    it('it is offline', async () => {
      expect(await evaluate('navigator.onLine')).toBe(false);
    });

    it('it runs no script', async () => {
      const script = '<script>document.documentElement.lang = "scripted"</script>';
      await printPage.print(
        { shell: `<!doctype html><html lang="en">${script}<body>`, body: Buffer.from(script) },
        options,
      );
      expect(await evaluate('document.documentElement.lang')).toBe('en');
    });

    it('its requests are refused before they are made', async () => {
      const failures: string[] = [];
      page.on('requestfailed', (request) => failures.push(request.failure()?.errorText ?? ''));
      const body = '<img src="http://127.0.0.1:9/x"><p style="background:url(http://127.0.0.1:9/y)">x</p>';
      await printPage.print({ shell: '<!doctype html><body>', body: Buffer.from(body) }, options);
      await eventually('they are refused', () => failures.length >= 1);
      for (const failure of failures) expect(failure).toMatch(/ERR_BLOCKED_BY_CLIENT/);
    });

    it('its documents have a policy that leaves them nothing but their own styles, fonts and pictures', async () => {
      const { shell } = await documentOf();
      expect(shell.indexOf('Content-Security-Policy')).toBeLessThan(shell.indexOf('<style>'));
      // A picture that needs no network.
      const image = '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=" width="9">';
      const body = Buffer.from(image);
      await printPage.print({ shell, body }, options);
      await printPage.print({ shell: `${shell}${image}`, body }, options);
      const policy = `document.querySelector('meta[http-equiv="Content-Security-Policy"]').content`;
      expect(await evaluate(policy)).toBe(
        "default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:",
      );
      await eventually(
        'the picture is there',
        async () => (await evaluate('document.images[0].complete')) === true,
      );
      expect(await evaluate('document.images[0].naturalWidth')).toBe(1);
      expect(await evaluate('document.fonts.size')).toBeGreaterThan(0);
    });

    it('it has no address, so that it may read no file', async () => {
      await printPage.print(await documentOf(), options);
      expect(await evaluate('location.href')).toBe('about:blank');
    });
  });
});

/** The whole of a short report, as it is printed. */
async function documentOf(): Promise<PrintDocument> {
  const report = sampleReport([sampleOrder(1)]);
  const { parts } = await layOut(report, new FontLibrary(), { pagesPerPart: 20, taggedPages: 10 });
  for await (const { document } of parts) return document;
  throw new Error('there is no part');
}
