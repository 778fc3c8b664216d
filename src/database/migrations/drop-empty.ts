import type { QueryRunner } from 'typeorm';

/**
 * Drops tables that a migration made, where nothing is lost with them. Nobody writes into them in between.
 *
 * @param tables each before those that it refers to
 * @throws Error that names the tables that hold rows; then nothing has changed
 */
export async function dropEmpty(runner: QueryRunner, tables: string[]): Promise<void> {
  await runner.query(`LOCK TABLE ${tables.join(', ')} IN ACCESS EXCLUSIVE MODE`);
  const holding: string[] = [];
  for (const table of tables) {
    const rows = (await runner.query(`SELECT FROM ${table} LIMIT 1`)) as unknown[];
    if (rows.length > 0) holding.push(table);
  }
  if (holding.length > 0) throw new Error(`Not reverted: the rows of ${holding.join(', ')} would be lost.`);
  await runner.query(`DROP TABLE ${tables.join(', ')}`);
}
