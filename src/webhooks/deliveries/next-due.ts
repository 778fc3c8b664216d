import type { DataSource, EntityManager } from 'typeorm';
import { lookUpTransaction } from '../../database/look-up-transaction';
import { prepared } from '../../database/prepared';
import { DUE } from './destination';

/** After which one that has nothing due is written: earlier, a busy one would be for each burst. */
const IDLE_SECONDS = 5;

/**
 * Raises `next_due_at` of destinations that have had nothing due for a while, whether they may be called or not, to the time of
 * the first that waits for them. From then on neither claims nor metrics read them.
 *
 * @param most that one statement raises
 * @returns how many
 */
export async function raiseNextDue(dataSource: DataSource, most: number): Promise<number> {
  // One that a crash of the database forgets is raised again.
  return lookUpTransaction(dataSource, false, async (manager: EntityManager) => {
    const idle = await manager.query<{ id: string }[]>(HOLD_IDLE, [most]);
    if (idle.length > 0) await manager.query(RAISE, [idle.map(({ id }) => id)]);
    return idle.length;
  });
}

/**
 * Who writes deliveries holds their destinations `FOR KEY SHARE`: those are passed over, and of the others a second statement
 * sees all that was written.
 */
const HOLD_IDLE = prepared(
  'hold_idle_destinations',
  `
  SELECT id FROM webhook_destination t
  -- Each claim moves its rate on.
  WHERE next_due_at < now() - interval '${IDLE_SECONDS} s' AND rate_until < now() - interval '${IDLE_SECONDS} s'
    AND NOT EXISTS (${DUE})
  LIMIT $1 FOR UPDATE SKIP LOCKED`,
);

const RAISE = prepared(
  'raise_next_due',
  `
  UPDATE webhook_destination t SET next_due_at = coalesce((
    SELECT d.due_at FROM delivery d WHERE d.state = 'PENDING' AND d.destination_id = t.id AND d.epoch = t.epoch
    ORDER BY d.due_at LIMIT 1), 'infinity')
  WHERE id = ANY($1::uuid[]) AND NOT EXISTS (${DUE})`,
);
