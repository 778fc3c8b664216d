/** A delivery was given up. */
export const DELIVERY_EXHAUSTED = 'webhook.delivery.exhausted';
/** A destination whose circuit was open works again. */
export const ENDPOINT_RECOVERED = 'webhook.endpoint.recovered';
/** It means nothing, and is sent to one endpoint alone. */
export const TEST_EVENT = 'webhook.test';

/**
 * Whether a type of events is among patterns, in SQL: `*`, exact ones, or the beginning of a name (`orders.report.*`).
 *
 * @param type, patterns SQL expressions
 */
export const wantsType = (type: string, patterns: string): string => `EXISTS (
  SELECT FROM unnest(${patterns}) AS pattern
  WHERE pattern = ${type} OR pattern = '*' OR (right(pattern, 2) = '.*' AND starts_with(${type}, left(pattern, -1))))`;

/**
 * Whether an endpoint `e` wants a message of which nothing but its row is known, in SQL: its type, and the tags of its job. Of a
 * job that is no longer kept no tags are known.
 */
export const wantsMessage = (message: string): string => `(${wantsType(`${message}.type`, 'e.event_types')}
  AND (e.tags = '{}' OR coalesce(e.tags && (SELECT tags FROM job WHERE id = ${message}.job_id), false)))`;
