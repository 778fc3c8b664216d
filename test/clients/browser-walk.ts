import { OrderReports } from '../../sdk/src/index.ts';
import type { InstalledPackage } from '../sdk/installed-package';
import { ownBrowser } from '../support/launched-browser';
import { waitFor } from '../support/services';
import { TestReceiver } from '../webhooks/test-receiver';
import { Shop } from './shop';

const YEAR = { start_date: '2016-01-01', end_date: '2017-01-01' };

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
    Shop.with(sdk),
    TestReceiver.start(),
    ownBrowser(dataDir),
  ]);
  try {
    const page = await browser.newPage();
    const evaluate = (text: string): Promise<unknown> => page.evaluate(`(async () => {${text}})()`);
    await page.goto(shop.url);
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
  }
}
