// The same work on other job engines: `node peers.mjs <name> <database URL> <jobs> <concurrency>` fills the queue with
// no-op jobs, then works on them, and prints the seconds that the work took.
import { run } from 'graphile-worker';
import pg from 'pg';
import PgBoss from 'pg-boss';

const [name, url, jobs, concurrency] = [process.argv[2], process.argv[3], +process.argv[4], +process.argv[5]];

const peers = {
  async 'pg-boss'() {
    const boss = new PgBoss({ connectionString: url, schema: 'peer_pgboss', max: 20 });
    boss.on('error', (error) => console.error(error));
    await boss.start();
    await boss.createQueue('noop');
    for (let sent = 0; sent < jobs; sent += 1_000) {
      await boss.insert(
        Array.from({ length: Math.min(1_000, jobs - sent) }, () => ({ name: 'noop', data: {} })),
      );
    }
    let done = 0;
    const seconds = await timed(async (finish) => {
      // It polls, so it is quick by batches: as many workers as the others have slots, each with a large one.
      for (let worker = 0; worker < concurrency; worker += 1) {
        await boss.work('noop', { batchSize: 100, pollingIntervalSeconds: 0.5 }, async (batch) => {
          done += batch.length;
        });
      }
      await until(() => done >= jobs);
      finish();
    });
    await boss.stop({ graceful: false });
    return seconds;
  },
  async 'graphile-worker'() {
    const pool = new pg.Pool({ connectionString: url, max: 20 });
    let done = 0;
    const options = {
      pgPool: pool,
      schema: 'peer_graphile',
      concurrency,
      noHandleSignals: true,
      taskList: { noop: async () => void (done += 1) },
      logger: undefined,
    };
    const { runMigrations, Logger } = await import('graphile-worker');
    options.logger = new Logger(() => () => undefined);
    await runMigrations(options);
    await pool.query(`SELECT peer_graphile.add_job('noop', '{}') FROM generate_series(1, ${jobs})`);
    let runner;
    const seconds = await timed(async (finish) => {
      runner = await run(options);
      await until(() => done >= jobs);
      finish();
    });
    await runner.stop();
    await pool.end();
    return seconds;
  },
};

async function timed(work) {
  const from = performance.now();
  let to;
  await work(() => (to = performance.now()));
  return (to - from) / 1_000;
}

async function until(condition) {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

console.log(await peers[name]());
process.exit(0);
