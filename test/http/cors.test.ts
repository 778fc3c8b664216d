import { TestApp } from '../support/test-app';

const PAGE = 'https://shop.example';
const preflight = (origin: string) => ({
  key: null,
  headers: {
    Origin: origin,
    'Access-Control-Request-Method': 'POST',
    'Access-Control-Request-Headers': 'authorization,content-type,idempotency-key',
  },
});

describe('web pages of other origins', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await TestApp.start({ ROLE: 'api', CORS_ORIGINS: `${PAGE},http://localhost:5173` });
  });

  afterAll(() => app.stop());

  it('may call when they are named, and read the headers that they need', async () => {
    const asked = await app.call('OPTIONS', '/v1/orders/reports', preflight(PAGE));
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-origin')).toBe(PAGE);
    expect(asked.headers.get('access-control-allow-headers')).toContain('idempotency-key');
    expect(asked.headers.get('access-control-allow-credentials')).toBeNull();

    const listed = await app.call('GET', '/v1/orders/reports', { headers: { Origin: PAGE } });
    expect(listed.headers.get('access-control-allow-origin')).toBe(PAGE);
    const exposed = listed.headers.get('access-control-expose-headers')!.split(',');
    expect(exposed).toEqual(expect.arrayContaining(['Location', 'Retry-After', 'RateLimit', 'Link', 'ETag']));
  });

  it('may not when they are not', async () => {
    for (const origin of ['https://evil.example', `${PAGE}.evil.example`]) {
      const asked = await app.call('OPTIONS', '/v1/orders/reports', preflight(origin));
      expect(asked.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('can read the reason of a refusal', async () => {
    const refused = await app.call('GET', '/v1/jobs', { key: null, headers: { Origin: PAGE } });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('access-control-allow-origin')).toBe(PAGE);
  });
});

it('may not call at all unless some are named', async () => {
  const app = await TestApp.start({ ROLE: 'api' });
  const { headers } = await app.call('GET', '/v1/orders/reports', { headers: { Origin: PAGE } });
  await app.stop();
  expect(headers.get('access-control-allow-origin')).toBeNull();
});
