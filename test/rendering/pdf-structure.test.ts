import { execFile, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { PDFDict, PDFDocument, PDFName } from '@cantoo/pdf-lib';
import { pagesOf, processesOf } from './browser-processes';
import { ROWS_PER_PAGE, sampleOrder, sampleReport } from './sample-report';
import { eventually, TestRenderer, WrittenReport } from './test-renderer';

const run = promisify(execFile);
const SLOTS = 2;
/** 92 pages in five parts: the grand total has no room on the last of the orders. */
const many = Array.from({ length: 90 * ROWS_PER_PAGE }, (_, index) => sampleOrder(index));
const few = many.slice(0, 20);

let renderer: TestRenderer;

beforeAll(async () => {
  renderer = await TestRenderer.create({}, SLOTS);
});

afterEach(() => jest.restoreAllMocks());

afterAll(() => renderer.close());

describe('a short report', () => {
  it.each([
    [10, true],
    [11, false],
  ])('of %s pages is tagged: %s', async (pages, isTagged) => {
    const pdf = await renderer.render(sampleReport(many.slice(0, (pages - 1) * ROWS_PER_PAGE - 10)));
    expect(pdf.pages).toHaveLength(pages);
    expect(pdf.tagged).toBe(isTagged);
    const roles = pdf.pages.map((page) => page.roles);
    if (isTagged) {
      expect(roles[0]).toEqual(expect.arrayContaining(['H1', 'Table', 'TR', 'TH', 'TD']));
      for (const each of roles.slice(1)) expect(each).toEqual(expect.arrayContaining(['TR', 'TD']));
      expect(roles[1]).toEqual(expect.arrayContaining(['Table', 'TH']));
    } else expect(roles.flat()).toEqual([]);
  });
});

describe('a report of one part', () => {
  const sections = async (path: string): Promise<number> =>
    (await readFile(path, 'latin1')).split('%%EOF').length - 1;

  it.each([
    ['stays as it was printed, and is completed behind that, when it is short', few, 2],
    ['is packed when that makes it much smaller', many.slice(0, 300), 1],
  ])('%s', async (_, orders, expected) => {
    const pdf = await renderer.render(sampleReport(orders, { locale: 'de-DE', title: 'Größe' }));
    expect(await sections(pdf.path)).toBe(expected);
    expect(pdf).toMatchObject({ tagged: true, info: { Title: 'Größe', Language: 'de-DE' } });
    expect(pdf.outline).toEqual([{ title: 'Januar 2016', page: 1 }]);
    expect(pdf.pages[1]?.roles).toEqual(expect.arrayContaining(['Table', 'TR', 'TH', 'TD']));
    expect(pdf.bytes).toBeLessThan(112_000);
    // By another reader: without strays, and as many pages.
    const document = await PDFDocument.load(await readFile(pdf.path), { throwOnInvalidObject: true });
    expect(document.getPageCount()).toBe(pdf.pages.length);
  });

  itWhere('qpdf')('is without error for qpdf', async () => {
    const { path } = await renderer.start(sampleReport(few));
    await expect(run('qpdf', ['--check', path])).resolves.toMatchObject({ stderr: '' });
  });
});

describe('a long report', () => {
  let report: WrittenReport;
  let most = 0;

  beforeAll(async () => {
    const print = renderer.pool.print.bind(renderer.pool);
    let inHand = 0;
    jest.spyOn(renderer.pool, 'print').mockImplementation(async (job, signal) => {
      inHand += 1;
      most = Math.max(most, inHand);
      try {
        await eventually('every slot has a part, and one more is laid out', () => most > SLOTS);
        return await print(job, signal);
      } finally {
        inHand -= 1;
      }
    });
    report = await renderer.start(sampleReport(many));
  });

  it('is printed in every slot, while the part after those is laid out, and no other', () => {
    expect(most).toBe(SLOTS + 1);
  });

  it('has one set of fonts', async () => {
    const document = await PDFDocument.load(await readFile(report.path));
    const fonts = document.context
      .enumerateIndirectObjects()
      .map(([, object]) => object)
      .filter((object) => object instanceof PDFDict)
      .filter((dictionary) => dictionary.get(PDFName.of('Type')) === PDFName.of('FontDescriptor'))
      // Behind the letters that distinguish subsets (ISO 32000-1, 9.6.4).
      .map((font) => String(font.get(PDFName.of('FontName'))).replace(/^\/[A-Z]{6}\+/, ''));
    expect(fonts.length).toBeGreaterThanOrEqual(2);
    expect(fonts).toEqual([...new Set(fonts)]);
  });

  itWhere('qpdf')('is without error for qpdf', async () => {
    await expect(run('qpdf', ['--check', report.path])).resolves.toMatchObject({ stderr: '' });
  });

  itWhere('pdftotext')('shows every order to pdftotext', async () => {
    const { stdout } = await run('pdftotext', ['-layout', report.path, '-'], { maxBuffer: 2 ** 26 });
    expect(new Set(stdout.match(/US-2016-\d+/g))).toEqual(new Set(many.map(({ number }) => number)));
    expect(stdout.match(/Page \d+ of 92/g)).toHaveLength(92);
  });
});

it('has as many processes after thirty reports of many clients as before', async () => {
  const own = await TestRenderer.create();
  const print = (owner: number): Promise<WrittenReport> =>
    own.start(sampleReport(few), { owner: `client ${owner}` });
  try {
    const full = 6;
    for (let owner = 0; owner < full; owner += 1) await print(owner);
    // The browser's first, those of the four that printed last, and the one for the next.
    const isFull = async (): Promise<boolean> => (await pagesOf(own.browserPids)).length === full;
    await eventually('there are as many pages as there will be', isFull);
    const before = await processesOf(own.browserPids);
    for (let count = 0; count < 30; count += 1) await print(count % 7);
    await eventually('there are as many pages as before', isFull);
    expect(own.started).toHaveLength(1);
    await eventually(
      'there are no more processes than before',
      async () => (await processesOf(own.browserPids)).length <= before.length,
    );
  } finally {
    await own.close();
  }
});

/** Of readers that a machine may have. */
function itWhere(program: string): jest.It {
  return spawnSync(program, ['--version']).error ? it.skip : it;
}
