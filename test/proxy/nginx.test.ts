import { createHash, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Agent, fetch, type Response } from 'undici';
import { OrderReports } from '../../sdk/src/index.ts';
import { ownBrowser } from '../support/launched-browser';
import { submitScript, withScripts } from '../support/scripted-app';
import { freePort, waitFor } from '../support/services';
import { TestApp } from '../support/test-app';
import { gates } from '../support/test-jobs';
import { AUTHORITY, certificate } from '../webhooks/certificates';
import { Nginx } from './nginx';

const REPORT = { start_date: '2024-01-01', end_date: '2024-02-01', formats: ['csv', 'pdf'] };
const ORDER = {
  number: 'A-1',
  ordered_at: '2024-01-08T10:00:00Z',
  currency: 'EUR',
  customer_name: 'Ana Pérez',
  lines: [{ sku: 'BK-1', description: 'Bookcase', quantity: '1', unit_price: '130.98' }],
};

const STREAM_WITHIN_MS = 30_000;

/** Leads every name to this machine, and trusts the authority of the tests. */
const dispatcher = new Agent({
  connect: {
    ca: AUTHORITY,
    lookup: (_host, options, done) =>
      options.all === true ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4),
  },
});

let shop: Server;
let app: TestApp;
/** The same service, with a path in its public address. */
let underPath: TestApp;
let owner: { id: string; key: string };
let nginx: Nginx;
let ports: { plain: number; tls: number; path: number };

beforeAll(async () => {
  shop = createServer((_, response) =>
    response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>Shop</title>'),
  );
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
  ports = { plain: await freePort(), tls: await freePort(), path: await freePort() };
  const trusted = { TRUSTED_PROXIES: '127.0.0.0/8' };
  app = await TestApp.start({ ...trusted, CORS_ORIGINS: shopOrigin() }, undefined, withScripts);
  underPath = await TestApp.start(
    { ...trusted, PUBLIC_URL: `http://127.0.0.1:${ports.path}/reports-api` },
    app,
    withScripts,
  );
  owner = await app.client('Behind nginx');
  await app.call('POST', '/v1/orders', { key: owner.key, body: ORDER });
  const [cert, key] = [join(app.config.dataDir, 'proxy.pem'), join(app.config.dataDir, 'proxy.key')];
  const pair = certificate('server');
  writeFileSync(cert, pair.cert);
  writeFileSync(key, pair.key);
  nginx = await Nginx.start(
    `
  server {
    listen 127.0.0.1:${ports.plain};
    location / { proxy_pass ${app.url}; }
  }
  server {
    listen 127.0.0.1:${ports.tls} ssl;
    ssl_certificate ${cert};
    ssl_certificate_key ${key};
    location / {
      proxy_pass ${app.url};
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
    }
  }
  server {
    listen 127.0.0.1:${ports.path};
    location /reports-api/ { proxy_pass ${underPath.url}/; }
  }`,
    `http://127.0.0.1:${ports.plain}/`,
  );
});

afterAll(async () => {
  gates.release();
  await nginx.stop();
  await underPath.stop();
  await app.stop();
  await dispatcher.close();
  await new Promise((resolve) => shop.close(resolve));
});

/** Another host than the service's, and not another port alone. */
const shopOrigin = (): string => `http://localhost:${(shop.address() as AddressInfo).port}`;

interface Sent {
  method?: string;
  body?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

const send = (url: URL, { headers, ...rest }: Sent = {}): Promise<Response> =>
  fetch(url, { ...rest, dispatcher, headers: { Authorization: `Bearer ${owner.key}`, ...headers } });

/** For the client. Its types are those of Node's own, which takes no dispatcher. */
const fetchOverIt = ((url: URL, init: object) =>
  fetch(url, { ...init, dispatcher })) as unknown as typeof globalThis.fetch;

const sha256Of = async (answer: Response): Promise<string> =>
  createHash('sha256')
    .update(Buffer.from(await answer.arrayBuffer()))
    .digest('hex');

interface JobBody {
  status: string;
  links: { rel: string; href: string }[];
  result: { artifacts: { sha256: string; href: string }[] };
}

describe.each([
  ['its defaults', () => `http://127.0.0.1:${ports.plain}`],
  ['TLS', () => `https://127.0.0.1:${ports.tls}`],
  ['another host name, by TLS', () => `https://receiver.test:${ports.tls}`],
  ['another host name', () => `http://reports.example:${ports.plain}`],
  ['a path', () => `http://127.0.0.1:${ports.path}/reports-api`],
])('behind nginx with %s', (_name, base) => {
  /** A caller resolves what it is answered against the address that it called. */
  const at = (address: string): URL => new URL(address, base());

  it('leads from a submission to the files by what it answers, and keeps the key', async () => {
    const accepted = await send(at(`${base()}/v1/orders/reports`), {
      method: 'POST',
      body: JSON.stringify(REPORT),
      headers: { 'Content-Type': 'application/json' },
    });
    expect(accepted.status).toBe(202);
    const { links } = (await accepted.json()) as JobBody;
    // Waits, and follows the 303 as a caller does.
    const file = await send(at(accepted.headers.get('location')!), { headers: { Prefer: 'wait=50' } });
    expect(file.status).toBe(200);
    expect(file.headers.get('content-type')).toMatch('text/csv');
    const polled = await send(at(links.find(({ rel }) => rel === 'self')!.href));
    const job = (await polled.json()) as JobBody;
    expect(job.status).toBe('COMPLETED');
    const { artifacts } = job.result;
    expect(await sha256Of(file)).toBe(artifacts[0]!.sha256);
    for (const { href, sha256 } of artifacts) {
      const answer = await send(at(href));
      expect(answer.status).toBe(200);
      expect(await sha256Of(answer)).toBe(sha256);
    }
  });

  it('is nothing that the client notices: orders in, a report followed, its files out', async () => {
    const client = new OrderReports({ baseUrl: base(), apiKey: owner.key, fetch: fetchOverIt });
    const imported = await client.imports.create(JSON.stringify({ ...ORDER, number: randomUUID() }), {
      mediaType: 'application/x-ndjson',
    });
    await imported.done();
    const report = await client.reports.create({ ...REPORT, formats: ['csv', 'pdf'] });
    for (const format of ['csv', 'pdf'] as const) {
      const file = await report.file(format);
      // It compares what came with the digest of the file.
      expect((await file.bytes()).length).toBeGreaterThan(100);
    }
    const statuses: string[] = [];
    for await (const { status, progress } of client.jobs
      .get(await submitScript(app, owner.id, 'wait'))
      .updates()) {
      statuses.push(status);
      if (progress > 0) gates.release();
    }
    expect(statuses).toContain('IN_PROGRESS');
    expect(statuses.at(-1)).toBe('COMPLETED');
  });

  it('streams progress as it is made', async () => {
    const id = await submitScript(app, owner.id, 'wait');
    const closing = new AbortController();
    let text = '';
    const read = (async () => {
      const stream = await send(at(`${base()}/v1/jobs/${id}/events`), { signal: closing.signal });
      expect(stream.status).toBe(200);
      const decoder = new TextDecoder();
      for await (const chunk of stream.body!) text += decoder.decode(chunk as Uint8Array, { stream: true });
    })();
    const progress = waitFor(() => text.includes('event: progressed'), {
      what: `progress of a job that is not ready, through nginx at ${base()}`,
      timeoutMs: STREAM_WITHIN_MS,
    });
    try {
      // What nginx keeps to itself, which may be the whole answer with its head, comes when the job has ended.
      await Promise.race([progress, read]);
      expect(text).toContain('event: progressed');
      expect(text).not.toContain('event: completed');
      gates.release();
      await read;
      expect(text).toContain('event: completed');
    } finally {
      gates.release();
      closing.abort();
      await read.catch(() => undefined);
    }
  });
});

describe('under a path', () => {
  const base = (): string => `http://127.0.0.1:${ports.path}/reports-api`;

  it('has its page, its documents and signed links', async () => {
    for (const path of ['/', '/docs', '/openapi.json']) {
      const answer = await send(new URL(base() + path));
      expect([path, answer.status]).toEqual([path, 200]);
      await answer.body?.cancel();
    }
    const body = JSON.stringify({ ...REPORT, formats: ['csv'] });
    const headers = { 'Content-Type': 'application/json', Prefer: 'wait=50', Accept: 'application/json' };
    const made = await send(new URL(`${base()}/v1/orders/reports`), { method: 'POST', body, headers });
    const { id } = (await made.json()) as { id: string };
    const link = await send(new URL(`${base()}/v1/orders/reports/${id}/link`));
    const { url } = (await link.json()) as { url: string };
    const file = await fetch(url);
    expect(file.status).toBe(200);
    expect(await file.text()).toContain('A-1');
  });
});

describe('a page of another origin, with a token', () => {
  it('follows a job behind nginx to its end and reads its file', async () => {
    const base = `http://127.0.0.1:${ports.plain}`;
    const browser = await ownBrowser(app.config.dataDir);
    try {
      const page = await browser.newPage();
      await page.goto(shopOrigin());
      const accepted = await app.call('POST', '/v1/orders/reports', { key: owner.key, body: REPORT });
      const { id } = accepted.body;
      const { body } = await app.call('POST', `/v1/jobs/${id}/tokens`, { key: owner.key });
      const seen = (await page.evaluate(`(async () => {
        const query = '?token=' + encodeURIComponent(${JSON.stringify(body.token)});
        const source = new EventSource(${JSON.stringify(`${base}/v1/jobs/${id}/events`)} + query);
        await new Promise((resolve, reject) => {
          source.addEventListener('completed', resolve);
          setTimeout(() => reject(new Error('no event of the end of the job')), ${STREAM_WITHIN_MS});
        });
        source.close();
        const file = await fetch(${JSON.stringify(`${base}/v1/orders/reports/status/${id}`)} + query);
        return [file.status, file.headers.get('Content-Type'), (await file.blob()).size > 0];
      })()`)) as unknown[];
      expect(seen).toEqual([200, expect.stringMatching('text/csv'), true]);
    } finally {
      await browser.close();
    }
  });
});
