import type { Browser, Page } from 'puppeteer';
import { ownBrowser } from '../support/launched-browser';
import { submitScript, withScripts } from '../support/scripted-app';
import { TIMEOUT_MS, waitFor } from '../support/services';
import { TestApp } from '../support/test-app';
import { DEMO_KEY } from '../support/test-config';
import { gates } from '../support/test-jobs';
import { TestReceiver } from '../webhooks/test-receiver';

let app: TestApp;
let browser: Browser;
let page: Page;
let demo: string;
/** What the browser complains of: a policy that is broken, a script that failed. */
const complaints: string[] = [];

beforeAll(async () => {
  app = await TestApp.start(
    { SAMPLE_DATA: 'true', CALLBACK_ALLOWED_ADDRESSES: '127.0.0.0/8' },
    undefined,
    withScripts,
  );
  [{ id: demo }] = await app.dataSource.query(`SELECT id FROM client WHERE name = 'Demo'`);
  browser = await ownBrowser(app.config.dataDir);
});

afterAll(async () => {
  gates.release();
  await browser.close();
  await app.stop();
});

beforeEach(async () => {
  const context = await browser.createBrowserContext();
  page = await context.newPage();
  page.setDefaultTimeout(TIMEOUT_MS);
  complaints.length = 0;
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('the server responded with a status of'))
      complaints.push(message.text());
  });
  await page.setViewport({ width: 900, height: 1_200 });
  await page.goto(app.url);
});

afterEach(async () => {
  expect(complaints).toEqual([]);
  await page.browserContext().close();
});

const visible = (selector: string) => page.waitForSelector(selector, { visible: true, timeout: TIMEOUT_MS });
const textOf = (selector: string): Promise<string> => page.$eval(selector, (node) => node.textContent ?? '');
const says = (selector: string, pattern: RegExp): Promise<unknown> =>
  waitFor(async () => pattern.test(await textOf(selector)), {
    what: `${selector} to say ${String(pattern)}`,
  });

const focusOn = (id: string): Promise<unknown> =>
  waitFor(async () => (await page.evaluate('document.activeElement.id')) === id, {
    what: `the focus on ${id}`,
  });

async function signIn(key = DEMO_KEY): Promise<void> {
  await visible('#key');
  await page.type('#key', key);
  await page.keyboard.press('Enter');
  await visible('#report-form');
}

/** Opens a job of the list. */
async function show(name: string): Promise<void> {
  // The list is drawn anew when it has been read: a button may be gone between the look and the click.
  const button = `document.querySelector('#job-rows button[aria-label^="Show ${name}"]')`;
  await waitFor(() => page.evaluate(`${button}?.click() === undefined && ${button} !== null`), {
    what: `the job ${name} in the list`,
  });
}

describe('the page', () => {
  it('goes from a key to a report that is ready, by keyboard alone, and shows its callback', async () => {
    const receiver = await TestReceiver.start();
    try {
      await signIn();
      await page.focus('#title');
      await page.keyboard.type('Orders of 2016');
      await page.keyboard.press('Tab');
      await page.keyboard.type(receiver.url());
      await page.keyboard.press('Enter');
      await visible('#job');
      await focusOn('job');
      await says('#job-summary', /^Ready: PDF, \d+ pages/);
      await says('#job-title', /^Orders of 2016, 2016-01-01 to 2017-01-01$/);
      await says('#job-steps', /^✓ query✓ render✓ store$/);
      expect(await page.$eval('#job-progress', (bar) => (bar as unknown as { value: number }).value)).toBe(
        100,
      );
      const href = (await visible('#job-files a'))!;
      const path = await href.evaluate((link) => link.getAttribute('href')!);
      const pdf = await app.call('GET', path, { key: null });
      expect(pdf.headers.get('content-type')).toBe('application/pdf');
      await says('#callback-list', /orders\.report\.completed to .*\/hook: delivered/i);
      await says('#job-rows', /Orders of 2016.*completed/i);
    } finally {
      await receiver.stop();
    }
  });

  it('shows the file in place where the browser has a viewer', async () => {
    await page.evaluateOnNewDocument("Object.defineProperty(navigator, 'pdfViewerEnabled', { value: true })");
    await page.reload();
    const framed = page.waitForResponse((response) => new URL(response.url()).pathname.endsWith('/file'), {
      timeout: TIMEOUT_MS,
    });
    await signIn();
    await page.click('#report-form .primary');
    expect((await framed).status()).toBe(200);
    expect((await framed).headers()['content-security-policy']).toBe("frame-ancestors 'self'");
    await visible('#job-file');
  });

  it('shows the progress move and cancels', async () => {
    await submitScript(app, demo, 'wait');
    await signIn();
    await show('test.scripted');
    await says('#job-summary', /It is being made/);
    await waitFor(
      () => page.$eval('#job-progress', (bar) => (bar as unknown as { value: number }).value === 50),
      {
        what: 'the progress',
      },
    );
    await says('#job-steps [aria-current]', /^second$/);
    await page.click('#job-cancel');
    await says('#job-summary', /It was cancelled/);
    await page.waitForSelector('#job-cancel', { hidden: true });
  });

  it('polls where streams do not get through', async () => {
    await page.setRequestInterception(true);
    let refused = 0;
    page.on('request', (request) => {
      if (!new URL(request.url()).pathname.endsWith('/events')) return void request.continue();
      refused += 1;
      // The browser connects again three seconds after a connection that broke, and never after a refusal.
      if (refused <= 3) void request.abort();
      else void request.respond({ status: 503 });
    });
    await submitScript(app, demo, 'wait');
    await signIn();
    await show('test.scripted');
    await waitFor(() => refused >= 3, { what: 'the streams to be given up' });
    await waitFor(() => gates.waiting.length > 0, { what: 'the job' });
    gates.release();
    await says('#job-summary', /Done/);
    complaints.length = 0;
  });

  it('follows on after the service was away', async () => {
    await page.setRequestInterception(true);
    let away = 0;
    page.on('request', (request) => {
      const { pathname } = new URL(request.url());
      const isPoll = /^\/v1\/jobs\/[0-9a-f-]{36}$/.test(pathname);
      if (pathname.endsWith('/events')) return void request.respond({ status: 503 });
      // The first look is the one that shows the job at all.
      if (!isPoll || (away += 1) === 1 || away > 4) return void request.continue();
      if (away % 2 === 0) return void request.abort();
      return void request.respond({ status: 503, headers: { 'Retry-After': '1' }, body: '{}' });
    });
    await submitScript(app, demo, 'wait');
    await signIn();
    await show('test.scripted');
    await waitFor(() => away >= 4, { what: 'the questions that failed' });
    await waitFor(() => gates.waiting.length > 0, { what: 'the job' });
    gates.release();
    await says('#job-summary', /Done/);
    complaints.length = 0;
  });

  it('makes the formats that are asked for, in groups and in a language, and downloads none unasked', async () => {
    await page.evaluateOnNewDocument("Object.defineProperty(navigator, 'pdfViewerEnabled', { value: true })");
    await page.reload();
    await signIn();
    await focusOn('start_date');
    for (const format of ['pdf', 'xlsx', 'csv']) await page.click(`input[value="${format}"]`);
    await page.select('#group_by', 'month');
    await page.select('#locale', 'de-DE');
    await page.click('#report-form .primary');
    await says('#job-summary', /^Ready: XLSX, [\d,]+ kB; CSV, [\d,]+ kB\.$/);
    await visible('#job-files a');
    const links = await page.$$eval('#job-files a', (all) => all.map((link) => link.getAttribute('href')!));
    const types = await Promise.all(
      links.map(async (link) => (await app.call('HEAD', link, { key: null })).headers.get('content-type')),
    );
    expect(types).toEqual([expect.stringContaining('spreadsheetml'), expect.stringContaining('text/csv')]);
    const [job] = (await app.call('GET', '/v1/jobs?page_size=1')).body.data;
    expect(job.request.body).toMatchObject({ group_by: 'month', locale: 'de-DE', formats: ['xlsx', 'csv'] });
    expect(await page.$eval('#job-file', (frame) => frame.hasAttribute('src'))).toBe(false);
  });

  it('says what is wrong with a request, and with a key', async () => {
    await signIn();
    await page.$eval('#end_date', (input) => ((input as unknown as { value: string }).value = '2015-01-01'));
    await page.click('#report-form .primary');
    await says('#problem', /end_date must be after start_date/);
    expect(await page.$eval('#problem', (box) => box.getAttribute('role'))).toBe('alert');
    await page.click('#sign-out');
    await visible('#key');
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
    await page.type('#key', 'not-a-key-of-ours-0123456789');
    await page.keyboard.press('Enter');
    await says('#problem', /not valid/);
    await visible('#key');
    await page.type('#key', 'ключ');
    await page.keyboard.press('Enter');
    await says('#problem', /no API key/);
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
  });

  it('has a name for everything that can be operated, and fits a small screen', async () => {
    await submitScript(app, demo, 'succeed');
    await signIn();
    await visible('#job-rows button');
    const tree = (await page.accessibility.snapshot({ interestingOnly: true }))!;
    const nodes = [tree];
    for (const node of nodes) nodes.push(...(node.children ?? []));
    const operated = nodes.filter(({ role }) =>
      ['button', 'link', 'textbox', 'checkbox', 'Date'].includes(role),
    );
    expect(operated.length).toBeGreaterThan(6);
    expect(operated.filter(({ name }) => !name)).toEqual([]);
    await page.setViewport({ width: 340, height: 700 });
    const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
    expect(overflow).toBeLessThanOrEqual(0);
  });

  it('shows a long title and several files on a small screen, and no file that was deleted', async () => {
    await page.setViewport({ width: 320, height: 700 });
    await signIn();
    await page.type('#title', 'W'.repeat(200));
    await page.click('input[value="csv"]');
    await page.click('#report-form .primary');
    await says('#job-summary', /^Ready: PDF.*; CSV/);
    await visible('#job-files a');
    const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
    expect(overflow).toBeLessThanOrEqual(0);
    const edges = 'Array.from(document.querySelectorAll("#job-files a"), (a) => a.getBoundingClientRect())';
    const [first, second] = (await page.evaluate(`${edges}.map(({ top, bottom }) => ({ top, bottom }))`)) as {
      top: number;
      bottom: number;
    }[];
    expect(second!.top).toBeGreaterThanOrEqual(first!.bottom);

    const [{ id }] = (await app.call('GET', '/v1/jobs?page_size=1')).body.data;
    expect((await app.call('DELETE', `/v1/orders/reports/${id}`)).status).toBe(204);
    await page.reload();
    await show('WWW');
    await says('#job-summary', /its files were deleted/);
    expect(await page.$eval('#job-files', (files) => (files as unknown as { hidden: boolean }).hidden)).toBe(
      true,
    );
  });

  it('says that the service cannot be reached', async () => {
    await signIn();
    await page.setOfflineMode(true);
    await page.click('#report-form .primary');
    await says('#problem', /cannot be reached/);
    complaints.length = 0;
  });

  it('is served with a strict policy, and by APIs alone', async () => {
    const { headers, body } = await app.call('GET', '/', { key: null });
    expect(headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(headers.get('cache-control')).toBe('no-cache');
    expect(body).not.toMatch(/<script(?![^>]*src=)|\son\w+=|style=/);
    const worker = await TestApp.start({ ROLE: 'worker' }, app, withScripts);
    try {
      expect((await worker.call('GET', '/', { key: null })).status).toBe(404);
    } finally {
      await worker.stop();
    }
  });
});
