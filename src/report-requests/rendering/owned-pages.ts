import type { Browser } from 'puppeteer';
import { PrintDocument, PrintOptions, PrintPage } from './print-page';

/** A page with what it has been used for. */
interface OwnedPage {
  owner: string;
  page: PrintPage;
  bytes: number;
}

/** The owners who printed last, each of whom keeps a page: a few tens of megabytes each. */
const PAGES_KEPT = 4;
/** Bytes after which a page is too heavy to be kept beside others: what it has shown stays in its memory for long. */
const LIGHT = 200_000;

/** The pages of one browser. A page, with the process that it lives in, only ever shows documents of one owner. */
export class OwnedPages {
  /** The last used is the last. */
  private kept: OwnedPage[] = [];
  /** A page for the next owner who has none, opened meanwhile. */
  private fresh: Promise<PrintPage> | undefined;

  /** @param bytesPerPage in bodies of documents, after which a page is replaced for its owner too */
  constructor(
    readonly browser: Browser,
    private readonly bytesPerPage: number,
  ) {}

  has(owner: string): boolean {
    return this.kept.some((each) => each.owner === owner);
  }

  /** @throws what `PrintPage.print` throws */
  async print(owner: string, document: PrintDocument, options: PrintOptions): Promise<Buffer> {
    const used = await this.pageOf(owner);
    used.bytes += document.body.length;
    const pdf = await used.page.print(document, options);
    if (!used.page.isIntact) this.keep(this.kept.filter((each) => each !== used));
    this.prepare().catch(() => undefined);
    return pdf;
  }

  /** Opens a page for the next owner who has none. */
  async prepare(): Promise<void> {
    this.fresh ??= PrintPage.open(this.browser);
    await this.fresh;
  }

  private async pageOf(owner: string): Promise<OwnedPage> {
    const own = this.kept.find((each) => each.owner === owner);
    const others = this.kept.filter((each) => each !== own);
    if (own?.page.isIntact && own.bytes < this.bytesPerPage) {
      this.kept = [...others, own];
      return own;
    }
    const light = others.filter(({ bytes }) => bytes < LIGHT).slice(1 - PAGES_KEPT);
    this.keep(light);
    const used = { owner, page: await this.takeFresh(), bytes: 0 };
    this.kept.push(used);
    return used;
  }

  private async takeFresh(): Promise<PrintPage> {
    const { fresh } = this;
    this.fresh = undefined;
    const page = await fresh?.catch(() => undefined);
    if (page?.isIntact) return page;
    // It crashed while nobody used it.
    page?.close().catch(() => undefined);
    return PrintPage.open(this.browser);
  }

  private keep(some: OwnedPage[]): void {
    for (const each of this.kept) if (!some.includes(each)) each.page.close().catch(() => undefined);
    this.kept = some;
  }
}
