/** Outages move a job's deadline on by no more than this in all. */
export const LONGEST_OUTAGE_SECONDS = 86_400;

/** Every process says every other second that it sees what it depends on. When none has for so long, it is away. */
export const AWAY_AFTER_SECONDS = 6;

/**
 * Whether the times in the table are to be believed, in SQL: not while the database has just come back and what it lost
 * is not counted yet. Until then nothing is ended, or taken back, for a time that has passed.
 */
export const IS_CLOCK_TRUE = `(coalesce((SELECT seen_at > now() - interval '${AWAY_AFTER_SECONDS} s'
    FROM dependency WHERE name = 'database'), true)
  AND NOT EXISTS (SELECT FROM outage WHERE NOT settled))`;

/** When the store was seen last, in SQL; now, before the first look for it. */
const STORE_SEEN_AT = `coalesce((SELECT seen_at FROM dependency WHERE name = 'store'), now())`;

/** Whether it is the store that a job waits for. */
export const waitsForStore = (usesStore: string): string =>
  `(${usesStore} AND ${STORE_SEEN_AT} <= now() - interval '${AWAY_AFTER_SECONDS} s')`;

/** Seconds by which an outage moves a job's deadline on, never beyond the longest, in SQL over the row before the change. */
export const withinLongestOutage = (seconds: string): string =>
  `least(greatest(0, ${seconds}), ${LONGEST_OUTAGE_SECONDS} - outage_seconds)`;

/**
 * Whether a job's deadline has passed, in SQL over its row: of one that waits for the store, the time that it has been away
 * does not count: from the moment at which it was seen last, because whether that is an outage shows only later.
 *
 * @param usesStore SQL expression, of the job
 */
export const isOverdue = (usesStore: string): string => `(${IS_CLOCK_TRUE}
  AND deadline_at + make_interval(secs => CASE WHEN ${usesStore} THEN ${withinLongestOutage(
    `extract(epoch FROM now() - greatest(${STORE_SEEN_AT}, created_at, outage_counted_until))::float8`,
  )} ELSE 0 END) <= now())`;
