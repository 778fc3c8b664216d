import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer';
import { ownBrowser } from '../support/launched-browser';
import { submitScript, withScripts } from '../support/scripted-app';
import { TIMEOUT_MS, waitFor } from '../support/services';
import { TestApp } from '../support/test-app';
import { gates } from '../support/test-jobs';

const PAGE = '<!doctype html><meta charset="utf-8"><title>Shop</title><a id="file">Your report</a>';

let shop: Server;
let app: TestApp;
let owner: { id: string; key: string };
let browser: Browser;
let page: Page;
/** What the browser sent to the API. */
const sent: { url: string; headers: Record<string, string> }[] = [];

beforeAll(async () => {
  shop = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end(PAGE));
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
  // Another host, and not another port alone.
  const origin = `http://localhost:${(shop.address() as AddressInfo).port}`;
  app = await TestApp.start({ CORS_ORIGINS: origin }, undefined, withScripts);
  owner = await app.client('Shop with a page');
  browser = await ownBrowser(app.config.dataDir);
  page = await browser.newPage();
  page.setDefaultTimeout(TIMEOUT_MS);
  page.on('request', (request) => {
    if (request.url().startsWith(app.url)) sent.push({ url: request.url(), headers: request.headers() });
  });
  await page.goto(origin);
});

afterAll(async () => {
  gates.release();
  await browser.close();
  await app.stop();
  await new Promise((resolve) => shop.close(resolve));
});

async function tokenOf(id: string, body?: object): Promise<string> {
  const answer = await app.call('POST', `/v1/jobs/${id}/tokens`, { key: owner.key, body });
  return answer.body.token;
}

/** Runs an expression in the page, with the addresses of the API before it. */
const inPage = (expression: string): Promise<unknown> => page.evaluate(expression);

describe('a page of another origin, with a token for one job and no key', () => {
  let report: string;

  beforeAll(async () => {
    const body = { start_date: '2016-01-01', end_date: '2017-01-01', formats: ['csv', 'pdf'] };
    report = (await app.call('POST', '/v1/orders/reports', { key: owner.key, body })).body.id;
  });

  afterEach(() => {
    for (const { headers } of sent) expect(JSON.stringify(headers)).not.toContain(owner.key);
  });

  it('follows a job by an EventSource to its end, and connects no more', async () => {
    const id = await submitScript(app, owner.id, 'wait');
    const url = `${app.url}/v1/jobs/${id}/events?token=${await tokenOf(id)}`;
    await inPage(`
      window.seen = [];
      window.source = new EventSource(${JSON.stringify(url)});
      for (const name of ['accepted', 'started', 'progress', 'progressed', 'completed'])
        source.addEventListener(name, ({ type }) => seen.push(type));
    `);
    for (const name of ['progress', 'progressed'])
      await waitFor(() => inPage(`seen.includes('${name}')`), { what: name });
    gates.release();
    await waitFor(() => inPage(`seen.includes('completed')`), { what: 'the end' });
    expect(await inPage(`seen.filter((name) => name !== 'progress').join()`)).toBe(
      'accepted,started,progressed,completed',
    );
    // The server ends the stream; the browser asks once more with the last id, and gets 204.
    await waitFor(() => inPage('source.readyState === EventSource.CLOSED'), { what: 'the last answer' });
  });

  it('waits, reads the job and its file by fetch, by the query and by the header', async () => {
    const token = await tokenOf(report);
    const job = (await inPage(`
      fetch(${JSON.stringify(`${app.url}/v1/jobs/${report}?token=${token}`)}, { headers: { Prefer: 'wait=30' } })
        .then((response) => response.json())
    `)) as { status: string; result: { artifacts: { sha256: string }[] } };
    expect(job.status).toBe('COMPLETED');
    const digestBy = (path: string, options: object): Promise<unknown> =>
      inPage(`(async () => {
        const response = await fetch(${JSON.stringify(app.url + path)}, ${JSON.stringify(options)});
        return [response.status, response.headers.get('Repr-Digest'), (await response.blob()).size];
      })()`);
    const expected = [
      200,
      `sha-256=:${Buffer.from(job.result.artifacts[0]!.sha256, 'hex').toString('base64')}:`,
      expect.any(Number),
    ];
    const bearer = { headers: { Authorization: `Bearer ${token}` } };
    const path = `/v1/orders/reports/${report}`;
    expect(await digestBy(`${path}?token=${token}`, {})).toEqual(expected);
    expect(await digestBy(path, bearer)).toEqual(expected);
    // As the status address leads to it.
    expect(await digestBy(`/v1/orders/reports/status/${report}?token=${token}`, {})).toEqual(expected);
    expect(await digestBy(`/v1/orders/reports/status/${report}`, bearer)).toEqual(expected);
  });

  it('downloads the file by a link that is clicked', async () => {
    await app.polled(`/v1/orders/reports/status/${report}`, { key: owner.key });
    const folder = mkdtempSync(join(tmpdir(), 'order-reports-download-'));
    try {
      const session = await browser.target().createCDPSession();
      await session.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: folder });
      const href = `${app.url}/v1/orders/reports/${report}?format=pdf&token=${await tokenOf(report)}`;
      await page.$eval('#file', (link, address) => link.setAttribute('href', address), href);
      await page.click('#file');
      const [name] = await waitFor(
        () => {
          const files = readdirSync(folder).filter((file) => file.endsWith('.pdf'));
          return files.length > 0 && files;
        },
        { what: 'the file' },
      );
      const { body } = await app.call('GET', `/v1/jobs/${report}`, { key: owner.key });
      const { sha256 } = body.result.artifacts.find(({ format }: { format: string }) => format === 'pdf');
      expect(name).toBe(`orders-${report}.pdf`);
      expect(
        createHash('sha256')
          .update(readFileSync(join(folder, name!)))
          .digest('hex'),
      ).toBe(sha256);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('cancels a job, if it may', async () => {
    const id = await submitScript(app, owner.id, 'wait');
    const cancel = async (token: string): Promise<unknown> =>
      inPage(`
        fetch(${JSON.stringify(`${app.url}/v1/jobs/${id}?token=${token}`)}, { method: 'DELETE' })
          .then((response) => response.status)
      `);
    expect(await cancel(await tokenOf(id))).toBe(403);
    expect([200, 202]).toContain(await cancel(await tokenOf(id, { permissions: ['cancel'] })));
  });

  it('is refused for good when the token has ended', async () => {
    const id = await submitScript(app, owner.id, 'wait');
    const url = `${app.url}/v1/jobs/${id}/events?token=${await tokenOf(id, { expires_in: 2 })}`;
    await inPage(`
      window.opened = 0;
      window.source = new EventSource(${JSON.stringify(url)});
      source.addEventListener('open', () => (opened += 1));
    `);
    await waitFor(() => inPage('opened === 1 && source.readyState === EventSource.CLOSED'), {
      what: 'the end of the stream',
    });
    gates.release();
  });
});
