import { ApiKeys } from '../../src/clients/api-keys.service';
import { Scope } from '../../src/clients/scope';
import { TestApp } from '../support/test-app';

it('forgets the key that a new value of its variable replaces', async () => {
  const app = await TestApp.start({ ROLE: 'api' });
  try {
    const keys = app.app.get(ApiKeys);
    const [before, after] = [
      'the-key-of-yesterday-0123456789abcdef',
      'the-key-of-today-0123456789abcdefghij',
    ] as const;
    await keys.ensure('Configured', 'DEMO_API_KEY', before, [Scope.Reports]);
    expect((await app.call('GET', '/v1/orders/reports', { key: before })).status).toBe(200);
    await keys.ensure('Configured', 'DEMO_API_KEY', after, [Scope.Reports]);
    expect((await app.call('GET', '/v1/orders/reports', { key: after })).status).toBe(200);
    expect((await app.call('GET', '/v1/orders/reports', { key: before })).status).toBe(401);
    await keys.ensure('Configured', 'DEMO_API_KEY', before, [Scope.Reports]);
    expect((await app.call('GET', '/v1/orders/reports', { key: before })).status).toBe(200);
  } finally {
    await app.stop();
  }
});
