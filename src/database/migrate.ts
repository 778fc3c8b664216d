import type { DataSource, Migration, QueryRunner } from 'typeorm';
import { setTimeout as sleep } from 'node:timers/promises';
import { migrationDataSource } from './connection';
import { migrations } from './migrations';

type Log = (line: string) => void;

/** Any number, the same in every process: serializes migrations of processes that start together. */
const LOCK = 727_272_001;

/** Nobody waits long for a lock of a start; a poll of 0.2 s costs the database nothing. */
const POLL_MS = 200;
/** After which a wait is logged, and again each time that as much has passed. */
const LOG_WAIT_MS = 5_000;

/** The last commit that starts with databases of before the migrations were joined, once, before the first release. */
const BEFORE_JOINED = '16c2989';

/** Enough to know whose database it is. */
const NAMED_TABLES = 3;

/** A migration of this version, and whether a database has run it. */
interface ListedMigration {
  name: string;
  hasRun: boolean;
}

/**
 * Brings the schema up to date. Safe when several processes start at once: one works while the others wait. It uses two
 * connections at a time.
 *
 * @param log gets what it waits for, and what it changes
 * @param embeddedIn the data directory of an embedded database
 * @returns how many migrations ran
 * @throws Error in plain words when the schema is that of another version; then nothing has changed
 */
export const migrate = (url: string, log: Log = () => undefined, embeddedIn?: string): Promise<number> =>
  locked(url, log, async (dataSource) => {
    await listed(dataSource, embeddedIn);
    const started = Date.now();
    const done = await dataSource.runMigrations();
    if (done.length > 0) {
      log(`The schema is up to date: ${done.length} migration(s) in ${Date.now() - started} ms.`);
      for (const note of await notesOf(dataSource, done)) log(note);
    }
    return done.length;
  });

/**
 * For a start that does not migrate.
 *
 * @throws Error in plain words when the schema is not exactly that of this version
 */
export const requireMigrated = (url: string): Promise<void> =>
  opened(url, async (dataSource) => {
    const missing = (await listed(dataSource)).filter(({ hasRun }) => !hasRun).map(({ name }) => name);
    if (missing.length > 0)
      throw new Error(
        'The schema of the database that DATABASE_URL names is older than this version: ' +
          `${missing.length} migration(s) have not run (${missing.join(', ')}). ` +
          'Run "npm run migrate" (in the image: "node dist/database/cli.js migrate"), or set MIGRATE_ON_START=true.',
      );
  });

/** @throws Error in plain words when the schema is that of another version */
export const showMigrations = (url: string): Promise<ListedMigration[]> =>
  opened(url, (dataSource) => listed(dataSource));

/**
 * Reverts the newest migration, where nothing is lost by it.
 *
 * @throws Error in plain words when something would be lost, or there is nothing to revert; then nothing has changed
 */
export const revertNewest = (url: string, log: Log): Promise<void> =>
  locked(url, log, async (dataSource) => {
    const newest = (await listed(dataSource)).findLast(({ hasRun }) => hasRun);
    if (newest === undefined) throw new Error('No migration has run: there is nothing to revert.');
    await dataSource.undoLastMigration();
    log(`Reverted ${newest.name}.`);
  });

const NAMES = migrations.map(({ name }) => name);
async function opened<T>(url: string, work: (dataSource: DataSource) => Promise<T>): Promise<T> {
  const dataSource = await migrationDataSource(url).initialize();
  try {
    return await work(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

const locked = <T>(url: string, log: Log, work: (dataSource: DataSource) => Promise<T>): Promise<T> =>
  opened(url, async (dataSource) => {
    const locker = dataSource.createQueryRunner();
    try {
      // In a transaction, which keeps its session also behind a pooler of transactions, and ends with it.
      await locker.startTransaction();
      await waitForLock(locker, log);
      const result = await work(dataSource);
      await locker.commitTransaction();
      return result;
    } finally {
      await locker.release();
    }
  });

async function waitForLock(locker: QueryRunner, log: Log): Promise<void> {
  const started = Date.now();
  let loggedAt = started;
  for (;;) {
    const [row] = (await locker.query('SELECT pg_try_advisory_xact_lock($1) AS got', [LOCK])) as {
      got: boolean;
    }[];
    if (row?.got === true) return;
    if (Date.now() - loggedAt >= LOG_WAIT_MS) {
      loggedAt = Date.now();
      const seconds = Math.round((loggedAt - started) / 1_000);
      log(`Waiting for another process that brings the schema up to date (${seconds} s so far) ...`);
    }
    await sleep(POLL_MS);
  }
}

/** What they did to data, in their own words. */
async function notesOf(dataSource: DataSource, done: Migration[]): Promise<string[]> {
  const rows = await dataSource.query<{ note: string }[]>(
    'SELECT note FROM migration_note WHERE migration = ANY($1) ORDER BY made_at, ctid',
    [done.map(({ name }) => name)],
  );
  return rows.map(({ note }) => note);
}

/** The migrations of this version, in order. Refuses a database that has run any other, and one that is somebody else's. */
async function listed(dataSource: DataSource, embeddedIn?: string): Promise<ListedMigration[]> {
  const run = await namesRun(dataSource);
  const other = run.findLast((name) => !NAMES.includes(name));
  if (other !== undefined) throw new Error(explainOther(other, embeddedIn));
  if (run.length === 0) await requireEmpty(dataSource);
  return NAMES.map((name) => ({ name, hasRun: run.includes(name) }));
}

/** Of TypeORM's table: other programs have one of the same name, with other columns. */
const IS_OUR_FORM = `attrelid = to_regclass('migrations') AND attname = 'timestamp'`;

/**
 * A schema without a migration of ours may hold what extensions have brought, and nothing else: a table of somebody else's
 * with the name of one of ours would end a migration half-way.
 */
async function requireEmpty(dataSource: DataSource): Promise<void> {
  const tables = await dataSource.query<{ name: string }[]>(
    `SELECT relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace AND nspname = current_schema()
     WHERE relkind = ANY('{r,p,v,m,f}')
       AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')
       AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND ${IS_OUR_FORM})
     ORDER BY relname`,
  );
  if (tables.length > 0) throw new Error(explainForeign(tables.map(({ name }) => name)));
}

function explainForeign(tables: string[]): string {
  const named = tables.slice(0, NAMED_TABLES).join(', ');
  const more = tables.length > NAMED_TABLES ? ` and ${tables.length - NAMED_TABLES} more` : '';
  return (
    `The database that DATABASE_URL names is in use by another program: it has run no migration of ours, and holds ${named}${more}. ` +
    'Nothing in it was changed. Set DATABASE_URL to an empty database, or to an empty schema of this one ' +
    '(…?options=-c%20search_path%3Dorder_reports).'
  );
}

/** In the order in which they ran. A plain read: TypeORM's own makes its table where there is none. */
async function namesRun(dataSource: DataSource): Promise<string[]> {
  const [table] = await dataSource.query<{ exists: boolean }[]>(
    `SELECT EXISTS (SELECT FROM pg_attribute WHERE ${IS_OUR_FORM}) AS exists`,
  );
  if (table?.exists !== true) return [];
  const rows = await dataSource.query<{ name: string }[]>(
    'SELECT name FROM migrations ORDER BY timestamp, id',
  );
  return rows.map(({ name }) => name);
}

/** What to do about a database that has run a migration which is not ours. */
function explainOther(name: string, embeddedIn: string | undefined): string {
  const isNewer = timestampOf(name) >= timestampOf(NAMES[0] ?? '');
  const holder =
    embeddedIn === undefined ? 'The database that DATABASE_URL names' : `The data directory ${embeddedIn}`;
  const reason = isNewer
    ? `has the schema of a newer version: it has run ${name}, which this version does not know.`
    : `has the schema of an earlier commit: it has run ${name}. Before the first release the migrations of then were joined ` +
      'into others, which cannot bring it up to date.';
  const owner = isNewer ? 'Start that version again' : `The commit ${BEFORE_JOINED} still starts with it`;
  const anew =
    embeddedIn === undefined
      ? 'set DATABASE_URL to an empty database'
      : 'move that directory to another name, or set DATA_DIR to a new one, and start again';
  return `${holder} ${reason} Nothing in it was changed. ${owner}; or, to keep it and begin anew, ${anew}.`;
}

/** TypeORM takes the end of a migration's name as its time. */
const timestampOf = (name: string): number => Number(name.slice(-13));
