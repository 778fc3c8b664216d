import type { JobFilter } from '../../src/jobs/jobs.service';
import { JobsService } from '../../src/jobs/jobs.service';
import { JobState } from '../../src/jobs/job';
import { pagesReadBy, statementsOf } from '../support/pages-read';
import { emptyTestRedis } from '../support/services';
import { testConfig } from '../support/test-config';
import { createTestDatabase, TestDatabase } from '../support/test-database';
import { TestEngine } from '../support/test-engine';
import { SCRIPTED, ScriptedHandler } from '../support/test-jobs';

let database: TestDatabase;
let engine: TestEngine;
let client: string;

beforeAll(async () => {
  database = await createTestDatabase();
  engine = await TestEngine.start({
    config: testConfig({ databaseUrl: database.url, redisUrl: await emptyTestRedis() }),
    types: [SCRIPTED],
    handlers: [ScriptedHandler],
    worker: false,
  });
});

beforeEach(async () => {
  client = await engine.client();
});

afterAll(async () => {
  await engine.stop();
  await database.drop();
});

/** Jobs that were made an hour after one another, the last of them now; every fourth has failed. @returns their ids, newest first */
async function history(jobs: number, owner = client): Promise<string[]> {
  const rows = await engine.database.query<{ id: string }[]>(
    `INSERT INTO job (id, client_id, type, state, request, parameters, max_failures, max_crashes, steps, deadline_at, created_at,
       finished_at, result, error)
     SELECT overlay(uuid_v7()::text PLACING left(first_uuid_v7(at)::text, 13) FROM 1 FOR 13)::uuid, $1, 'test.scripted',
       CASE WHEN n % 4 = 0 THEN 'FAILED' ELSE 'COMPLETED' END, '{}', '{}', 3, 3, '{first,second}', at + interval '1 h', at, at,
       CASE WHEN n % 4 > 0 THEN '{}'::jsonb END,
       CASE WHEN n % 4 = 0 THEN '{"code": "internal", "message": "It failed.", "retryable": false}'::jsonb END
     FROM generate_series(0, $2 - 1) n, LATERAL (SELECT now() - n * interval '1 h') AS made(at)
     ORDER BY n RETURNING id`,
    [owner, jobs],
  );
  return rows.map(({ id }) => id);
}

const list = (filter: Partial<JobFilter> = {}, query: { page_size?: number; cursor?: string } = {}) =>
  engine.app.get(JobsService).list(client, { types: [SCRIPTED.name], ...filter }, query, ({ id }) => id);

it('has the newest first, page by page, of all states or of some', async () => {
  const ids = await history(9);
  const first = await list({}, { page_size: 5 });
  expect(first.data).toEqual(ids.slice(0, 5));
  const second = await list({}, { page_size: 5, cursor: first.next_cursor! });
  expect(second).toEqual({ data: ids.slice(5), next_cursor: null });
  expect((await list({ states: [JobState.Failed] })).data).toEqual([ids[0], ids[4], ids[8]]);
  expect((await list({ types: ['test.other'] })).data).toEqual([]);
  client = await engine.client();
  expect((await list()).data).toEqual([]);
});

it('has those that were created in a time, to the second', async () => {
  const ids = await history(9);
  const [row] = await engine.database.query<{ third: string; sixth: string }[]>(
    `SELECT (SELECT created_at::text FROM job WHERE id = $1) AS third, (SELECT created_at::text FROM job WHERE id = $2) AS sixth`,
    [ids[2], ids[5]],
  );
  const { third, sixth } = row!;
  expect((await list({ createdSince: sixth })).data).toEqual(ids.slice(0, 6));
  expect((await list({ createdUntil: third })).data).toEqual(ids.slice(3));
  expect((await list({ createdSince: sixth, createdUntil: third })).data).toEqual(ids.slice(3, 6));
  const page = await list({ createdSince: sixth, createdUntil: third }, { page_size: 2 });
  expect(page.data).toEqual(ids.slice(3, 5));
  const next = await list(
    { createdSince: sixth, createdUntil: third },
    { page_size: 2, cursor: page.next_cursor! },
  );
  expect(next.data).toEqual(ids.slice(5, 6));
});

/** Of the catalogs, when nothing else is read. */
const PAGES_OF_PLANNING = 20;

it('is planned and read as quickly after many jobs were deleted and before they are vacuumed', async () => {
  const other = await engine.client();
  await engine.database.query('ALTER TABLE job SET (autovacuum_enabled = off)');
  // Before and after those of the client.
  await history(20_000, other);
  await engine.database.query('ANALYZE job');
  const ids = await history(60);
  await engine.database.query(
    `INSERT INTO job (id, client_id, type, request, parameters, max_failures, max_crashes, steps, deadline_at)
     SELECT uuid_v7(), $1, 'test.scripted', '{}', '{}', 3, 3, '{first,second}', now() + interval '1 h'
     FROM generate_series(1, 20000)`,
    [other],
  );
  await engine.database.query('DELETE FROM job WHERE client_id = $1', [other]);
  const asked = await statementsOf(engine.database, /wanted\(state\)/, async () =>
    expect((await list({}, { page_size: 50 })).data).toEqual(ids.slice(0, 50)),
  );
  expect(asked).toHaveLength(1);
  // Each reading marks what is dead, for the next.
  await pagesReadBy(engine.database, asked);
  const [pages] = await pagesReadBy(engine.database, asked);
  expect(pages!.planning).toBeLessThan(PAGES_OF_PLANNING);
  expect(pages!.running).toBeLessThan(400);
});

it('reads few of the jobs of one client alone, who has none of most states and types', async () => {
  await engine.database.query('TRUNCATE job CASCADE');
  const ids = await history(2_400);
  // An index from which much was deleted: the planner would rather read the primary key, and nearly all jobs for each range.
  await engine.database.query('ALTER INDEX job_of_client SET (fillfactor = 10); REINDEX INDEX job_of_client');
  await engine.database.query('ANALYZE job');
  const asked = await statementsOf(engine.database, /wanted\(state\)/, async () => {
    expect((await list({ types: ['test.none', SCRIPTED.name] })).data).toEqual(ids.slice(0, 20));
    expect((await list({ states: [JobState.Cancelled] })).data).toEqual([]);
  });
  expect(asked).toHaveLength(2);
  for (const { running, text } of await pagesReadBy(engine.database, asked))
    expect([running < 200, running, text]).toEqual([true, running, text]);
});

it('has those with a tag, however many have it and however few of these are asked for', async () => {
  const made = await history(12_000);
  const tag = (tags: string[], ids: string[]): Promise<unknown> =>
    engine.database.query('UPDATE job SET tags = $1 WHERE id = ANY($2)', [tags, ids]);
  const oldest = made.slice(-9);
  await tag(['common'], made);
  await tag(['common', 'rare'], oldest);
  // Of the common ones only these have failed.
  await engine.database.query(`UPDATE job SET state = 'COMPLETED', result = '{}' WHERE client_id = $1`, [
    client,
  ]);
  await engine.database.query(
    `UPDATE job SET state = 'FAILED', result = NULL, error = '{"code": "internal"}' WHERE id = ANY($1)`,
    [oldest.slice(0, 3)],
  );
  await engine.database.query('ANALYZE job, job_tag');

  expect((await list({ tag: 'common' }, { page_size: 5 })).data).toEqual(made.slice(0, 5));
  const first = await list({ tag: 'rare' }, { page_size: 5 });
  expect(first.data).toEqual(oldest.slice(0, 5));
  expect(await list({ tag: 'rare' }, { page_size: 5, cursor: first.next_cursor! })).toEqual({
    data: oldest.slice(5),
    next_cursor: null,
  });
  expect((await list({ tag: 'none' })).data).toEqual([]);
  const [row] = await engine.database.query<{ at: string }[]>(
    'SELECT created_at::text AS at FROM job WHERE id = $1',
    [oldest[4]],
  );
  const before = { tag: 'rare', createdUntil: row!.at };
  expect((await list(before)).data).toEqual(oldest.slice(5));

  const asked = await statementsOf(engine.database, /wanted\(state\)/, async () => {
    expect((await list({ tag: 'common', states: [JobState.Failed] })).data).toEqual(oldest.slice(0, 3));
    await list({ tag: 'rare' });
    await list({ tag: 'common', createdSince: row!.at, states: [JobState.Failed] });
    await list(before);
  });
  expect(asked).toHaveLength(4);
  for (const { running, text } of await pagesReadBy(engine.database, asked))
    expect([running < 300, running, text]).toEqual([true, running, text]);
});
