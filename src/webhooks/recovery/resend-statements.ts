import { prepared } from '../../database/prepared';
import { GETS_CALLBACKS } from '../deliveries/destination';
import { CIRCUIT_OPENS_AFTER } from '../deliveries/retry-policy';

/**
 * Held first, as those who claim hold them: $1 client, $2 deliveries, $3 the endpoint of those to be added. In one order, as
 * others do.
 */
export const HOLD_DESTINATIONS = prepared(
  'destinations_to_resend_to',
  `
  SELECT id FROM webhook_destination WHERE id = ANY(ARRAY(
    SELECT destination_id FROM delivery WHERE client_id = $1 AND id = ANY($2::uuid[])
    UNION SELECT id FROM webhook_destination WHERE endpoint_id = $3))
  ORDER BY id FOR NO KEY UPDATE`,
);

/** Those that rest because they only failed are asked whether they work again; those that asked for a rest have it. */
export const PROBE_DESTINATIONS = prepared(
  'probe_destinations',
  `
  UPDATE webhook_destination SET paused_until = now()
  WHERE id = ANY($1::uuid[]) AND paused_until > now()
    AND (failures >= ${CIRCUIT_OPENS_AFTER} OR disabled_reason = 'failing')`,
);

/** Nobody erases them meanwhile. */
export const HOLD_MESSAGES = prepared(
  'messages_to_resend',
  `
  SELECT FROM webhook_message WHERE id = ANY($1::uuid[]) AND body IS NOT NULL ORDER BY id FOR SHARE`,
);

/**
 * Makes deliveries due, in the order given: each a microsecond after the one before it. $1 client, $2 and $3 messages with
 * their deliveries (null: to be added to the endpoint $6), $4 seconds until they are given up, $5 the job, $7 the states in
 * which the deliveries were read.
 *
 * One that was delivered since, or that another job made due, is left alone; one that was given up since is not.
 */
export const RESEND = prepared(
  'resend_deliveries',
  `
  WITH chosen AS (
    SELECT c.message_id, c.delivery_id, c.state, now() + c.place * interval '1 microsecond' AS due_at
    FROM unnest($2::uuid[], $3::uuid[], $7::text[]) WITH ORDINALITY AS c(message_id, delivery_id, state, place)
    JOIN webhook_message m ON m.id = c.message_id AND m.body IS NOT NULL
  ), resent AS (
    UPDATE delivery d SET state = 'PENDING', failures = 0, due_at = c.due_at, finished_at = NULL, epoch = t.epoch,
      give_up_at = greatest(now(), t.paused_until) + make_interval(secs => $4), resend_id = $5
    FROM chosen c, webhook_destination t LEFT JOIN webhook_endpoint e ON e.id = t.endpoint_id
    WHERE d.client_id = $1 AND d.id = c.delivery_id AND d.lease_owner IS NULL AND t.id = d.destination_id AND ${GETS_CALLBACKS}
      AND (d.state = c.state OR (c.state = 'PENDING' AND d.state = 'EXHAUSTED'))
    RETURNING d.id
  ), added AS (
    INSERT INTO delivery (id, message_id, client_id, destination_id, endpoint_id, url, epoch, due_at, give_up_at, resend_id)
    SELECT uuid_v7(), c.message_id, $1, t.id, e.id, e.url, t.epoch, c.due_at,
      greatest(now(), t.paused_until) + make_interval(secs => $4), $5
    FROM chosen c JOIN webhook_endpoint e ON e.id = $6 JOIN webhook_destination t ON t.endpoint_id = e.id
    WHERE c.delivery_id IS NULL AND ${GETS_CALLBACKS}
    ORDER BY c.due_at
    ON CONFLICT ON CONSTRAINT one_delivery_per_destination DO NOTHING
    RETURNING id
  )
  SELECT id FROM resent UNION ALL SELECT id FROM added`,
);

/**
 * What has become of deliveries that were made due: $1 client, $2 their ids. Of those that nothing has yet, none. One that is
 * gone was too old to be kept.
 */
export const ENDS = prepared(
  'ends_of_resent_deliveries',
  `
  SELECT id, fate FROM (
    SELECT asked.id, CASE
      WHEN d.state = 'DELIVERED' THEN 'delivered'
      WHEN d.id IS NULL OR d.state = 'EXHAUSTED' OR (d.state = 'PENDING' AND d.failures > 0) THEN 'failed'
      WHEN d.state = 'PENDING' AND ((t.failures >= ${CIRCUIT_OPENS_AFTER} AND t.paused_until > now())
        OR ${GETS_CALLBACKS} IS NOT TRUE) THEN 'waiting' END AS fate
    FROM unnest($2::uuid[]) AS asked(id)
    LEFT JOIN delivery d ON d.client_id = $1 AND d.id = asked.id
    LEFT JOIN webhook_destination t ON t.id = d.destination_id LEFT JOIN webhook_endpoint e ON e.id = t.endpoint_id
  ) known WHERE fate IS NOT NULL`,
);
