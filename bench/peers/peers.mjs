// The same work on other job engines: `node peers.mjs <name> <database URL> <jobs> <slots> <seconds>` fills the queue with
// no-op jobs, works on them for so long at most, and prints how many a second were done.
import { Logger, makeWorkerUtils, run, runMigrations } from 'graphile-worker';
import pg from 'pg';
import { PgBoss } from 'pg-boss';

const [name, url] = process.argv.slice(2);
const [jobs, slots, seconds] = process.argv.slice(4).map(Number);

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
  const from = performance.now();
  await run(options);
  await until(from, () => done >= jobs);
  return rate(done, from);
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
  const from = performance.now();
  for (let each = 0; each < slots; each += 1) slot().catch((error) => !isOver && console.error(error));
  await until(from, () => done >= jobs);
  isOver = true;
  return rate(done, from);
}

const rate = (done, from) => (done * 1_000) / (performance.now() - from);

async function until(from, condition) {
  while (!condition() && performance.now() - from < seconds * 1_000)
    await new Promise((resolve) => setTimeout(resolve, 5));
}

console.log(await peers[name]());
process.exit(0);
