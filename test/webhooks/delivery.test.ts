import { emptyTestRedis, waitFor } from '../support/services';
import { createTestDatabase, TestDatabase } from '../support/test-database';
import { CallbackHouse, TestClient } from './callback-house';
import { NOOP_ARTIFACT } from './noop-job';
import { TestReceiver } from './test-receiver';

let database: TestDatabase;
let house: CallbackHouse;
let receiver: TestReceiver;
let client: TestClient;

beforeAll(async () => {
  database = await createTestDatabase();
  house = await CallbackHouse.start(
    { databaseUrl: database.url, redisUrl: await emptyTestRedis() },
    { CALLBACK_RETRY_SCHEDULE: '1s,1s', CALLBACK_TIMEOUT_SECONDS: '2' },
  );
  receiver = await TestReceiver.start();
});

beforeEach(async () => {
  client = await house.client();
  receiver.ledger.length = 0;
});

afterAll(async () => {
  await receiver.stop();
  await house.stop();
  await database.drop();
});

describe('a callback_url', () => {
  it('is told of the completed job once, in the documented body', async () => {
    const job = await client.submit(receiver.url());
    const received = await waitFor(() => receiver.at()[0], { what: 'the callback' });
    expect(received.method).toBe('POST');
    expect(received.headers['content-type']).toBe('application/json');
    expect(JSON.parse(received.body.toString())).toEqual({
      type: 'test.noop.completed',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      status: 'COMPLETED',
      links: [{ rel: 'reports', href: `${house.config.publicUrl}/v1/orders/reports/${job.id}` }],
      data: {
        id: job.id,
        status: 'COMPLETED',
        artifact: { ...NOOP_ARTIFACT, expires_at: expect.stringMatching(/Z$/) },
      },
    });
    await client.allEnded(1);
    expect(receiver.at()).toHaveLength(1);
  });

  it('is told of a failure too', async () => {
    const job = await client.submit(receiver.url(), { fail: true });
    const received = await waitFor(() => receiver.at()[0], { what: 'the callback' });
    expect(JSON.parse(received.body.toString())).toMatchObject({
      type: 'test.noop.failed',
      status: 'FAILED',
      links: [{ rel: 'status', href: `${house.config.publicUrl}/v1/orders/reports/status/${job.id}` }],
      data: {
        id: job.id,
        status: 'FAILED',
        error: { code: 'no_good', retryable: false, step: 'only', attempt: 1 },
      },
    });
  });
});
