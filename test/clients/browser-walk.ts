import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { OrderReports } from '../../sdk/src/index.ts';
import type { InstalledPackage } from '../sdk/installed-package';
import { ownBrowser } from '../support/launched-browser';
import { waitFor } from '../support/services';
import { TestReceiver } from '../webhooks/test-receiver';

const PAGE = `<!doctype html>
<script type="importmap">{ "imports": { "order-reports": "/sdk/index.js" } }</script>
<title>Shop</title>`;
const YEAR = { start_date: '2016-01-01', end_date: '2017-01-01' };

/** The files of the package as they are, and an empty page that finds them. */
async function shopWith(sdk: InstalledPackage): Promise<Server> {
  const dist = join(sdk.folder, 'node_modules/order-reports/dist');
  const programs = join(__dirname, 'programs');
  const shop = createServer(({ url = '/' }, response) => {
    const file = url.startsWith('/sdk/') ? join(dist, url.slice('/sdk/'.length)) : join(programs, url);
    const [type, text] =
      url === '/' ? ['text/html', Promise.resolve(PAGE)] : ['text/javascript', readFile(file, 'utf8')];
    text.then(
      (body) => response.setHeader('Content-Type', type).end(body),
      () => response.writeHead(404).end(),
    );
  });
  shop.listen(0, '127.0.0.1');
  await once(shop, 'listening');
  return shop;
}

/**
 * Walks with the SDK's own modules in a page whose origin is not the service's; then follows a report there with a token
 * of that job.
 *
 * @param dataDir where a browser is kept that had to be fetched
 * @returns the name and version of the browser
 */
export async function walkInBrowser({
  sdk,
  urls,
  key,
  dataDir,
}: {
  sdk: InstalledPackage;
  urls: readonly string[];
  key: string;
  dataDir: string;
}): Promise<string> {
  const [shop, receiver, browser] = await Promise.all([
    shopWith(sdk),
    TestReceiver.start(),
    ownBrowser(dataDir),
  ]);
  try {
    const page = await browser.newPage();
    const evaluate = (text: string): Promise<unknown> => page.evaluate(`(async () => {${text}})()`);
    // Another host than the service's, and not another port alone.
    await page.goto(`http://localhost:${(shop.address() as AddressInfo).port}/`);
    await page.exposeFunction('callback', async () => {
      const [callback] = await waitFor(() => receiver.at().length > 0 && receiver.at(), {
        what: 'a callback',
      });
      return { headers: callback!.headers, body: callback!.body.toString() };
    });
    await evaluate(
      `const { walk } = await import('/walk.mjs');
      const { CallbackVerifier } = await import('order-reports');
      const event = async (secret) => {
        const { headers, body } = await window.callback();
        await new CallbackVerifier({ keys: [secret] }).verify(headers, new TextEncoder().encode(body));
        return JSON.parse(body);
      };
      await walk({
        urls: ${JSON.stringify(urls)},
        key: ${JSON.stringify(key)},
        receive: async (secret) => ({ url: ${JSON.stringify(receiver.url())}, event: () => event(secret) }),
      });`,
    );

    // As the owner's server does, which hands the page a token of one job.
    const client = new OrderReports({ baseUrl: urls[0]!, apiKey: key });
    const { id } = await client.reports.create(YEAR);
    const { token } = await client.call('post', '/v1/jobs/{id}/tokens', { path: { id } });
    await evaluate(
      `const { OrderReports } = await import('order-reports');
      const client = new OrderReports({ baseUrl: ${JSON.stringify(urls[0])}, apiKey: ${JSON.stringify(token)} });
      const file = await client.reports.get(${JSON.stringify(id)}).file();
      const bytes = await file.bytes();
      if (bytes.length === 0 || bytes.length !== file.size) throw new Error('The file is not whole.');`,
    );
    return (await browser.version()).replace('/', ' ');
  } finally {
    await browser.close();
    await receiver.stop();
    shop.close();
    shop.closeAllConnections();
  }
}
