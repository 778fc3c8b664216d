/**
 * The part of a statement that writes one event for each row of the CTE `changed` (whole job rows): the change and its
 * event are one statement, so neither can be without the other.
 *
 * @param name SQL expression of what the event tells, after the job type's name: `accepted`, `started`, `progressed`,
 *   `retry_scheduled`, `released`, `cancel_requested`, `retried`, `completed`, `failed` or `cancelled`
 * @param data SQL expression of the event's data
 */
export const writeEvent = (name: string, data = `'{}'::jsonb`): string => `
  event AS (
    INSERT INTO job_event (job_id, client_id, type, round, attempt, terminal, data)
    SELECT id, client_id, type || '.' || ${name}, round, attempt,
      state IN ('COMPLETED', 'FAILED', 'CANCELLED'), ${data}
    FROM changed
  )`;

/** Data of an event that may be terminal: a snapshot of the outcome. */
export const OUTCOME = `jsonb_strip_nulls(jsonb_build_object('status', state, 'result', result, 'error', error, 'expires_at', expires_at))`;

/** The name of the event of an attempt that did not end with a result, by the state that it left the job in. */
export const EVENT_OF_FAILURE = `CASE state WHEN 'CANCELLED' THEN 'cancelled' WHEN 'FAILED' THEN 'failed' ELSE 'retry_scheduled' END`;
