import { Registry } from 'prom-client';
import type { EntityManager } from 'typeorm';
import { newId } from '../../src/common/ids';
import { DeliveryMetrics } from '../../src/webhooks/deliveries/delivery-metrics';
import type { Outcome } from '../../src/webhooks/deliveries/delivery-outcome';
import { DeliveryOutcomes } from '../../src/webhooks/deliveries/delivery-outcomes';
import { DeliveryShares } from '../../src/webhooks/deliveries/delivery-shares';
import { DestinationHealth } from '../../src/webhooks/deliveries/destination-health';
import { CallbackFailure } from '../../src/webhooks/egress/callback-failure';
import { writeMessages } from '../../src/webhooks/events/messages';
import { DeliveryClaims } from '../../src/webhooks/deliveries/delivery-claims';
import { emptyTestRedis, waitFor } from '../support/services';
import { createTestDatabase, TestDatabase } from '../support/test-database';
import { CallbackHouse, TestClient } from './callback-house';

/** An endpoint is removed by one connection just when another one writes what belongs to it. */
const URL_OF_ENDPOINT = 'http://127.0.0.1:9/endpoint';

let database: TestDatabase;
let house: CallbackHouse;
let client: TestClient;
let endpoint: string;

beforeAll(async () => {
  database = await createTestDatabase();
  // Nobody delivers what is written here.
  house = await CallbackHouse.start(
    { databaseUrl: database.url, redisUrl: await emptyTestRedis() },
    { ROLE: 'api' },
  );
});

beforeEach(async () => {
  client = await house.client();
  endpoint = newId();
  await house.database.query(
    `INSERT INTO webhook_endpoint (id, client_id, url, event_types, signatures, verified_at)
     VALUES ($1, $2, $3, '{*}', '{v1}', now())`,
    [endpoint, client.id, URL_OF_ENDPOINT],
  );
  await house.database.query(
    `INSERT INTO webhook_destination (id, client_id, endpoint_id, address, origin, max_concurrency, max_per_second, concurrency)
     VALUES ($1, $2, $1, $3, 'http://127.0.0.1:9', 4, 10, 4)`,
    [endpoint, client.id, URL_OF_ENDPOINT],
  );
});

afterAll(async () => {
  await house.stop();
  await database.drop();
});

const write = (): Promise<void> =>
  house.database.transaction((manager) =>
    writeMessages(
      manager,
      [
        {
          id: newId(),
          clientId: client.id,
          jobId: null,
          type: 'noop.completed',
          body: Buffer.from('{}'),
          occurredAt: new Date(),
          callbackUrl: null,
        },
      ],
      60_000,
    ),
  );

/** Does something while the endpoint is being removed, once that holds its rows and before it has removed them. */
async function whileRemoved<T>(work: () => Promise<T>): Promise<T> {
  let working: Promise<T> | undefined;
  await house.database.transaction(async (manager: EntityManager) => {
    await manager.query(
      `SELECT FROM webhook_endpoint e JOIN webhook_destination t ON t.endpoint_id = e.id WHERE e.id = $1
       FOR UPDATE OF e, t`,
      [endpoint],
    );
    working = work();
    working.catch(() => undefined);
    await waitFor(
      async () =>
        (
          await house.database.query<unknown[]>(
            `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
          )
        ).length > 0,
      { what: 'somebody to wait for the removal' },
    );
    await manager.query('DELETE FROM webhook_endpoint WHERE id = $1', [endpoint]);
  });
  return working!;
}

it('what is written waits for the removal, and finds no endpoint', async () => {
  await whileRemoved(write);
  expect(await client.deliveries()).toEqual([]);
});

it('an outcome that its destination has to learn from waits for the removal, and neither is in the way of the other', async () => {
  await write();
  const claims = new DeliveryClaims(house.database);
  const { claimed } = await claims.claim({ worker: 'w', leaseMs: 10_000 }, new DeliveryShares());
  const outcome: Outcome = {
    delivery: claimed[0]!,
    startedAt: new Date(),
    answer: {
      failure: CallbackFailure.HttpStatus,
      status: 500,
      address: '127.0.0.1',
      timings: { total: 1 },
      detail: null,
      response: '',
      retryAfter: null,
    },
    nextAttemptAt: new Date(Date.now() + 1_000),
    retryAfter: null,
  };
  const outcomes = new DeliveryOutcomes(
    house.database,
    new DestinationHealth(house.config),
    new DeliveryMetrics(new Registry(), house.database),
  );
  await whileRemoved(() => outcomes.store(() => [outcome]));
  expect(await client.deliveries()).toMatchObject([
    { state: 'EXHAUSTED', failure: 'http_status', attempt: 1 },
  ]);
});
