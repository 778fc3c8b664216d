// The same work on other job engines: `node peers.mjs <name> <database URL> <jobs> <slots> <seconds> <open>` fills the queue
// with no-op jobs, works on them, and prints as JSON how many a second were done: in the first seconds, and, unless `open` is
// 0, in the last ones of a transaction that stays open for so many.
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger, makeWorkerUtils, run, runMigrations } from 'graphile-worker';
import pg from 'pg';
import { PgBoss } from 'pg-boss';

const [name, url] = process.argv.slice(2);
const [jobs, slots, seconds, open] = process.argv.slice(4).map(Number);

/** As quick as it can be: its pool has a connection for each slot. */
const peers = {
  // Jobs are deleted when they are done.
  'graphile-worker': () => graphile({}),
  // Jobs are locked by the hundred before they are worked on, and their ends written together.
  'graphile-worker, local queue': () =>
    graphile({ localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 }),
  // Jobs are kept as completed for seven days. Each slot fetches and completes in a loop, without the pauses of `work`.
  'pg-boss': () => boss(1),
  'pg-boss, batches of 1,000': () => boss(1_000),
};

async function graphile(worker) {
  const pool = new pg.Pool({ connectionString: url, max: slots + 2 });
  pool.on('error', () => undefined).on('connect', (client) => client.on('error', () => undefined));
  let done = 0;
  const options = {
    pgPool: pool,
    noHandleSignals: true,
    taskList: { noop: async () => void (done += 1) },
    logger: new Logger(() => () => undefined),
    preset: { worker: { schema: 'peer_graphile', concurrentJobs: slots, ...worker } },
  };
  await runMigrations(options);
  const utils = await makeWorkerUtils(options);
  for (let sent = 0; sent < jobs; sent += 1_000)
    await utils.addJobs(
      Array.from({ length: Math.min(1_000, jobs - sent) }, () => ({ identifier: 'noop', payload: {} })),
    );
  await pool.query('VACUUM (ANALYZE) peer_graphile._private_jobs');
  await run(options);
  return rates(() => done);
}

async function boss(batchSize) {
  const engine = new PgBoss({
    connectionString: url,
    schema: 'peer_pgboss',
    max: slots + 2,
    supervise: false,
  });
  engine.on('error', (error) => console.error(error));
  await engine.start();
  await engine.createQueue('noop');
  for (let sent = 0; sent < jobs; sent += 1_000)
    await engine.insert(
      'noop',
      Array.from({ length: Math.min(1_000, jobs - sent) }, () => ({ data: {} })),
    );
  let done = 0;
  let isOver = false;
  const slot = async () => {
    while (!isOver) {
      const batch = await engine.fetch('noop', { batchSize });
      if (batch.length === 0) return;
      await engine.complete(
        'noop',
        batch.map(({ id }) => id),
      );
      done += batch.length;
    }
  };
  for (let each = 0; each < slots; each += 1) slot().catch((error) => !isOver && console.error(error));
  const found = await rates(() => done);
  isOver = true;
  return found;
}

async function rates(done) {
  const found = [await rate(done)];
  if (open === 0) return found;
  const other = new pg.Client({ connectionString: url });
  await other.connect();
  await other.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM job LIMIT 1');
  await sleep((open - seconds) * 1_000);
  found.push(await rate(done));
  await other.end();
  return found;
}

async function rate(done) {
  const [from, before] = [performance.now(), done()];
  while (done() < jobs && performance.now() - from < seconds * 1_000) await sleep(5);
  if (done() === before) throw new Error('There were too few jobs.');
  return ((done() - before) * 1_000) / (performance.now() - from);
}

console.log(JSON.stringify(await peers[name]()));
process.exit(0);
