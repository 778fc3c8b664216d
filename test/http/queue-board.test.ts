import { ADMIN_KEY, DEMO_KEY } from '../support/test-config';
import { TestApp } from '../support/test-app';

let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start({ ROLE: 'api' });
});

afterAll(() => app.stop());

const as = (password: string): { key: null; headers: Record<string, string> } => ({
  key: null,
  headers: { Authorization: `Basic ${Buffer.from(`operator:${password}`).toString('base64')}` },
});

it('shows an operator the queues', async () => {
  const page = await app.call('GET', '/admin/queues/', as(ADMIN_KEY));
  expect(page.status).toBe(200);
  expect(page.headers.get('content-type')).toContain('text/html');
  const { status, body } = await app.call('GET', '/admin/queues/api/queues', as(ADMIN_KEY));
  expect(status).toBe(200);
  expect(body.queues.map(({ name }: { name: string }) => name)).toContain('jobs');
});

it.each([
  ['nobody', { key: null }],
  ['another client', as(DEMO_KEY)],
  ['a wrong password', as('x'.repeat(40))],
  ['a key as bearer', { key: ADMIN_KEY }],
])('asks %s for a password', async (_who, options) => {
  for (const path of ['/admin/queues', '/admin/queues/', '/admin/queues/api/queues']) {
    const answer = await app.call('GET', path, options);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Basic /);
  }
});

it('changes nothing', async () => {
  const answer = await app.call('PUT', '/admin/queues/api/queues/jobs/pause', as(ADMIN_KEY));
  expect(answer.status).toBe(405);
});
