import type { DataSource, EntityManager } from 'typeorm';

/**
 * Plans are kept, and the first may be made while the tables are empty: only look-ups by an index stay good as the
 * tables grow.
 */
const PLAN_FOR_LOOK_UPS = [
  'plan_cache_mode = force_generic_plan',
  ...['seqscan', 'bitmapscan', 'hashjoin', 'mergejoin'].map((node) => `enable_${node} = off`),
];

const BEGIN = (settings: readonly string[]): string =>
  ['BEGIN', ...settings.map((setting) => `SET LOCAL ${setting}`)].join('; ');
const BEGIN_DURABLE = BEGIN(PLAN_FOR_LOOK_UPS);
const BEGIN_FORGETTABLE = BEGIN(['synchronous_commit = off', ...PLAN_FOR_LOOK_UPS]);

/**
 * A transaction of prepared statements that look a few rows up by an index, however many there are. It begins with its
 * settings, in one exchange with the database.
 *
 * @param durable false: a crash of the database itself may forget it, and it does not wait for the disk
 */
export async function lookUpTransaction<T>(
  dataSource: DataSource,
  durable: boolean,
  work: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.query(durable ? BEGIN_DURABLE : BEGIN_FORGETTABLE);
    const result = await work(runner.manager);
    await runner.query('COMMIT');
    return result;
  } catch (error) {
    // Without a connection it is rolled back already.
    await runner.query('ROLLBACK').catch(() => undefined);
    throw error;
  } finally {
    await runner.release();
  }
}
