import type { EntityManager, QueryRunner } from 'typeorm';

/**
 * A transaction that begins with its settings, all in one message: TypeORM's own takes one for each. Commits when `work`
 * is done, rolls back when it throws.
 *
 * @param settings what follows `BEGIN`, such as `SET LOCAL …` or `SET TRANSACTION …`
 */
export async function oneMessageTransaction<T>(
  runner: QueryRunner,
  settings: readonly string[],
  work: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  try {
    await runner.query(['BEGIN', ...settings].join('; '));
    const result = await work(runner.manager);
    await runner.query('COMMIT');
    return result;
  } catch (error) {
    // A connection that is broken cannot roll back; the server has done it.
    await runner.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
