import type { Browser } from 'puppeteer';
import { PrintDocument, PrintOptions, PrintPage } from './print-page';

/** A page with what it has been used for. */
interface OwnedPage {
  owner: string;
  page: PrintPage;
  bytes: number;
}

/** Memory of a light page: 12 MB after its first print, and a megabyte more for each small report, 38 MB after 28 of them. */
export const LIGHT_PAGE_MEMORY = 32 * 1024 * 1024;
/** Bytes after which a page is too heavy to be kept beside others: what it has shown stays in its memory for long. */
const LIGHT = 200_000;

/** Of the memory that is free at the start: the rest is for long reports, for Node, and for others. */
const SHARE_FOR_PAGES = 1 / 4;
const [FEWEST_PAGES, MOST_PAGES] = [4, 64];

/**
 * How many pages each browser may keep.
 *
 * @param memory in bytes, which the machine or the container has left
 */
export function pagesKept(memory: number, browsers: number): number {
  const affordable = Math.floor((memory * SHARE_FOR_PAGES) / browsers / LIGHT_PAGE_MEMORY);
  return Math.min(MOST_PAGES, Math.max(FEWEST_PAGES, affordable));
}

export interface PageLimits {
  /** Of the owners who printed last, each of whom keeps a page. */
  pagesKept: number;
  /** In bodies of documents, after which a page is replaced for its owner too: what it has shown stays in its memory for long. */
  bytesPerPage: number;
}

/** The pages of one browser. A page, with the process that it lives in, only ever shows documents of one owner. */
export class OwnedPages {
  /** The last used is the last. */
  private kept: OwnedPage[] = [];
  /** A page for the next owner who has none, opened meanwhile. */
  private fresh: Promise<PrintPage> | undefined;

  constructor(
    readonly browser: Browser,
    private readonly limits: PageLimits,
  ) {}

  get count(): number {
    return this.kept.length;
  }

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
    if (own?.page.isIntact && own.bytes < this.limits.bytesPerPage) {
      this.kept = [...others, own];
      return own;
    }
    const light = others.filter(({ bytes }) => bytes < LIGHT).slice(-(this.limits.pagesKept - 1));
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
