import { Browser, BrowserContext, CDPSession, Page } from 'puppeteer';
import { UnprintableDocumentError } from './render-errors';

/** An HTML document in two pieces: what the next one may have in common with it, and what it has not. */
export interface PrintDocument {
  /** From the doctype to `<body>`: policy, fonts, styles. Without anybody's data. */
  shell: string;
  /** What is in `<body>`, in UTF-8: text that waits to be printed would be carried into the collector's old space. */
  body: Buffer;
}

export interface PrintOptions {
  /** Structure for screen readers. Costs twice the time and many times the size. */
  tagged: boolean;
}

/** Nothing is laid out for a screen that nobody looks at. */
export const PRINT_ONLY = '@media screen{body{display:none!important}}';

// In the page, whose types are not those of Node; each gives the families of fonts that did not load, when pictures are
// there or are known to be none. (That they are decoded cannot be waited for: on a page that nobody looks at some never are.)
const PICTURES_LOADED = `[...document.images].map((image) => image.complete ||
  new Promise((resolve) => { image.onload = image.onerror = resolve; }))`;
const FONTS_NOT_LOADED = `Promise.allSettled([...document.fonts].map((font) => font.load()).concat(${PICTURES_LOADED})).then(() =>
  [...document.fonts].filter(({ status }) => status !== 'loaded').map(({ family }) => family))`;
const LOAD_FONTS = `() => ${FONTS_NOT_LOADED}`;
const REPLACE_BODY = `(body) => { document.body.innerHTML = body; return ${FONTS_NOT_LOADED}; }`;

/** A blank page in a context of its own, cut off from the network, that prints documents one after the other. */
export class PrintPage {
  private shell: string | undefined;
  private intact = true;
  private departed = false;

  private constructor(
    private readonly context: BrowserContext,
    private readonly page: Page,
    private readonly session: CDPSession,
    private readonly frameId: string,
    /** A world of scripts apart from the document's own, which has none: JavaScript is off there. */
    private readonly world: number,
  ) {
    page.once('error', () => (this.intact = false));
    session.on('Page.frameAttached', () => (this.intact = false));
    session.on('Page.frameRequestedNavigation', ({ frameId: mover }) => this.leave(mover));
    session.on('Page.frameNavigated', ({ frame }) => this.leave(frame.id));
  }

  static async open(browser: Browser): Promise<PrintPage> {
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    return unlessCrashed(page, PrintPage.over(context, page));
  }

  private static async over(context: BrowserContext, page: Page): Promise<PrintPage> {
    // Each layer alone lets something through, so there are several: these, the browser's flags,
    // the document's content security policy, and the escaping of all data.
    await Promise.all([
      page.setJavaScriptEnabled(false),
      page.setOfflineMode(true),
      page.setRequestInterception(true),
    ]);
    page.on('request', (request) => void request.abort('blockedbyclient').catch(() => undefined));
    const session = await page.createCDPSession();
    await session.send('Page.enable');
    const { frameTree } = await session.send('Page.getFrameTree');
    const frameId = frameTree.frame.id;
    const { executionContextId } = await session.send('Page.createIsolatedWorld', { frameId });
    return new PrintPage(context, page, session, frameId, executionContextId);
  }

  /** Whether it has not crashed, and the last document left it as it found it. Otherwise nothing else may be printed on it. */
  get isIntact(): boolean {
    return this.intact;
  }

  /**
   * @throws UnprintableDocumentError when a font of it does not load, or when it goes away
   * @throws Error when the page or the browser goes away
   */
  async print(document: PrintDocument, options: PrintOptions): Promise<Buffer> {
    return unlessCrashed(this.page, this.printed(document, options));
  }

  async close(): Promise<void> {
    await this.context.close();
  }

  private async printed({ shell, body }: PrintDocument, options: PrintOptions): Promise<Buffer> {
    await this.show(shell, body);
    const { data } = await this.session.send('Page.printToPDF', {
      printBackground: true,
      preferCSSPageSize: true,
      generateTaggedPDF: options.tagged,
      generateDocumentOutline: false,
    });
    if (this.departed) throw new UnprintableDocumentError('The document went away while it was printed.');
    return Buffer.from(data, 'base64');
  }

  private leave(mover: string): void {
    this.intact = false;
    if (mover === this.frameId) this.departed = true;
  }

  /** Fonts and styles of the shell that is there already need not be read again: a third of a short print. */
  private async show(shell: string, body: Buffer): Promise<void> {
    if (shell === this.shell) return this.call(REPLACE_BODY, body);
    this.shell = undefined;
    // Never a navigation: a page with an address of its own may read local files.
    await this.session.send('Page.setDocumentContent', {
      frameId: this.frameId,
      html: `${shell}${body.toString()}`,
    });
    await this.call(LOAD_FONTS);
    this.shell = shell;
  }

  private async call(declaration: string, ...values: Buffer[]): Promise<void> {
    const { result, exceptionDetails } = await this.session.send('Runtime.callFunctionOn', {
      functionDeclaration: declaration,
      arguments: values.map((value) => ({ value: value.toString() })),
      executionContextId: this.world,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.text);
    const missing = result.value as string[];
    if (missing.length > 0) throw new UnprintableDocumentError(`Fonts did not load: ${missing.join(', ')}`);
  }
}

/** A page whose process has died answers nothing any more, while its browser goes on. */
async function unlessCrashed<T>(page: Page, work: Promise<T>): Promise<T> {
  let onCrash: (error: Error) => void = () => undefined;
  const crash = new Promise<never>((_, reject) => (onCrash = reject));
  page.on('error', onCrash);
  try {
    return await Promise.race([work, crash]);
  } finally {
    page.off('error', onCrash);
  }
}
