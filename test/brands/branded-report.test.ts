import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, inflateSync } from 'node:zlib';
import { linesOf, readPdf } from '../rendering/pdf-reader';
import { TestApp } from '../support/test-app';
import { png, pngHeader } from './hostile-logos';

const BRAND = {
  name: 'Äpfel & Birnen <GmbH>',
  address: ['Hauptstraße 1', '10115 Berlin', 'Deutschland'],
  accent_color: '#0b7285',
  footer:
    `Amtsgericht Berlin HRB 1234 · USt-IdNr. DE123456789 · ${'Geschäftsführerin: Erika Mustermann '.repeat(3)}`.trim(),
};
/** Two pixels a side. */
const PNG = png(
  pngHeader(2, 2),
  Buffer.alloc(2 * (1 + 2 * 4), 0x80)
    .fill(0, 0, 1)
    .fill(0, 9, 10),
);
const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 50"><path fill="#c2255c" d="M0 0h200v50H0z"/></svg>`;

let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start({ RENDER_CONCURRENCY: '1', SAMPLE_DATA: 'true' });
});

afterAll(() => app.stop());

async function printed(body: object = {}): Promise<{ pages: string[]; file: Buffer }> {
  const { body: job } = await app.call('POST', '/v1/orders/reports', {
    body: { start_date: '2016-01-01', end_date: '2016-02-01', ...body },
  });
  expect((await app.polled(`/v1/orders/reports/status/${job.id}`)).status).toBe(303);
  const { body: file } = await app.call('GET', `/v1/orders/reports/${job.id}`);
  const path = join(app.config.dataDir, `${job.id}.pdf`);
  writeFileSync(path, file as Buffer);
  const { pages } = await readPdf(path);
  // When it was made differs.
  return {
    pages: pages.map((page) =>
      linesOf(page)
        .join('\n')
        .replace(/\d+:\d+ [AP]M/, ''),
    ),
    file: file as Buffer,
  };
}

/** All that stands below the letterhead. */
const belowTitle = ({ pages: [first = '', ...others] }: { pages: string[] }): string[] => [
  first.slice(first.indexOf('Order statuses')),
  ...others,
];

/** What the page's contents and pictures are made of, unpacked. */
const unpacked = ({ file }: { file: Buffer }): Buffer[] =>
  Array.from(file.toString('latin1').matchAll(/stream\r?\n/g), ({ index, 0: mark }) => {
    try {
      const packed = file.subarray(index + mark.length);
      return inflateSync(packed, { finishFlush: constants.Z_SYNC_FLUSH });
    } catch {
      return Buffer.alloc(0);
    }
  });

/** Of the SVG, as a page says it that draws it, or as the pixels are where it was made a picture on the way. */
const hasItsColour = (report: { file: Buffer }): boolean =>
  unpacked(report).some(
    (part) => part.includes('.7608 .1451 .3608 rg') || part.includes(Buffer.from([0xc2, 0x25, 0x5c])),
  );

const hasPicture = ({ file }: { file: Buffer }): boolean => file.includes('/Subtype /Image');

const putLogo = async (body: string | Buffer, type: string): Promise<void> => {
  const { status } = await app.call('PUT', '/v1/brand/logo', { body, headers: { 'Content-Type': type } });
  expect(status).toBe(200);
};

it("dresses a client's pages in name, address, colour, footer and logo, and moves none of them", async () => {
  const plain = await printed();
  await app.call('PUT', '/v1/brand', { body: BRAND });
  const { pages } = await printed();
  expect(pages).toHaveLength(plain.pages.length);
  for (const line of [BRAND.name, ...BRAND.address]) expect(pages[0]).toContain(line);
  for (const page of pages) expect(page.replaceAll(/\s+/g, ' ')).toContain(BRAND.footer);
  expect(plain.pages.join('')).not.toContain('Äpfel');

  await putLogo(LOGO, 'image/svg+xml');
  const drawn = await printed();
  expect(belowTitle(drawn)).toEqual(belowTitle({ pages }));
  await putLogo(PNG, 'image/png');
  const pictured = await printed();
  expect(belowTitle(pictured)).toEqual(belowTitle({ pages }));
  expect([plain, drawn].map(hasItsColour)).toEqual([false, true]);
  expect([plain, pictured].map(hasPicture)).toEqual([false, true]);
  await app.call('DELETE', '/v1/brand/logo');
  await app.call('PUT', '/v1/brand', { body: {} });
  expect((await printed()).pages).toEqual(plain.pages);
});
