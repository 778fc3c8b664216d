import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Browser, launch, Page } from 'puppeteer';
import { ANY_ORDER } from '../src/orders/order-filter';
import type { ReportedOrder } from '../src/orders/reported-order';
import { BrowserBinary, findBrowser } from '../src/report-requests/rendering/browser-binary';
import { FLAGS } from '../src/report-requests/rendering/browser-process';
import { FontLibrary } from '../src/report-requests/rendering/fonts/font-library';
import { PRINT_ONLY } from '../src/report-requests/rendering/print-page';
import type { ReportDocument } from '../src/report-requests/rendering/report-document';
import { layOut } from '../src/report-requests/rendering/report-parts';

const STATUSES = ['pending', 'paid', 'shipped', 'delivered', 'cancelled', 'refunded'];
const CUSTOMERS = ['Ana Müller', 'Bob Stone', 'Claire Dubois', 'Dmitri Ivanov'];
const ROWS_PER_DOCUMENT = 1_000;
const ROWS_PER_PAGE = 50;

/** As puppeteer starts a browser, or with what the service adds. */
type Flags = 'plain' | 'ours';

/** What rendering is measured beside: the same browser with nothing around it. */
export class RenderFloor {
  private constructor(
    readonly binary: BrowserBinary,
    private readonly atOnce: number,
  ) {}

  static async open(atOnce: number): Promise<RenderFloor> {
    const options = { browserPath: process.env['BROWSER_PATH'], dataDir: '.data', log: console.log };
    return new RenderFloor(await findBrowser(options), atOnce);
  }

  /** Reports a second of warm pages that print the very HTML of a report again and again. */
  async warmPages(rows: number, reports: number, flags: Flags): Promise<number> {
    const html = await htmlOf(rows);
    const documents = Array.from({ length: reports }, () => html);
    return reports / (await this.printAll(documents, true, flags));
  }

  /** Reports a second with a browser launched for each. */
  async launchedForEach(rows: number, reports: number): Promise<number> {
    const html = await htmlOf(rows);
    const from = performance.now();
    let left = reports;
    await this.inParallel(async () => {
      while (left-- > 0) {
        const browser = await this.launch('plain');
        const page = await browser.newPage();
        await page.setContent(html);
        await page.pdf({ preferCSSPageSize: true, printBackground: true, tagged: true });
        await browser.close();
      }
    });
    return reports / seconds(from);
  }

  /** Seconds for the same text as tab-separated preformatted lines, in documents of the same length. */
  async preformatted(rows: number, flags: Flags): Promise<number> {
    const documents: string[] = [];
    for (let first = 0; first < rows; first += ROWS_PER_DOCUMENT)
      documents.push(preformatted(first, ROWS_PER_DOCUMENT));
    return this.printAll(documents, false, flags);
  }

  /** Reports a second of jsreport with the same browser; `null` when it cannot be installed. */
  async jsreport(rows: number, reports: number): Promise<number | null> {
    const folder = join(__dirname, 'peers/jsreport');
    if (!existsSync(join(folder, 'node_modules'))) {
      const command = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
      if (spawnSync('npm', command, { cwd: folder, stdio: 'inherit' }).status !== 0) return null;
    }
    const data = Array.from({ length: rows }, (_, index) => {
      const { orderedAt, number, customerName: name, status, total } = orderAt(index);
      return { date: orderedAt.toDateString(), number, name, status, total };
    });
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        join(folder, 'reports.mjs'),
        this.binary.executable,
        String(reports),
        String(this.atOnce),
        JSON.stringify(data),
      ],
      { timeout: 120_000, env: { ...process.env, ...this.binary.environment } },
    );
    return reports / Number(stdout.trim().split('\n').at(-1));
  }

  private async printAll(documents: string[], tagged: boolean, flags: Flags): Promise<number> {
    const browsers = await Promise.all(Array.from({ length: this.atOnce }, () => this.launch(flags)));
    try {
      const pages = await Promise.all(browsers.map((browser) => browser.newPage()));
      // Each has printed before, as those of the service have.
      for (const page of pages) await print(page, documents[0]!, tagged);
      const queue = [...documents];
      const from = performance.now();
      await Promise.all(
        pages.map(async (page) => {
          for (let html = queue.shift(); html !== undefined; html = queue.shift())
            await print(page, html, tagged);
        }),
      );
      return seconds(from);
    } finally {
      await Promise.all(browsers.map((browser) => browser.close()));
    }
  }

  private async inParallel(work: () => Promise<void>): Promise<void> {
    await Promise.all(Array.from({ length: this.atOnce }, work));
  }

  private launch(flags: Flags): Promise<Browser> {
    const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    return launch({
      executablePath: this.binary.executable,
      headless: 'shell',
      pipe: true,
      args: [...(flags === 'ours' ? FLAGS : []), ...sandbox],
      env: { ...process.env, ...this.binary.environment },
    });
  }
}

async function print(page: Page, html: string, tagged: boolean): Promise<void> {
  await page.setContent(html);
  await page.pdf({ preferCSSPageSize: true, printBackground: true, tagged, timeout: 0 });
}

const seconds = (from: number): number => (performance.now() - from) / 1_000;

function orderAt(index: number): ReportedOrder {
  const total = (((index * 37) % 100_000) / 4).toFixed(2);
  return {
    id: String(index),
    number: `2016-${index}`,
    orderedAt: new Date(Date.UTC(2016, 0, 1) + index * 30_000),
    customerName: `${CUSTOMERS[index % 4]} ${index % 997}`,
    customerReference: null,
    status: STATUSES[index % 6]!,
    currency: 'USD',
    lineCount: 1,
    subtotal: total,
    discountTotal: '0.00',
    shippingTotal: '0.00',
    taxTotal: '0.00',
    taxIncluded: false,
    adjustmentTotal: '0.00',
    total,
    refundedTotal: '0.00',
    netTotal: total,
    lines: [],
  };
}

/** Orders as tab-separated lines. */
export function preformatted(first: number, rows: number): string {
  const pages: string[] = [];
  for (let from = first; from < first + rows; from += ROWS_PER_PAGE) {
    const lines = Array.from({ length: ROWS_PER_PAGE }, (_, row) => {
      const { orderedAt, number, customerName, status, total } = orderAt(from + row);
      return [orderedAt.toDateString(), number, customerName, status, `$${total}`].join('\t');
    });
    pages.push(`<pre>${lines.join('\n')}</pre>`);
  }
  const style =
    '@page{size:A4;margin:40px}pre{font:11px/19px sans-serif;tab-size:16;margin:0;break-after:page}';
  return `<!doctype html><meta charset="utf-8"><style>${style}</style>${pages.join('')}`;
}

/** The document of a report of so many rows, as the service makes it. */
export async function htmlOf(rows: number): Promise<string> {
  const layout = await layOut(documentOf(rows), new FontLibrary(), { pagesPerPart: 20, taggedPages: 10 });
  let html = '';
  for await (const part of layout.parts)
    html += part.document.shell.replace(PRINT_ONLY, '') + part.document.body.toString();
  return html;
}

const SALES = { currency: 'USD', gross: '600.00', cancelled: '100.00', refunded: '50.00', net: '450.00' };

/** A report of so many rows, as the service has it. */
export function documentOf(rows: number): ReportDocument {
  const orders = Array.from({ length: rows }, (_, index) => orderAt(index));
  return {
    title: 'Order report',
    clientName: 'Demo',
    startDate: '2016-01-01',
    endDate: '2017-01-01',
    isDelta: false,
    filter: ANY_ORDER,
    columns: ['ordered_at', 'number', 'customer_name', 'status', 'total'],
    sort: [],
    groupBy: null,
    paper: 'A4',
    brand: null,
    labels: {},
    locale: 'en-US',
    timeZone: 'UTC',
    includeItems: false,
    accessible: false,
    generatedAt: new Date(),
    asOf: '',
    summary: {
      orders: rows,
      lines: rows,
      extras: 0,
      removed: 0,
      totals: [{ ...SALES, orders: rows }],
      columnTotals: [],
      byStatus: STATUSES.map((status) => ({ ...SALES, status, orders: 3 })),
      series: [{ ...SALES, periodStart: '2016-01-01', orders: rows }],
      seriesUnit: 'month',
    },
    orders: () => oneBatch(orders),
    groups: () => oneBatch([]),
  };
}

async function* oneBatch<T>(all: T[]): AsyncGenerator<T[]> {
  yield await Promise.resolve(all);
}
