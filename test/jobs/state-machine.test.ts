import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/database/connection';
import { JobClaims } from '../../src/jobs/job-claims';
import { JobTransitions } from '../../src/jobs/job-transitions';
import { JobOutages } from '../../src/jobs/job-outages';
import { JobSignals } from '../../src/jobs/job-signals';
import { commands, drain, Model, Real } from '../support/job-model';
import { createTestDatabase, TestDatabase } from '../support/test-database';

const RUNS = 300;

let database: TestDatabase;
let dataSource: DataSource;

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await createTestDatabase();
  dataSource = await new DataSource(dataSourceOptions(database.url, 3)).initialize();
});

afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

async function fresh(): Promise<{ model: Model; real: Real }> {
  await dataSource.query('DELETE FROM outage; DELETE FROM dependency; DELETE FROM client');
  const [client] = await dataSource.query<{ id: string }[]>(
    `INSERT INTO client (name) VALUES ('model') RETURNING id`,
  );
  const signals = new JobSignals();
  return {
    model: { jobs: [], beliefs: [[], [], []] },
    real: {
      client: client!.id,
      database: dataSource,
      claims: new JobClaims(dataSource, signals),
      transitions: new JobTransitions(dataSource, signals),
      outages: new JobOutages(dataSource),
    },
  };
}

/**
 * Random histories of workers that crash, freeze and come back, against a model. It goes red when a transition does not
 * name its attempt, when nothing is reaped, and when an outage is a job's own failure or its deadline's end.
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
