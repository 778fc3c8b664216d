import { ADMIN_KEY } from '../support/test-config';
import { TestApp } from '../support/test-app';

const BODY = { start_date: '2024-01-01', end_date: '2024-02-01', formats: ['csv'] };
const ORDER = {
  ordered_at: '2024-01-08T10:00:00Z',
  currency: 'EUR',
  customer_name: 'Ana Pérez',
  lines: [{ sku: 'BK-1', description: 'Bookcase', quantity: '1', unit_price: '130.98' }],
};

describe('Under a path that the proxy strips', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await TestApp.start({ PUBLIC_URL: 'https://shop.example/reports-api/' });
  });
  afterAll(() => app.stop());

  it('leads from the submission to the file by addresses that begin with it', async () => {
    const accepted = await app.call('POST', '/v1/orders/reports', { body: BODY });
    const { id } = accepted.body;
    expect(accepted.headers.get('location')).toBe(`/reports-api/v1/orders/reports/status/${id}`);
    const done = await app.call('GET', `/v1/orders/reports/status/${id}`, {
      headers: { Prefer: 'wait=30' },
    });
    expect(done.headers.get('location')).toBe(`/reports-api/v1/orders/reports/${id}`);
    const { body: job } = await app.call('GET', `/v1/jobs/${id}`);
    expect(job.links).toEqual(
      [
        ['self', `/v1/jobs/${id}`],
        ['events', `/v1/jobs/${id}/events`],
        ['status', `/v1/orders/reports/status/${id}`],
        ['reports', `/v1/orders/reports/${id}`],
      ].map(([rel, path]) => ({ rel, href: `/reports-api${path}` })),
    );
    expect(job.result.artifact.href).toBe(`/reports-api/v1/orders/reports/${id}?format=csv`);

    const list = await app.call('GET', '/v1/orders/reports');
    expect(list.body.data[0].href).toBe(`/reports-api/v1/orders/reports/status/${id}`);
    const link = await app.call('GET', `/v1/orders/reports/${id}/link`);
    expect(link.body.url).toMatch(`https://shop.example/reports-api/v1/orders/reports/${id}/file?expires=`);
  });

  it('links pages, and what was made', async () => {
    for (const number of ['A-1', 'A-2']) {
      const { headers, body } = await app.call('POST', '/v1/orders', { body: { number, ...ORDER } });
      expect(headers.get('location')).toBe(`/reports-api/v1/orders/${body.id}`);
    }
    for (const path of ['/v1/orders', '/v1/orders/changes']) {
      const { headers, body } = await app.call('GET', `${path}?page_size=1`);
      const next = /^<\/reports-api(.*)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
      expect(next).toMatch(`${path}?page_size=1&`);
      const second = await app.call('GET', next!);
      expect(second.status).toBe(200);
      expect(second.body.data[0]).not.toEqual(body.data[0]);
    }
  });

  it('is before the page of problems', async () => {
    const { body } = await app.call('GET', '/v1/orders/nothing');
    expect(body.type).toBe('/reports-api/problems#invalid_id');
  });

  it('is in the document', async () => {
    const { body } = await app.call('GET', '/openapi.json');
    expect(body.servers.map(({ url }: { url: string }) => url)).toEqual([
      '/reports-api',
      'https://shop.example/reports-api',
    ]);
  });

  it('is where Swagger UI and the board find their files', async () => {
    const { body: docs } = await app.call('GET', '/docs');
    expect(docs).not.toMatch(/(?:src|href)="\//);
    const { body: board } = await app.call('GET', '/admin/queues', {
      headers: {
        Authorization: `Basic ${Buffer.from(`any:${ADMIN_KEY}`).toString('base64')}`,
      },
    });
    expect(board).toContain('<base href="/reports-api/admin/queues');
  });
});
