import type { DataSource, EntityManager } from 'typeorm';
import { oneMessageTransaction } from './one-message-transaction';

/**
 * Plans are kept, and the first may be made while the tables are empty: only look-ups by an index stay good as the
 * tables grow.
 */
const PLAN_FOR_LOOK_UPS = [
  'plan_cache_mode = force_generic_plan',
  ...['seqscan', 'bitmapscan', 'hashjoin', 'mergejoin'].map((node) => `enable_${node} = off`),
];
const SETTINGS = PLAN_FOR_LOOK_UPS.map((setting) => `SET LOCAL ${setting}`);

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
    const settings = durable ? SETTINGS : ['SET LOCAL synchronous_commit = off', ...SETTINGS];
    return await oneMessageTransaction(runner, settings, work);
  } finally {
    await runner.release();
  }
}
