import type { Pool, PoolClient } from 'pg';
import type { EntityManager } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver';

/** A statement that each connection parses and plans once, for those that run all the time. */
export interface PreparedStatement {
  /** Unique in the application. */
  name: string;
  text: string;
}

/**
 * For a transaction of prepared statements that look a few rows up by an index, however many there are. Their plans are
 * kept, and the first may be made while the tables are empty: only look-ups stay good as the tables grow.
 */
export const PLAN_FOR_LOOK_UPS = [
  'plan_cache_mode = force_generic_plan',
  ...['seqscan', 'bitmapscan', 'hashjoin', 'mergejoin'].map((node) => `enable_${node} = off`),
]
  .map((setting) => `SET LOCAL ${setting}`)
  .join('; ');

/** Runs it, in the transaction of the manager if it has one; TypeORM itself has no prepared statements. */
export async function runPrepared<Row extends object>(
  manager: EntityManager,
  { name, text }: PreparedStatement,
  values: unknown[],
): Promise<Row[]> {
  const client = manager.queryRunner
    ? ((await manager.queryRunner.connect()) as PoolClient)
    : ((manager.dataSource.driver as PostgresDriver).master as Pool);
  return (await client.query<Row>({ name, text, values })).rows;
}

/**
 * The literal of an array, quicker than the driver makes one that may hold anything.
 *
 * @param values that hold nothing to be quoted: ids, numbers, words
 */
export const arrayOf = (values: (string | number | null)[]): string =>
  `{${values.map((value) => value ?? 'NULL').join(',')}}`;
