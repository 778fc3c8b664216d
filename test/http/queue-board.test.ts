import { ADMIN_KEY, DEMO_KEY } from '../support/test-config';
import { type CallOptions, TestApp } from '../support/test-app';

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

it.each<[string, (n: number) => CallOptions]>([
  ['try passwords', (n) => as(`wrong password number ${n}, and long`)],
  ['ask without one', () => ({ key: null })],
])('lets nobody %s for long, and operators in nevertheless', async (_what, stranger) => {
  const limited = await TestApp.start({ ROLE: 'api', RATE_LIMIT_ADDRESS: '5' });
  const board = (options: CallOptions) => limited.call('GET', '/admin/queues/api/queues', options);
  try {
    expect((await board(as(ADMIN_KEY))).status).toBe(200);
    const tries: number[] = [];
    // Twice the limit is enough, also where the count begins anew because Redis did not answer for a moment.
    for (let n = 0; n < 15 && tries.at(-1) !== 429; n += 1) tries.push((await board(stranger(n))).status);
    expect(tries).toContain(401);
    expect(tries.at(-1)).toBe(429);
    expect((await board(as(ADMIN_KEY))).status).toBe(200);
  } finally {
    await limited.stop();
  }
});
