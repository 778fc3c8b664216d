import { newId } from '../../src/common/ids';
import { DeliveryMetrics } from '../../src/webhooks/deliveries/delivery-metrics';
import { DeliveryRepairsService } from '../../src/webhooks/deliveries/delivery-repairs.service';
import { pagesReadBy, statementsOf } from '../support/pages-read';
import { callbackStory } from './callback-story';

/** What metrics and repairs read of many destinations that nothing is to be done for. Nobody delivers here. */
const story = callbackStory({ ROLE: 'api' });

/** Healthy ones that nothing waits for, and those whose only delivery is tried again tomorrow. */
const IDLE = 100_000;
const WAITING = 10_000;
/** Pages that one statement may read; the table of destinations has some 7,000. */
const MOST_PAGES = 100;

beforeAll(async () => {
  const owner = await story.harness.client();
  await story.query(
    `INSERT INTO webhook_destination (id, client_id, address, origin, max_concurrency, max_per_second, concurrency, next_due_at,
       rate_until)
     SELECT uuid_v7(), $1, 'https://shop.example/hook/' || n, 'https://shop.example', 8, 100, 8, 'infinity', now() - interval '1 h'
     FROM generate_series(1, $2) n`,
    [owner.id, IDLE + WAITING],
  );
  await story.query(
    `INSERT INTO delivery (id, message_id, client_id, destination_id, url, attempt, failures, due_at, give_up_at)
     SELECT uuid_v7(), uuid_v7(), client_id, id, address, 1, 1, now() + interval '1 day', now() + interval '6 days'
     FROM webhook_destination WHERE client_id = $1 LIMIT $2`,
    [owner.id, WAITING],
  );
  await story.query('VACUUM (ANALYZE) webhook_destination');
  await story.query('VACUUM (ANALYZE) delivery');
});

async function expectFewPages(work: () => Promise<unknown>, statements: number): Promise<void> {
  const { database } = story.harness;
  const pages = await pagesReadBy(database, await statementsOf(database, /delivery|destination/, work));
  expect(pages.length).toBeGreaterThanOrEqual(statements);
  expect(pages.filter(({ running }) => running > MOST_PAGES)).toEqual([]);
}

const repair = (): Promise<void> =>
  new DeliveryRepairsService(story.harness.database, story.harness.app.get(DeliveryMetrics)).run(
    new AbortController().signal,
  );

const scrape = async (): Promise<string> => String((await story.client.call('GET', '/metrics')).body);

it('metrics read what waits, what is due and what fails', async () => {
  await expectFewPages(scrape, 4);
  expect(await scrape()).toContain('webhook_deliveries_overdue 0');
});

it('repairs read what is due, what is late and what has to end', async () => {
  await expectFewPages(repair, 5);
});

it('and what has to be done is found among them', async () => {
  const one = async (change?: string): Promise<string> => {
    const id = newId();
    await story.query(
      `INSERT INTO webhook_destination (id, client_id, address, origin, max_concurrency, max_per_second, concurrency)
       VALUES ($1, $2, 'https://shop.example/' || $1::uuid, 'https://shop.example', 8, 100, 8)`,
      [id, story.client.id],
    );
    await story.query(
      `INSERT INTO delivery (id, message_id, client_id, destination_id, url, due_at, give_up_at)
       SELECT uuid_v7(), uuid_v7(), client_id, id, address, now() - interval '1 h', now() + interval '1 day'
       FROM webhook_destination WHERE id = $1`,
      [id],
    );
    if (change !== undefined) await story.query(change, [id]);
    return id;
  };
  const due = await one();
  const gone = await one(
    `UPDATE webhook_destination SET disabled_reason = 'gone', disabled_at = now() WHERE id = $1`,
  );
  const removed = await one('DELETE FROM webhook_destination WHERE id = $1');
  await repair();
  const rows = await story.query<{ destination_id: string; state: string; failure: string | null }[]>(
    'SELECT destination_id, state, failure FROM delivery WHERE client_id = $1 ORDER BY position',
    [story.client.id],
  );
  expect(rows).toEqual([
    { destination_id: due, state: 'PENDING', failure: null },
    { destination_id: gone, state: 'EXHAUSTED', failure: 'gone' },
    { destination_id: removed, state: 'EXHAUSTED', failure: 'endpoint_removed' },
  ]);
  expect(await story.query('SELECT FROM removed_destination')).toEqual([]);
});

/** Their times are in no order of the table. */
const DELIVERED = 100_000;

it('nor more where nearly all was delivered long ago, and late by the clock', async () => {
  const owner = await story.harness.client();
  await story.query(
    `INSERT INTO delivery (id, message_id, client_id, destination_id, url, state, attempt, due_at, give_up_at, created_at, finished_at)
     SELECT uuid_v7(), uuid_v7(), $1::uuid, $1, 'https://shop.example/hook', 'DELIVERED', 1, at, at, at, at
     FROM generate_series(1, $2::int) n, LATERAL (SELECT now() - n * random() * interval '20 s' AS at) made`,
    [owner.id, DELIVERED],
  );
  await story.query('VACUUM (ANALYZE) delivery');
  await expectFewPages(repair, 5);
  await story.query('DELETE FROM gauge_reading');
  await expectFewPages(scrape, 4);
});
