import type { DataSource, EntityManager } from 'typeorm';
import { lookUpTransaction } from '../../database/look-up-transaction';
import { prepared } from '../../database/prepared';
import { DestinationPlace, DUE, FIRST_PLACE } from './destination';

/** After which one that has nothing due is written: earlier, a busy one would be for each burst. */
const IDLE_SECONDS = 5;

/** Destinations that one statement considers. */
const AT_ONCE = 500;

interface Considered extends DestinationPlace {
  destinations: number;
  /** Ids of those that are raised. */
  idle: string[];
}

/**
 * Raises `next_due_at` of destinations that have had nothing due for a while, whether they may be called or not, to the time of
 * the first that waits for them. From then on neither claims nor metrics read them.
 *
 * @param after the place after which it begins: so many may have something due and not be called for days that their
 *   number must not be the cost of each round
 * @returns how many were raised, and the place after which the next begins
 */
export async function raiseNextDue(
  dataSource: DataSource,
  after: DestinationPlace,
): Promise<{ raised: number; after: DestinationPlace }> {
  // One that a crash of the database forgets is raised again.
  return lookUpTransaction(dataSource, false, async (manager: EntityManager) => {
    const [considered] = await manager.query<Considered[]>(HOLD_IDLE, [after.since, after.id]);
    if (considered === undefined) return { raised: 0, after: FIRST_PLACE };
    const { destinations, idle, since, id } = considered;
    if (idle.length > 0) await manager.query(RAISE, [idle]);
    return { raised: idle.length, after: destinations < AT_ONCE ? FIRST_PLACE : { since, id } };
  });
}

/**
 * Who writes deliveries holds their destinations `FOR KEY SHARE`: those are passed over, and of the others a second statement
 * sees all that was written.
 */
const HOLD_IDLE = prepared(
  'hold_idle_destinations',
  `
  WITH next AS MATERIALIZED (
    SELECT next_due_at, id FROM webhook_destination
    WHERE next_due_at < now() - interval '${IDLE_SECONDS} s' AND (next_due_at, id) > ($1::timestamptz, $2::uuid)
    ORDER BY next_due_at, id LIMIT ${AT_ONCE}
  ), idle AS (
    SELECT t.id FROM next JOIN webhook_destination t USING (id)
    -- Each claim moves its rate on.
    WHERE t.rate_until < now() - interval '${IDLE_SECONDS} s' AND NOT EXISTS (${DUE})
    FOR UPDATE OF t SKIP LOCKED
  )
  SELECT next_due_at::text AS since, id, (SELECT count(*)::int FROM next) AS destinations,
    (SELECT coalesce(json_agg(i.id), '[]') FROM idle i) AS idle
  FROM next ORDER BY next_due_at DESC, id DESC LIMIT 1`,
);

const RAISE = prepared(
  'raise_next_due',
  `
  UPDATE webhook_destination t SET next_due_at = coalesce((
    SELECT d.due_at FROM delivery d WHERE d.state = 'PENDING' AND d.destination_id = t.id AND d.epoch = t.epoch
    ORDER BY d.due_at LIMIT 1), 'infinity')
  WHERE id = ANY($1::uuid[]) AND NOT EXISTS (${DUE})`,
);
