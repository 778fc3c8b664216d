import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';
import { CLIENTS, type GrowthContext } from './growth-context';
import { apiEnvironment, BenchServer } from './http-server';
import { addMessages } from './growth-fill';
import type { Aim } from './measurements';
import { inOwnDatabase } from './own-database';

const MESSAGES = Number(process.env['GROWTH_MESSAGES'] ?? 2_000_000);
const STARTS = 3;
const WITHIN: Aim = {
  aim: '10 s more or less',
  holds: ({ value, beside }) => beside !== null && value - beside <= 10,
};

/**
 * The first start of an API process on a database whose messages come from another cluster, with higher numbers of
 * transactions than this one has; beside one on the same database later. In alternation.
 */
export async function restore({ results, services }: GrowthContext): Promise<void> {
  await inOwnDatabase(services, async (place, database) => {
    await addMessages(database, CLIENTS, MESSAGES);
    const key = `bench-${randomUUID()}`;
    const start = async (): Promise<number> => {
      const from = performance.now();
      const server = await BenchServer.start('ours', key, apiEnvironment(place, key));
      const seconds = (performance.now() - from) / 1_000;
      await server.stop();
      return seconds;
    };
    // Makes the client of the key.
    await start();
    const [restored, usual]: [number[], number[]] = [[], []];
    for (let each = 0; each < STARTS; each += 1) {
      await database.query('UPDATE feed_epoch SET number_offset = 0');
      restored.push(await start());
      if (!(await isRenumbered(database))) throw new Error('The start has not numbered the feed anew.');
      usual.push(await start());
    }
    results.add(
      `a start after a restore of ${MESSAGES} messages, beside a start`,
      's',
      restored,
      usual,
      WITHIN,
    );
  });
}

async function isRenumbered(database: Client): Promise<boolean> {
  const { rows } = await database.query('SELECT FROM feed_epoch WHERE number_offset > 0');
  return rows.length > 0;
}
