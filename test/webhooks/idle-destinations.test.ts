import type { DataSource } from 'typeorm';
import { newId } from '../../src/common/ids';
import { DeliveryMetrics } from '../../src/webhooks/deliveries/delivery-metrics';
import { DeliveryRepairsService } from '../../src/webhooks/deliveries/delivery-repairs.service';
import { callbackStory } from './callback-story';

/** What metrics and repairs read of many destinations that nothing is to be done for. Nobody delivers here. */
const story = callbackStory({ ROLE: 'api' });

/** Healthy ones that nothing waits for, and those whose only delivery is tried again tomorrow. */
const IDLE = 100_000;
const WAITING = 10_000;
/** Pages that one statement may read; the table of destinations has some 7,000. */
const MOST_PAGES = 100;

interface Statement {
  text: string;
  parameters: unknown[];
}

interface Explained {
  'QUERY PLAN': [{ Plan: Record<'Shared Hit Blocks' | 'Shared Read Blocks', number> }];
}

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

/** The statements about destinations and deliveries that the application makes meanwhile, with those that begin transactions. */
async function statementsOf(work: () => Promise<unknown>): Promise<Statement[]> {
  const statements: Statement[] = [];
  const spy = jest.spyOn(story.harness.database.logger, 'logQuery').mockImplementation((text, parameters) => {
    if (/delivery|destination|^BEGIN|^COMMIT/.test(text))
      statements.push({ text, parameters: (parameters ?? []) as unknown[] });
  });
  try {
    await work();
  } finally {
    spy.mockRestore();
  }
  return statements;
}

/** Makes them once more, as they were planned, and takes back what they change. @returns the pages that each of them read */
async function pagesOf(database: DataSource, statements: Statement[]): Promise<[string, number][]> {
  const runner = database.createQueryRunner();
  const pages: [string, number][] = [];
  try {
    let beginning = 'BEGIN';
    for (const { text, parameters } of statements) {
      if (text.startsWith('BEGIN')) beginning = text;
      else if (text === 'COMMIT') beginning = 'BEGIN';
      else {
        await runner.query(beginning);
        const [answer] = (await runner.query(
          `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`,
          parameters,
        )) as Explained[];
        await runner.query('ROLLBACK');
        const plan = answer!['QUERY PLAN'][0].Plan;
        pages.push([text, plan['Shared Hit Blocks'] + plan['Shared Read Blocks']]);
      }
    }
  } finally {
    await runner.release();
  }
  return pages;
}

async function expectFewPages(work: () => Promise<unknown>, statements: number): Promise<void> {
  const pages = await pagesOf(story.harness.database, await statementsOf(work));
  expect(pages.length).toBeGreaterThanOrEqual(statements);
  expect(pages.filter(([, count]) => count > MOST_PAGES)).toEqual([]);
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
