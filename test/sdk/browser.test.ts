import { Shop } from '../clients/shop';
import { ownBrowser } from '../support/launched-browser';
import { waitFor } from '../support/services';
import { TestApp } from '../support/test-app';
import { InstalledPackage } from './installed-package';

/** More than the connections that a browser has to one host, each of which a stream would keep. */
const JOBS = 10;
const TYPE = 'test.followed';

test('a page follows more jobs than it has connections to the service', async () => {
  const sdk = await InstalledPackage.shared();
  const app = await TestApp.start({ CORS_ORIGINS: '*', EXTERNAL_TASK_TYPES: TYPE });
  const [shop, browser] = await Promise.all([Shop.with(sdk), ownBrowser(app.config.dataDir)]);
  try {
    const { key } = await app.client('page');
    const page = await browser.newPage();
    const started = new Set<string>();
    await page.exposeFunction('started', (id: string) => started.add(id));
    await page.goto(shop.url);
    const ended = page.evaluate(`(async () => {
      const { OrderReports } = await import('order-reports');
      const client = new OrderReports({ baseUrl: '${app.url}', apiKey: '${key}' });
      const jobs = await Promise.all(
        Array.from({ length: ${JOBS} }, () => client.jobs.create({ type: '${TYPE}', parameters: {} })),
      );
      const onUpdate = ({ id, status }) => status === 'IN_PROGRESS' && window.started(id);
      const ended = await Promise.all(jobs.map((job) => job.done({ onUpdate })));
      return ended.map(({ status }) => status);
    })()`);
    ended.catch(() => undefined);
    const claimed: { id: string; attempt: number }[] = [];
    await waitFor(
      async () => {
        const { status, body } = await app.call('POST', '/v1/tasks/claim', { key, body: {} });
        if (status === 200) claimed.push(body);
        return claimed.length === JOBS;
      },
      { what: 'all jobs to be claimed' },
    );
    await waitFor(() => started.size === JOBS, { what: 'the page to see that each of them was started' });
    for (const { id, attempt } of claimed) {
      const body = { attempt, status: 'COMPLETED', result: {} };
      await app.call('PUT', `/v1/tasks/${id}`, { key, body });
    }
    expect(await ended).toEqual(Array.from({ length: JOBS }, () => 'COMPLETED'));
  } finally {
    await browser.close();
    shop.close();
    await app.stop();
  }
});
