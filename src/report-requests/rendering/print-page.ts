import { Browser, BrowserContext, CDPSession, Page } from 'puppeteer';

import { UnprintableDocumentError } from './render-errors';

export interface PrintOptions {
  /** Structure for screen readers. Costs twice the time and many times the size. */
  tagged: boolean;
}

// In the page, whose types are not those of Node. A face that no text needs stays "unloaded".
const FONTS_NOT_LOADED = `document.fonts.ready.then((fonts) =>
  [...fonts].filter(({ status }) => status === 'error' || status === 'loading').map(({ family }) => family))`;

/** A blank page in a context of its own, cut off from the network, that prints one document. */
export class PrintPage {
  private constructor(
    private readonly context: BrowserContext,
    private readonly page: Page,
    private readonly session: CDPSession,
  ) {}

  static async open(browser: Browser): Promise<PrintPage> {
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    // Each layer alone lets something through, so there are several: these, the browser's flags,
    // the document's content security policy, and the escaping of all data.
    await Promise.all([
      page.setJavaScriptEnabled(false),
      page.setOfflineMode(true),
      page.setRequestInterception(true),
    ]);
    page.on('request', (request) => void request.abort('blockedbyclient').catch(() => undefined));
    return new PrintPage(context, page, await page.createCDPSession());
  }

  /**
   * @throws UnprintableDocumentError when a font of it does not load
   * @throws Error when the browser goes away
   */
  async print(html: string, options: PrintOptions): Promise<Buffer> {
    // Never a navigation: a page with an address of its own may read local files.
    await this.page.setContent(html, { waitUntil: 'load', timeout: 0 });
    await this.requireFonts();
    const { data } = await this.session.send('Page.printToPDF', {
      printBackground: true,
      preferCSSPageSize: true,
      generateTaggedPDF: options.tagged,
      generateDocumentOutline: false,
    });
    return Buffer.from(data, 'base64');
  }

  async close(): Promise<void> {
    await this.context.close();
  }

  private async requireFonts(): Promise<void> {
    const missing = (await this.page.evaluate(FONTS_NOT_LOADED)) as string[];
    if (missing.length > 0) throw new UnprintableDocumentError(`Fonts did not load: ${missing.join(', ')}`);
  }
}
