import fc from 'fast-check';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/database/data-source';
import { JobClaims } from '../../src/jobs/job-claims';
import { JobCompletions } from '../../src/jobs/job-completions';
import { JobRepairs } from '../../src/jobs/job-repairs';
import { JobSignals } from '../../src/jobs/job-signals';
import { JobTransitions } from '../../src/jobs/job-transitions';
import { commands, drain, Model, Real } from '../support/job-model';
import { createTestDatabase, TestDatabase } from '../support/test-database';

const RUNS = 1_000;

let database: TestDatabase;
let dataSource: DataSource;

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await new DataSource(dataSourceOptions(database.url, 3)).initialize();
});

afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

async function fresh(): Promise<{ model: Model; real: Real }> {
  await dataSource.query('DELETE FROM client');
  const [client] = await dataSource.query<{ id: string }[]>(
    `INSERT INTO client (name) VALUES ('model') RETURNING id`,
  );
  const signals = new JobSignals();
  return {
    model: { jobs: [], beliefs: [[], [], []] },
    real: {
      client: client!.id,
      database: dataSource,
      claims: new JobClaims(dataSource),
      completions: new JobCompletions(dataSource, signals),
      transitions: new JobTransitions(dataSource, signals),
      repairs: new JobRepairs(dataSource, signals),
    },
  };
}

/**
 * Random histories of workers that crash, freeze and come back, against a model. It goes red when a transition does not
 * name its attempt, and when nothing is reaped.
 */
it('follows the model, whatever workers, clients and clocks do', async () => {
  await fc.assert(
    fc.asyncProperty(commands(), async (sequence) => {
      const { model, real } = await fresh();
      await fc.asyncModelRun(() => ({ model, real }), sequence);
      await drain(model, real);
    }),
    { numRuns: RUNS },
  );
}, 900_000);
