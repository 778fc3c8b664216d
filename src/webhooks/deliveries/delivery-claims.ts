import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { lookUpTransaction } from '../../database/look-up-transaction';
import { prepared } from '../../database/prepared';
import type { DeliveryShares } from './delivery-shares';
import {
  AT_ONCE,
  CALLED_SINCE,
  DestinationPlace,
  DUE,
  FIRST_PLACE,
  IS_OPEN,
  RATE_PAUSE_MS,
  rateUntilAfter,
  TOKENS,
} from './destination';

/** An attempt that this worker was given; its outcome must name `id` and `attempt`. */
export interface ClaimedDelivery {
  id: string;
  attempt: number;
  failures: number;
  client_id: string;
  destination_id: string;
  endpoint_id: string | null;
  url: string;
  message_id: string;
  event_type: string;
  /** `null` of an event that is about no job. */
  job_id: string | null;
  /** Of the request that submitted the job. */
  request_id: string | null;
  body: Buffer;
}

/** Whose an attempt is, and for how long. */
export interface DeliveryLease {
  worker: string;
  leaseMs: number;
}

interface OpenDestination {
  id: string;
  client_id: string;
  origin: string;
  at_once: number;
  tokens: number;
  /** Deliveries that are due, `at_once` at most. */
  due: number;
}

/** What a claim found. */
export interface Claim {
  claimed: ClaimedDelivery[];
  /** Whether there may be a destination that has something due and room for it as soon as an attempt ends. */
  open: boolean;
  /** Whether it began with the first destination that may have something due, and whether it came to the last. */
  isFirst: boolean;
  isLast: boolean;
  /** Until the rate of a destination leaves more; `Infinity` where none keeps anything back. */
  pauseMs: number;
}

/** With the place of the last one that was considered. */
interface Considered extends DestinationPlace {
  open: OpenDestination[];
  is_last: boolean;
  /** Until the rate of one that has something due leaves more; `null` where none keeps anything back. */
  pause_ms: number | null;
}

/** Destinations that one claim considers. */
const DESTINATIONS = 256;

/** Of those that have something due, as many as there are slots, and some for those that have no room. */
const mostOpen = (slots: number): number => 8 + slots;

/**
 * Hands due deliveries out, each to one worker. Claims go around the destinations that may have something due, each from
 * where the last one of this process ended: its cost does not follow how many there are. A destination whose circuit is
 * open, that rests, or that has as much under way or per second as it may have, is passed over without a look at its
 * deliveries.
 */
@Injectable()
export class DeliveryClaims {
  /** The destination after which the next claim begins. */
  private after = FIRST_PLACE;

  constructor(private readonly dataSource: DataSource) {}

  /** @param shares what clients and hosts have of this worker already */
  async claim({ worker, leaseMs }: DeliveryLease, shares: DeliveryShares): Promise<Claim> {
    // A claim that a crash of the database forgets is made again: no need to wait for its disk.
    return lookUpTransaction(this.dataSource, false, async (manager) => {
      const [clients, hosts, tight] = [shares.busyClients(), shares.busyHosts(), shares.areTight()];
      const after = this.after;
      // Held until the end: two workers never count the same room of a destination.
      const [considered] = await manager.query<Considered[]>(OPEN_DESTINATIONS, [
        clients,
        hosts,
        tight,
        after.since,
        after.id,
        mostOpen(shares.free()),
      ]);
      const open = considered?.open ?? [];
      const pauseMs = considered?.pause_ms ?? Infinity;
      const ends = { isFirst: after === FIRST_PLACE, isLast: considered?.is_last ?? true };
      this.after = ends.isLast || considered === undefined ? FIRST_PLACE : considered;
      // Those that are passed over for the sake of others may have something.
      const passedOver = tight || clients.length + hosts.length > 0;
      if (open.length === 0) return { claimed: [], open: passedOver, ...ends, pauseMs };
      const grant = shares.grants();
      const claimed = await manager.query<ClaimedDelivery[]>(CLAIM, [
        open.map(({ id }) => id),
        open.map(({ at_once }) => at_once),
        open.map(({ client_id, origin, at_once, tokens, due }) =>
          grant(client_id, origin, Math.min(at_once, tokens, due)),
        ),
        shares.free(),
        worker,
        leaseMs / 1_000,
      ]);
      return { claimed, open: true, ...ends, pauseMs };
    });
  }
}

/** Of a destination `t`, in SQL: whether it may be called, and is not passed over for the sake of others. */
const IS_WANTED = `${IS_OPEN} AND t.client_id <> ALL($1::uuid[])
  AND (cardinality($2::text[]) = 0 OR regexp_replace(t.origin, '^[a-z]+://|:[0-9]+$', '', 'g') <> ALL($2::text[]))`;

/**
 * Those that are found come in any order, so that the shares of a client do not always go to the same ones. Those whose rate is
 * spent take the place of none: with few slots free a claim would come to a few of them alone, and each poll go around in many.
 */
const OPEN_DESTINATIONS = prepared(
  'open_delivery_destinations',
  `
    WITH next AS MATERIALIZED (
      SELECT ${CALLED_SINCE} AS since, id, ${RATE_PAUSE_MS} AS rate_pause_ms FROM webhook_destination t
      WHERE ${CALLED_SINCE} <= now() AND (${CALLED_SINCE}, id) > ($4::timestamptz, $5::uuid)
      ORDER BY ${CALLED_SINCE}, id LIMIT ${DESTINATIONS}
    ), open AS (
      SELECT next.since, t.id, t.client_id, t.origin, ${AT_ONCE} AS at_once, ${TOKENS} AS tokens, waiting.due
      FROM next JOIN webhook_destination t USING (id) CROSS JOIN LATERAL (
        SELECT count(*)::int AS due FROM (${DUE} LIMIT ${AT_ONCE}) first
      ) waiting
      WHERE next.rate_pause_ms = 0 AND ${IS_WANTED} AND waiting.due > 0
        -- A grant is not for one that could not use it.
        AND (NOT $3::boolean OR t.concurrency > (
          SELECT count(*) FROM delivery d WHERE d.state = 'DELIVERING' AND d.destination_id = t.id))
      ORDER BY next.since, t.id LIMIT $6 FOR NO KEY UPDATE OF t SKIP LOCKED
    ), ends AS (
      SELECT (SELECT count(*) FROM open) = $6 AS is_cut, (SELECT count(*) FROM next) < ${DESTINATIONS} AS is_short
    ), last AS (
      (SELECT since, id FROM open, ends WHERE is_cut ORDER BY since DESC, id DESC LIMIT 1)
      UNION ALL
      (SELECT since, id FROM next ORDER BY since DESC, id DESC LIMIT 1)
      LIMIT 1
    )
    SELECT since::text, id, is_short AND NOT is_cut AS is_last,
      (SELECT coalesce(json_agg(o ORDER BY random()), '[]') FROM open o) AS open,
      (SELECT min(next.rate_pause_ms) FROM next JOIN webhook_destination t USING (id)
       WHERE next.rate_pause_ms > 0 AND ${IS_WANTED} AND EXISTS (${DUE})) AS pause_ms
    FROM last, ends`,
);

/** The first due of each destination come first, so that a destination with thousands does not take all the slots. */
const CLAIM = prepared(
  'claim_deliveries',
  `
  WITH room AS (
    SELECT r.id, t.epoch, greatest(0, least(r.tokens, r.at_once - (
      SELECT count(*) FROM delivery d WHERE d.state = 'DELIVERING' AND d.destination_id = r.id))) AS free
    FROM unnest($1::uuid[], $2::int[], $3::int[]) AS r(id, at_once, tokens) JOIN webhook_destination t ON t.id = r.id
  ), candidate AS (
    SELECT due.client_id, due.id, due.place, due.due_at FROM room CROSS JOIN LATERAL (
      SELECT first.*, row_number() OVER () AS place FROM (
        -- What waited for its recovery, in the order of the feed.
        (SELECT d.client_id, d.id, d.due_at FROM delivery d
         WHERE d.state = 'PENDING' AND d.destination_id = room.id AND d.epoch < room.epoch
         ORDER BY d.epoch, d.position LIMIT room.free)
        UNION ALL
        (SELECT d.client_id, d.id, d.due_at FROM delivery d
         WHERE d.state = 'PENDING' AND d.destination_id = room.id AND d.epoch = room.epoch AND d.due_at <= now()
         ORDER BY d.due_at, d.position LIMIT room.free)
      ) first LIMIT room.free
    ) due
    ORDER BY due.place, due.due_at LIMIT $4
  ), changed AS (
    UPDATE delivery d SET state = 'DELIVERING', attempt = attempt + 1, lease_owner = $5,
      lease_until = now() + make_interval(secs => $6),
      -- As the endpoint has it now.
      url = coalesce((SELECT e.url FROM webhook_endpoint e WHERE e.id = d.endpoint_id), d.url)
    -- That is, state = 'PENDING'; written so that the planner can use no index but that of the id.
    FROM candidate c WHERE d.client_id = c.client_id AND d.id = c.id AND d.lease_owner IS NULL AND d.finished_at IS NULL
    RETURNING d.*
  ), spent AS (
    UPDATE webhook_destination t
    SET rate_until = ${rateUntilAfter('s.taken')}
    FROM (SELECT destination_id, count(*) AS taken FROM changed GROUP BY destination_id) s
    WHERE t.id = s.destination_id
  )
  SELECT c.id, c.attempt, c.failures, c.client_id, c.destination_id, c.endpoint_id, c.url, c.message_id,
    m.type AS event_type, m.job_id, j.request_id, m.body
  FROM changed c JOIN webhook_message m ON m.id = c.message_id LEFT JOIN job j ON j.id = m.job_id
  ORDER BY c.due_at, c.position`,
);
