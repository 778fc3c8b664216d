import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer';
import { BrandsService } from '../../src/brands/brands.service';
import { atOnce } from '../support/at-once';
import { ownBrowser } from '../support/launched-browser';
import { waitFor } from '../support/services';
import { type Answer, TestApp } from '../support/test-app';
import {
  HOSTILE_PNGS,
  type HostileLogo,
  hostileSvgs,
  PIXELS,
  png,
  pngChunk,
  pngHeader,
} from './hostile-logos';

const SVGS = hostileSvgs('http://127.0.0.1:9').map(({ name }, index): [string, number] => [name, index]);
const LOGOS = join(__dirname, 'logos');

let app: TestApp;
let browser: Browser;
let listener: Server;
let address: string;
/** The beginnings of the paths that were asked for. */
const reached = new Set<string>();
/** What the listener answers a path with. */
const served = new Map<string, Buffer>();
/** What became of each, by its index. */
const cleaned = new Map<number, Buffer>();

beforeAll(async () => {
  app = await TestApp.start({ ROLE: 'api' });
  browser = await ownBrowser(app.config.dataDir);
  listener = createServer((request, response) => {
    const path = request.url ?? '';
    reached.add(path.split('/')[1]!);
    const file = served.get(path);
    response.writeHead(file === undefined ? 404 : 200, { 'Content-Type': 'image/svg+xml' }).end(file);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
});

afterAll(async () => {
  await browser.close();
  await app.stop();
  listener.closeAllConnections();
  listener.close();
});

async function withPage<T>(work: (page: Page) => Promise<T>): Promise<T> {
  const page = await browser.newPage();
  try {
    return await work(page);
  } finally {
    await page.close();
  }
}

const put = (file: Buffer, type: string): Promise<Answer> =>
  app.call('PUT', '/v1/brand/logo', { body: file, headers: { 'Content-Type': type } });

async function kept(): Promise<{ dataUri: string; content: Buffer }> {
  const [{ id }] = await app.dataSource.query<[{ id: string }]>(`SELECT id FROM client WHERE name = 'Demo'`);
  const { dataUri } = (await app.app.get(BrandsService).of(id))!.logo!;
  return { dataUri, content: Buffer.from(dataUri.split(',')[1]!, 'base64') };
}

/** The pixels of a picture, as the browser that prints it sees them. */
const pixelsOf = (uri: string, width: number, height: number): Promise<number[]> =>
  withPage(
    (page) =>
      page.evaluate(`(async () => {
        const image = new Image();
        image.src = ${JSON.stringify(uri)};
        await image.decode();
        const context = new OffscreenCanvas(${width}, ${height}).getContext('2d');
        context.drawImage(image, 0, 0, ${width}, ${height});
        return [...context.getImageData(0, 0, ${width}, ${height}).data];
      })()`) as Promise<number[]>,
  );

/** Opens a document of its own, in which more is possible than in a picture, and waits until it has loaded all that it wants. */
async function openAlone(path: string, file: Buffer): Promise<void> {
  served.set(path, file);
  await withPage((page) => page.goto(address + path, { waitUntil: 'networkidle0' }));
}

function isRefused({ refused }: HostileLogo, answer: Answer): boolean {
  if (refused === undefined) return false;
  expect(answer).toMatchObject({ status: 422, body: { code: 'invalid_logo' } });
  expect(answer.body.detail).toMatch(refused);
  expect(JSON.stringify(answer.body).length).toBeLessThan(1_000);
  return true;
}

const ELEMENT =
  /^(svg|g|use|stop|path|rect|circle|ellipse|line|polyline|polygon|linearGradient|radialGradient|defs|clipPath|mask|symbol)$/;

it.each(SVGS)('SVG: %s', async (_, index) => {
  const logo = hostileSvgs(`${address}/clean${index}`)[index]!;
  const answer = await put(logo.file, 'image/svg+xml');
  if (isRefused(logo, answer)) return;
  expect(answer).toMatchObject({ status: 200, body: { removed: logo.removed ?? [] } });
  const { dataUri, content } = await kept();
  const text = content.toString();
  for (const [, name] of text.matchAll(/<\/?(\w+)/g)) expect(name).toMatch(ELEMENT);
  // Neither an address, nor a quote or an escape that could make one; nothing that is called, or styled.
  const rest = text.replace(' xmlns="http://www.w3.org/2000/svg"', '').replace(/url\(#i\d+\)/g, '');
  expect(rest).not.toMatch(/[:@\\&';{}]|url|style|script| on\w+=|\sid="(?!i\d+")|href="(?!#i\d+")/i);
  cleaned.set(index, content);
  expect(await pixelsOf(dataUri, 8, 4)).toHaveLength(8 * 4 * 4);
});

it('cleaned, none reaches what it asks for', async () => {
  await atOnce(
    cleaned,
    ([index, file]) => openAlone(`/own/${index}`, file),
    ([index]) => SVGS[index]![0],
  );
  expect(SVGS.filter(([, index]) => reached.has(`clean${index}`))).toEqual([]);
});

it('as they were sent, they reach what they ask for', async () => {
  const reaching = hostileSvgs(`${address}/raw`).flatMap(({ reaches }, index) => (reaches ? [index] : []));
  expect(reaching.length).toBeGreaterThan(15);
  await atOnce(
    reaching,
    (index) => openAlone(`/own/raw/${index}`, hostileSvgs(`${address}/raw${index}`)[index]!.file),
    (index) => SVGS[index]![0],
  );
  const missing = () =>
    reaching.filter((index) => !reached.has(`raw${index}`)).map((index) => SVGS[index]![0]);
  await waitFor(() => missing().length === 0, { what: 'requests' }).catch(() => undefined);
  expect(missing()).toEqual([]);
});

it.each(HOSTILE_PNGS.map((logo): [string, HostileLogo] => [logo.name, logo]))('PNG: %s', async (_, logo) => {
  const answer = await put(logo.file, 'image/png');
  if (isRefused(logo, answer)) return;
  expect(answer).toMatchObject({ status: 200, body: { removed: [] } });
  const { dataUri, content } = await kept();
  const chunks = [];
  for (let at = 8; at < content.length; at += content.readUInt32BE(at) + 12)
    chunks.push(content.toString('latin1', at + 4, at + 8));
  expect(chunks).toEqual(['IHDR', 'IDAT', 'IEND']);
  expect(content.includes('script')).toBe(false);
  expect(await pixelsOf(dataUri, 2, 2)).toHaveLength(16);
});

describe('a good logo', () => {
  it.each(readdirSync(LOGOS))('%s is drawn as it was', async (name) => {
    const file = readFileSync(join(LOGOS, name));
    expect(await put(file, 'image/svg+xml')).toMatchObject({ status: 200 });
    const { dataUri, content } = await kept();
    const [width, height] = [320, 160];
    const before = await pixelsOf(`data:image/svg+xml;base64,${file.toString('base64')}`, width, height);
    const after = await pixelsOf(dataUri, width, height);
    expect(new Set(before).size).toBeGreaterThan(10);
    const differing = before.filter((value, at) => Math.abs(value - after[at]!) > 2).length;
    // Units other than pixels are rounded to some, which moves edges by a part of one. The smallest shape is a hundredth of it.
    expect(differing / before.length).toBeLessThan(0.003);
    // What was cleaned is clean.
    await put(content, 'image/svg+xml');
    expect((await kept()).content.toString()).toBe(content.toString());
  });

  const { grey, rgb } = { grey: Buffer.from([0, 0x20]), rgb: Buffer.from([0, 1, 0, 2, 0, 3]) };
  it.each<[string, Buffer]>([
    ['true colours with alpha', png(pngHeader(2, 2), PIXELS)],
    [
      'interlaced',
      png(
        pngHeader(2, 2, 8, 6, 1),
        Buffer.from([0, 255, 0, 0, 255, 0, 0, 255, 0, 255, 0, 0, 0, 255, 255, 0, 0, 0, 128]),
      ),
    ],
    ['16 bits', png(pngHeader(1, 1, 16, 2), Buffer.from([0, 255, 0, 128, 0, 3, 0]))],
    ['grey of one bit', png(pngHeader(9, 2, 1, 0), Buffer.from([0, 0b10101010, 0b10000000, 0, 0xff, 0]))],
    [
      'grey with a transparent one',
      png(pngHeader(2, 1, 8, 0), Buffer.from([0, 0x20, 0x80]), { before: [pngChunk('tRNS', grey)] }),
    ],
    [
      'colours with a transparent one',
      png(pngHeader(2, 1, 8, 2), Buffer.from([0, 1, 2, 3, 9, 9, 9]), { before: [pngChunk('tRNS', rgb)] }),
    ],
    [
      'a palette with transparency',
      png(pngHeader(3, 1, 2, 3), Buffer.from([0, 0b00011000]), {
        before: [
          pngChunk('PLTE', Buffer.from([255, 0, 0, 0, 255, 0, 0, 0, 255])),
          pngChunk('tRNS', Buffer.from([255, 100])),
        ],
      }),
    ],
    ['grey with alpha', png(pngHeader(2, 1, 8, 4), Buffer.from([0, 7, 255, 200, 30]))],
  ])('a PNG of %s has the same pixels', async (_, file) => {
    expect(await put(file, 'image/png')).toMatchObject({ status: 200 });
    const before = await pixelsOf(`data:image/png;base64,${file.toString('base64')}`, 3, 2);
    expect(await pixelsOf((await kept()).dataUri, 3, 2)).toEqual(before);
  });
});
