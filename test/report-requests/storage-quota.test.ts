import { ClientStorageService } from '../../src/artifacts/client-storage.service';
import { newId } from '../../src/common/ids';
import { TestApp } from '../support/test-app';

/** Less than any report of a month takes. */
const LEFT_BYTES = 100;

let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start({ SAMPLE_DATA: 'true', RENDER_CONCURRENCY: '1', CLIENT_STORAGE_MB: '1' });
});

afterAll(() => app.stop());

const storage = (): ClientStorageService => app.app.get(ClientStorageService, { strict: false });

it.each(['pdf', 'csv'])('a %s that does not fit any more ends with a code that says so', async (format) => {
  const [client] = await app.dataSource.query<{ id: string }[]>(`SELECT id FROM client WHERE name = 'Demo'`);
  const { id: clientId } = client!;
  const body = { start_date: '2016-01-01', end_date: '2016-02-01', format };
  const uploaded = newId();
  const left = await storage().left(clientId);
  await storage().take(uploaded, clientId, left - LEFT_BYTES, newId());

  const accepted = await app.call('POST', '/v1/orders/reports', { body });
  expect(accepted.status).toBe(202);
  const ended = await app.polled(`/v1/orders/reports/status/${accepted.body.id}`);
  expect(ended).toMatchObject({
    status: 429,
    body: {
      code: 'storage_quota_exceeded',
      detail: expect.stringContaining(`${LEFT_BYTES} bytes that are left`),
      job: { status: 'FAILED', attempt: 1, error: { code: 'storage_quota_exceeded', retryable: false } },
    },
  });
  expect(await storage().left(clientId)).toBe(LEFT_BYTES);

  await storage().giveBack([uploaded]);
  const again = await app.call('POST', '/v1/orders/reports', { body });
  expect((await app.polled(`/v1/orders/reports/status/${again.body.id}`)).status).toBe(303);
  expect(await storage().left(clientId)).toBeLessThan(left);
});
