import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/database/connection';
import { ApiKeysRetentionService } from '../../src/clients/api-keys-retention.service';
import { AuditRetentionService } from '../../src/clients/audit-retention.service';
import { AgeingService } from '../../src/database/ageing.service';
import { JobRetentionService } from '../../src/jobs/job-retention.service';
import { DeliveryRetentionService } from '../../src/webhooks/deliveries/delivery-retention.service';
import { collectWarnings } from '../support/log-lines';
import { testConfig } from '../support/test-config';
import { createTestDatabase, TestDatabase } from '../support/test-database';

let database: TestDatabase;
let dataSource: DataSource;

beforeEach(async () => {
  database = await createTestDatabase();
  dataSource = await new DataSource(dataSourceOptions(database.url, 4)).initialize();
});

afterEach(async () => {
  await dataSource.destroy();
  await database.drop();
});

const query = <Row = { id: string }>(sql: string, parameters: unknown[] = []): Promise<Row[]> =>
  dataSource.query<Row[]>(sql, parameters);
const never = new AbortController().signal;

/** As a process with these variables does it. */
const retention = (variables: Record<string, string> = {}) => {
  const config = testConfig({ databaseUrl: database.url, redisUrl: 'redis://127.0.0.1:1' }, variables);
  const ageing = new AgeingService(dataSource);
  return {
    jobs: () => new JobRetentionService(config, ageing).removeJobs(never),
    audit: () => new AuditRetentionService(config, ageing).removeEntries(never),
    keys: () => new ApiKeysRetentionService(config, ageing).removeEnded(never),
    messages: () => new DeliveryRetentionService(config, dataSource, ageing).removeMessages(never),
    setAside: () => new DeliveryRetentionService(config, dataSource, ageing).removeSetAside(never),
    destinations: () => new DeliveryRetentionService(config, dataSource, ageing).removeDestinations(never),
  };
};

const aDayGoesBy = (): Promise<unknown> => query(`UPDATE retention SET said_at = said_at - interval '1 day'`);

/** SQL of an id that was made so many days ago. */
const idOf = (days: number): string =>
  `overlay(uuid_v7()::text PLACING left(first_uuid_v7(now() - interval '${days} days')::text, 13) FROM 1 FOR 13)::uuid`;

async function addJob(days: number, change: string, number = 1): Promise<string[]> {
  const rows = await query(
    `WITH owner AS (INSERT INTO client (name) VALUES ('Old') ON CONFLICT (name) DO UPDATE SET name = 'Old' RETURNING id),
     made AS (
       INSERT INTO job (id, client_id, type, request, parameters, max_failures, max_crashes, steps, deadline_at, created_at)
       SELECT ${idOf(days)}, owner.id, 'test.old', '{}', '{}', 3, 3, '{first}', now() + interval '1 h', now() - interval '${days} days'
       FROM owner, generate_series(1, $1) RETURNING *
     ), events AS (
       INSERT INTO job_event (job_id, client_id, type, round, attempt, terminal)
       SELECT id, client_id, 'test.old.' || what, 0, 1, what = 'ended' FROM made, unnest(ARRAY['accepted', 'ended']) AS what
     ) SELECT id FROM made`,
    [number],
  );
  const ids = rows.map(({ id }) => id);
  await query(`UPDATE job SET ${change} WHERE id = ANY($1)`, [ids]);
  return ids;
}

const ended = (days: number, state = 'CANCELLED'): string =>
  `state = '${state}', finished_at = now() - interval '${days} days'`;

describe('jobs', () => {
  it('go with their events when they ended long ago; what waits, runs, was tried again lately or has a file stays', async () => {
    const old = [
      ...(await addJob(91, ended(91), 4_500)),
      ...(await addJob(200, `${ended(100, 'FAILED')}, error = '{}'`)),
      ...(await addJob(
        120,
        `${ended(119, 'COMPLETED')}, result = '{}', expires_at = now() - interval '1 s'`,
      )),
    ];
    const kept = [
      ...(await addJob(200, 'run_at = now()')),
      ...(await addJob(
        200,
        `state = 'IN_PROGRESS', lease_owner = 'w', lease_until = now() + interval '1 h'`,
      )),
      ...(await addJob(200, `${ended(2, 'FAILED')}, error = '{}', round = 1`)),
      ...(await addJob(
        120,
        `${ended(119, 'COMPLETED')}, result = '{}', expires_at = now() + interval '1 h'`,
      )),
      ...(await addJob(89, ended(89))),
    ];
    const warnings = collectWarnings();
    await retention().jobs();
    warnings.restore();
    expect(warnings.lines).toEqual([
      {
        message: `${old.length} ended jobs are older than 90 days: they are removed from this time tomorrow on, unless JOB_RETENTION_DAYS says more.`,
      },
    ]);
    await retention().jobs();
    expect(await query('SELECT id FROM job')).toHaveLength(old.length + kept.length);

    await aDayGoesBy();
    // Several processes at once.
    await Promise.all([retention().jobs(), retention().jobs(), retention().jobs()]);
    expect((await query('SELECT id FROM job')).map(({ id }) => id).sort()).toEqual(kept.sort());
    expect((await query('SELECT DISTINCT job_id AS id FROM job_event')).map(({ id }) => id).sort()).toEqual(
      kept,
    );
  });

  it('go a day after a shorter retention, and at once under a longer one again', async () => {
    await addJob(95, ended(95));
    await retention().jobs();
    await aDayGoesBy();
    await retention().jobs();
    const [between] = await addJob(50, ended(50));
    await retention({ JOB_RETENTION_DAYS: '40' }).jobs();
    await retention({ JOB_RETENTION_DAYS: '40' }).jobs();
    expect(await query('SELECT id FROM job')).toEqual([{ id: between }]);
    await retention().jobs();
    await aDayGoesBy();
    // It was taken back in that day.
    await retention().jobs();
    await retention({ JOB_RETENTION_DAYS: '40' }).jobs();
    expect(await query('SELECT id FROM job')).toEqual([{ id: between }]);
    await aDayGoesBy();
    await retention({ JOB_RETENTION_DAYS: '40' }).jobs();
    expect(await query('SELECT id FROM job')).toEqual([]);
  });

  it('take their tags with them', async () => {
    await addJob(91, `${ended(91)}, tags = '{a,b}'`, 3);
    const [kept] = await addJob(89, `${ended(89)}, tags = '{a}'`);
    const tags = (): Promise<object[]> =>
      query('SELECT tag, state, job_id FROM job_tag ORDER BY job_id, tag');
    expect(await tags()).toHaveLength(7);
    await retention().jobs();
    await aDayGoesBy();
    await retention().jobs();
    expect(await tags()).toEqual([{ tag: 'a', state: 'CANCELLED', job_id: kept }]);
    await query('DELETE FROM client');
    expect(await tags()).toEqual([]);
  });

  it('live as long as their files at least', async () => {
    const [id] = await addJob(100, ended(100));
    const longer = { ARTIFACT_RETENTION_DAYS: '120' };
    await retention(longer).jobs();
    await aDayGoesBy();
    await retention(longer).jobs();
    expect(await query('SELECT id FROM job')).toEqual([{ id }]);
  });
});

it('keys go when they ended before the time of the audit trail, but those that a start was configured with', async () => {
  const DAYS = "interval '1 day'";
  await query(
    `WITH owner AS (INSERT INTO client (name) VALUES ('Keys') RETURNING id)
     INSERT INTO api_key (id, client_id, name, hash, prefix, scopes, configured, expires_at, revoked_at)
     SELECT ${idOf(500)}, owner.id, key.name, sha256(key.name::bytea), 'ork_', '{reports}', key.name = 'of a start', key.expires_at, key.revoked_at
     FROM owner, (VALUES
       ('good', NULL, NULL),
       ('to expire', now() + ${DAYS}, NULL),
       ('expired of late', now() - 399 * ${DAYS}, NULL),
       ('expired', now() - 401 * ${DAYS}, NULL),
       ('revoked', now() + ${DAYS}, now() - 401 * ${DAYS}),
       ('of a start', NULL, now() - 401 * ${DAYS})
     ) AS key(name, expires_at, revoked_at)`,
  );
  const kept = async (): Promise<string[]> =>
    (await query<{ name: string }>('SELECT name FROM api_key ORDER BY name')).map(({ name }) => name);
  await retention().keys();
  expect(await kept()).toHaveLength(6);
  await aDayGoesBy();
  await retention().keys();
  expect(await kept()).toEqual(['expired of late', 'good', 'of a start', 'to expire']);
});

it('audit entries go when they are older than the setting, and no other hand removes them before', async () => {
  await query(
    `INSERT INTO audit_entry (id, actor_type, action, client_id, occurred_at)
     SELECT ${idOf(50)}, 'start', 'of.fifty', uuid_v7(), now() - interval '50 days' UNION ALL
     SELECT ${idOf(5)}, 'start', 'of.five', uuid_v7(), now() - interval '5 days'`,
  );
  const actions = (): Promise<{ action: string }[]> =>
    query('SELECT action FROM audit_entry ORDER BY action');
  await retention().audit();
  await retention({ AUDIT_RETENTION_DAYS: '30' }).audit();
  expect(await actions()).toHaveLength(2);
  await expect(query(`DELETE FROM audit_entry WHERE action = 'of.fifty'`)).rejects.toThrow('append-only');
  await aDayGoesBy();
  await expect(query(`DELETE FROM audit_entry WHERE action = 'of.five'`)).rejects.toThrow('append-only');
  await retention({ AUDIT_RETENTION_DAYS: '30' }).audit();
  expect(await actions()).toEqual([{ action: 'of.five' }]);
});

it('what takes longer than a statement may goes by smaller pages', async () => {
  await query(
    `WITH owner AS (INSERT INTO client (name) VALUES ('Called') RETURNING id)
     INSERT INTO webhook_message (id, client_id, type, body, occurred_at, created_at)
     SELECT ${idOf(31)}, owner.id, 'old', '{}', now(), now() - interval '31 days' FROM owner, generate_series(1, 300)`,
  );
  // As one with a hundred endpoints, and ten attempts for each.
  await query(`CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_sleep(0.01); RETURN OLD; END $$`);
  await query('CREATE TRIGGER slow BEFORE DELETE ON webhook_message FOR EACH ROW EXECUTE FUNCTION slow()');
  const limits = { statement_timeout: 1_000, idle_in_transaction_session_timeout: 0, lock_timeout: 0 };
  await dataSource.destroy();
  dataSource = await new DataSource(dataSourceOptions(database.url, 4, limits)).initialize();
  await retention().messages();
  expect(await query('SELECT id FROM webhook_message')).toEqual([]);
});

it('events that could not become messages go when they were set aside before the time of messages', async () => {
  await query(
    `INSERT INTO webhook_dead_letter (event_id, position, error, created_at)
     SELECT CASE event WHEN 29 THEN ${idOf(29)} ELSE ${idOf(60)} END, event, 'no message', now() - make_interval(days => aside)
     FROM (VALUES (60, 31), (60, 29), (29, 29)) AS e(event, aside)`,
  );
  const left = (): Promise<{ id: string }[]> =>
    query('SELECT event_id AS id FROM webhook_dead_letter ORDER BY created_at');
  const all = await left();
  await retention().setAside();
  expect(await left()).toEqual(all);
  await aDayGoesBy();
  await retention().setAside();
  expect(await left()).toEqual(all.slice(1));
});

it('messages go with their deliveries and attempts, but what is still to be delivered; so do unused destinations', async () => {
  await query(
    `WITH owner AS (INSERT INTO client (name) VALUES ('Called') RETURNING id), kind AS (
       SELECT * FROM (VALUES ('gone', 31, 'DELIVERED'), ('pending', 31, 'PENDING'), ('young', 29, 'DELIVERED'))
         AS k(type, days, state)
     ), place AS (
       INSERT INTO webhook_destination (id, client_id, address, origin, max_concurrency, max_per_second, concurrency, last_used_at)
       SELECT uuid_v7(), owner.id, type, type, 1, 1, 1, now() - make_interval(days => days + 1) FROM owner, kind
       RETURNING id, address
     ), message AS (
       INSERT INTO webhook_message (id, client_id, type, body, occurred_at, created_at)
       SELECT CASE days WHEN 31 THEN ${idOf(31)} ELSE ${idOf(29)} END, owner.id, type, '{}', now(),
         now() - make_interval(days => days)
       FROM owner, kind RETURNING id, type, client_id
     ), delivery AS (
       INSERT INTO delivery (id, message_id, client_id, destination_id, url, state, give_up_at, finished_at)
       SELECT uuid_v7(), message.id, client_id, place.id, 'http://' || type, state, now(),
         CASE state WHEN 'DELIVERED' THEN now() END
       FROM message JOIN kind USING (type) JOIN place ON place.address = type RETURNING id
     )
     INSERT INTO delivery_attempt (delivery_id, attempt, started_at, outcome, timings)
     SELECT id, 1, now(), 'delivered', '{}' FROM delivery`,
  );
  await retention().messages();
  await retention().destinations();
  const names = async (sql: string): Promise<unknown[]> =>
    (await query<{ name: string }>(sql)).map(({ name }) => name).sort();
  expect(await names('SELECT type AS name FROM webhook_message')).toEqual(['pending', 'young']);
  expect(await names('SELECT url AS name FROM delivery')).toEqual(['http://pending', 'http://young']);
  expect(
    await names('SELECT url AS name FROM delivery d JOIN delivery_attempt a ON a.delivery_id = d.id'),
  ).toEqual(['http://pending', 'http://young']);
  expect(await names('SELECT address AS name FROM webhook_destination')).toEqual(['pending', 'young']);
});
