import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { AddressInfo, createServer, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UnprintableDocumentError } from '../../src/report-requests/rendering/render-errors';
import { pagesOf } from './browser-processes';
import { readPdf, readPdfs, textOf } from './pdf-reader';
import { eventually, TestRenderer } from './test-renderer';
import { VECTORS } from './vectors';

const CANARY = 'canary-7f3a';
/** Without a policy: it is one layer of several. */
const SHELL = '<!doctype html><title>x</title><body>';

/** Besides the shared ones: what does more than ask for something, and connections without a request. */
const MORE_VECTORS: typeof VECTORS = {
  connection: (url) => `<link rel="preconnect" href="${url}"><link rel="dns-prefetch" href="${url}">`,
  'fetch ahead': (url) => `<link rel="preload" as="fetch" href="${url}">`,
  'reference in SVG': (url) => `<svg><use href="${url}#a"/></svg>`,
  'script that writes': () => `<script>document.body.append("scripted")</script>`,
  'script of an image': (url) => `<img src=x onerror="document.body.append('scripted');fetch('${url}')">`,
  'frame that refreshes': (url) =>
    `<iframe srcdoc="<meta http-equiv=refresh content='0;url=${url}'>"></iframe>`,
};

/** A document goes to one address, has one icon, and does not print without its first font. */
const ONE_AT_A_TIME = new Set(['font', 'icon', 'refresh', 'frame that refreshes']);

/** Below the escaping: markup that reached a document all the same. */
describe('a document with hostile markup', () => {
  let renderer: TestRenderer;
  let server: Server;
  let connections = 0;
  let folder: string;
  let address: string;
  let canary: string;

  beforeAll(async () => {
    renderer = await TestRenderer.create();
    server = createServer((socket) => {
      connections += 1;
      socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${CANARY.length}\r\nConnection: close\r\n\r\n${CANARY}`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    folder = await mkdtemp(join(tmpdir(), 'order-reports-canary-'));
    const path = join(folder, 'canary.txt');
    await writeFile(path, CANARY);
    canary = pathToFileURL(path).href;
  });

  afterAll(async () => {
    await renderer.close();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true, force: true });
  });

  /** @returns the path of the file */
  async function printed(markup: string, shell = SHELL, owner = 'mallory'): Promise<string> {
    const { signal } = new AbortController();
    const document = { shell, body: Buffer.from(`${markup}<p>The end.</p>`) };
    const job = { owner, document, tagged: false, isLarge: false };
    const path = join(renderer.directory, `${randomUUID()}.pdf`);
    await writeFile(path, await renderer.pool.print(job, signal));
    return path;
  }

  async function print(markup: string, owner?: string): Promise<string> {
    return textOf(await readPdf(await printed(markup, SHELL, owner)));
  }

  it.each(Object.entries({ ...VECTORS, ...MORE_VECTORS }))(
    'reaches nothing through: %s',
    async (name, vector) => {
      const ways = [`http://${address}/x`, canary].map(vector);
      // At once, but where the first would keep the second from being tried.
      const bodies = ONE_AT_A_TIME.has(name) ? ways : [ways.join('')];
      const files: string[] = [];
      for (const body of bodies) {
        // In a document of its own, where scripts would run, and in place of another's body.
        for (const shell of [`${SHELL}<!-- ${name} ${files.length} -->`, SHELL]) {
          if (shell === SHELL) await printed('<p>Before.</p>');
          // What goes away, or lacks a font, fails to print; what counts is where it did not get.
          const mayFail = ['font', 'refresh', 'frame that refreshes'].includes(name);
          const path = await printed(body, shell).catch((error: unknown) => {
            if (!mayFail) throw error;
          });
          if (path !== undefined) files.push(path);
        }
      }
      const texts = (await readPdfs(files)).map(textOf).join('\n');
      if (files.length === 2 * bodies.length) expect(texts).toContain('The end.');
      expect(texts).not.toContain(CANARY);
      expect(texts).not.toContain('scripted');
      expect(connections).toBe(0);
    },
  );

  // All of one owner's documents are printed on one page, until one of them touches more than its own body.
  it.each([
    ['styles', '<style>p{display:none}</style>'],
    ['a base', '<base href="file:///etc/">'],
    ['a font', '<style>@font-face{font-family:sans-serif;src:url(data:font/woff2;base64,AAAA)}</style>'],
    ['text', `<p id="left">${CANARY}</p>`],
    ['a title and a cookie', `<title>${CANARY}</title><meta http-equiv="set-cookie" content="a=${CANARY}">`],
    ['an element left open', `<div hidden><!-- ${CANARY}`],
    ['a frame', `<iframe srcdoc="${CANARY}"></iframe>`],
    ['a refresh', '<meta http-equiv="refresh" content="0;url=about:blank">'],
  ])('leaves nothing of %s to the next document of its owner', async (_, body) => {
    const clean = await print('<p>Clean.</p>', 'somebody');
    await print(body).catch(() => '');
    expect(await print('<p>Clean.</p>')).toBe(clean);
    expect(connections).toBe(0);
  });

  describe('of several owners', () => {
    let own: TestRenderer;

    beforeEach(async () => {
      own = await TestRenderer.create();
    });
    afterEach(() => own.close());

    const printFor = async (owner: string, body = '<p>Mine.</p>'): Promise<void> => {
      const document = { shell: '<!doctype html><title>x</title><body>', body: Buffer.from(body) };
      const job = { owner, document, tagged: false, isLarge: false };
      await own.pool.print(job, new AbortController().signal);
    };
    /** Processes of pages, once there are so many. */
    const processes = async (count?: number): Promise<number[]> => {
      let found: number[] = [];
      await eventually(`there are ${count} pages`, async () => {
        found = await pagesOf(own.browserPids);
        return found.length === (count ?? found.length);
      });
      return found;
    };

    /** The processes when one of those before has gone and another has come. */
    const replaced = async (before: number[]): Promise<number[]> => {
      let now: number[] = [];
      await eventually('one is replaced', async () => {
        now = await processes();
        return (
          now.length === before.length && now.filter((pid) => before.includes(pid)).length === now.length - 1
        );
      });
      return now;
    };
    /** The browser's first page of all, which prints nothing, and the one for the next owner. */
    const ready = 2;

    it('shares no page, and no process of it', async () => {
      await own.pool.warm();
      await processes(ready);
      // One is opened for the next owner while one prints.
      for (const [index, owner] of ['one', 'two', 'three', 'four'].entries()) {
        await printFor(owner);
        await processes(ready + 1 + index);
      }
      // The page that was ready becomes theirs, and that of the owner who has not printed for longest goes.
      const four = await processes(ready + 4);
      await printFor('five');
      const kept = await replaced(four);
      await printFor('three');
      expect(await processes()).toEqual(kept);
      await printFor('six');
      await replaced(kept);
    });

    it('shares none where memory allows for many', async () => {
      await own.close();
      own = await TestRenderer.create({ pagesKept: 40 });
      await own.pool.warm();
      for (let owner = 0; owner < 40; owner += 1) await printFor(`owner ${owner}`);
      const kept = await processes(ready + 40);
      await printFor('owner 0');
      expect(await processes()).toEqual(kept);
      await printFor('one more');
      await replaced(kept);
    });

    it('keeps no page of a long document beside those of others', async () => {
      await own.pool.warm();
      await processes(ready);
      for (const owner of ['one', 'two', 'three']) await printFor(owner);
      await printFor('long', `<p>${'x '.repeat(110_000)}</p>`);
      const all = await processes(ready + 4);
      await printFor('four');
      const kept = await replaced(all);
      // It was the long one that went, in place of the oldest.
      await printFor('one');
      expect(await processes()).toEqual(kept);
    });
  });

  it('is refused when a font is not in it', async () => {
    const style = `<style>@font-face{font-family:x;src:url("http://${address}/x")}p{font-family:x}</style>`;
    await expect(print(style)).rejects.toThrow(UnprintableDocumentError);
    expect(connections).toBe(0);
  });
});
