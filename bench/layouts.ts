import { Browser, CDPSession, launch } from 'puppeteer';
import { findBrowser } from '../src/report-requests/rendering/browser-binary';
import { FLAGS } from '../src/report-requests/rendering/browser-process';
import { FontLibrary } from '../src/report-requests/rendering/fonts/font-library';
import { ROW_HEIGHT } from '../src/report-requests/rendering/page-geometry';
import { layOut } from '../src/report-requests/rendering/report-parts';
import { tableLayout } from '../src/report-requests/rendering/table-layout';
import { Measurements } from './measurements';
import { PrintDocument } from '../src/report-requests/rendering/print-page';
import { documentOf, preformatted } from './render-floor';

/** One part of a long report (2,500 rows) in the layouts that were tried: what each costs the browser, and how long its file is. */

const ROWS = 2_500;
const RUNS = 7;
const { page: PAGE, columns: COLUMNS } = tableLayout(documentOf(0));
const GRID = COLUMNS.map(({ width }) => `${width}px`).join(' ');

async function main(): Promise<void> {
  const now = await part();
  const styled = (html: string, css: string): string => html.replace('</style>', `${css}</style>`);
  const grid = styled(
    now,
    `.columns{position:static;display:grid;grid-template-columns:${GRID};width:auto;height:auto;transform:none;font-size:11px;line-height:${ROW_HEIGHT}px}` +
      '.columns>pre{position:static;contain:none;width:auto!important;height:auto;padding-inline-end:12px}',
  );
  const bold = (html: string): string =>
    html.replace(/<pre>\n([^]*?)<\/pre>/g, (_, lines: string) => {
      const each = lines.split('\n').map((line) => `<b>${line}</b>`);
      return `<pre>${each.join('\n')}</pre>`;
    });
  const small = styled(
    now,
    `.columns{transform:none;font-size:11px;line-height:${ROW_HEIGHT}px;width:690px}` +
      COLUMNS.map(
        ({ start, width }, index) =>
          `.columns>:nth-child(${index + 1}){inset-inline-start:${start}px;width:${width}px;padding-inline-end:12px}`,
      ).join(''),
  );
  const layouts: [string, string, boolean][] = [
    ['tab-separated preformatted lines, the floor', preformatted(0, ROWS), false],
    ['a table, tagged', await part('table'), true],
    ['a table', await part('table'), false],
    ['columns in a grid, an element in each line', bold(grid), false],
    ['columns in a grid', grid, false],
    ['columns in fixed places', small, false],
    ['columns in fixed places, in a size of exact advances (now)', now, false],
  ];
  const results = new Measurements('layouts');
  const browser = await start();
  const floor: number[] = [];
  for (const [name, html, tagged] of layouts) {
    const { microseconds, bytes } = await measure(browser, html, tagged);
    if (floor.length === 0) floor.push(...microseconds);
    results.add(`${name}: time per row`, 'µs', microseconds, floor);
    results.add(`${name}: bytes per row`, 'B', [bytes]);
  }
  await browser.close();
  results.print();
}

/** A part of a report as the service prints it, without its first page. */
async function part(style: 'columns' | 'table' = 'columns'): Promise<string> {
  const pages = ROWS / 50;
  const limits = {
    pagesPerPart: style === 'columns' ? 1 : Infinity,
    taggedPages: style === 'columns' ? 0 : Infinity,
  };
  const layout = await layOut(documentOf(ROWS), new FontLibrary(), limits);
  const documents: PrintDocument[] = [];
  for await (const { document } of layout.parts) documents.push(document);
  const [first, ...rest] = documents;
  const body =
    style === 'table'
      ? first!.body.toString()
      : rest
          .slice(0, pages)
          .map((each) => each.body.toString())
          .join('');
  return first!.shell + body;
}

async function start(): Promise<Browser> {
  const binary = await findBrowser({
    browserPath: process.env['BROWSER_PATH'],
    dataDir: '.data',
    log: console.log,
  });
  return launch({
    executablePath: binary.executable,
    headless: 'shell',
    pipe: true,
    args: [...FLAGS, ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
    env: { ...process.env, ...binary.environment },
    defaultViewport: { width: PAGE.width, height: PAGE.height },
  });
}

async function measure(
  browser: Browser,
  html: string,
  tagged: boolean,
): Promise<{ microseconds: number[]; bytes: number }> {
  const page = await browser.newPage();
  const session = await page.createCDPSession();
  const microseconds: number[] = [];
  let bytes = 0;
  for (let run = 0; run <= RUNS; run += 1) {
    const from = performance.now();
    await page.setContent(html);
    await page.evaluate('Promise.all([...document.fonts].map((font) => font.load())).then(() => 0)');
    bytes = await print(session, tagged);
    if (run > 0) microseconds.push((1_000 * (performance.now() - from)) / ROWS);
  }
  await page.close();
  return { microseconds, bytes: bytes / ROWS };
}

async function print(session: CDPSession, tagged: boolean): Promise<number> {
  const { data } = await session.send('Page.printToPDF', {
    printBackground: true,
    preferCSSPageSize: true,
    generateTaggedPDF: tagged,
    generateDocumentOutline: false,
  });
  return Buffer.byteLength(data, 'base64');
}

void main();
