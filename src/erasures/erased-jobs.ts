import type { EntityManager } from 'typeorm';
import { NIL_ID } from '../common/ids';
import { dayStart } from '../orders/order-period';
import { ERASED, type ErasureAtWork } from './erasure';
import { hasTrace, isAbout, labelTexts, type Traces, tracesParameters } from './traces';

/** Jobs of one batch: each may hold what a body of a request can. */
const BATCH = 200;

/** Where a walk over the jobs of a client that have ended is. */
export interface JobCursor {
  state: string;
  type: string;
  id: string;
}

const FIRST: JobCursor = { state: '', type: '', id: NIL_ID };

const TEXTS = `concat_ws(E'\\n', j.request::text, j.parameters::text, j.result::text, j.error::text, j.callback_url, j.request_id)`;

const LABELS = labelTexts('j.metadata::text', 'to_json(j.tags)::text');

/** Whether a report that began to be made then may show an order of the person, in SQL. What its status was is not known. */
const MAY_SHOW = `EXISTS (
  SELECT FROM erasure_order o
  WHERE o.erasure_id = $3 AND o.created_at <= coalesce(j.finished_at, now()) AND (o.until IS NULL OR o.until >= j.started_at)
    AND (j.parameters ->> 'startDate' IS NULL
      OR o.ordered_at >= ${dayStart(`(j.parameters ->> 'startDate')`, `(j.parameters ->> 'timeZone')`)})
    AND (j.parameters ->> 'endDate' IS NULL
      OR o.ordered_at < ${dayStart(`(j.parameters ->> 'endDate')`, `(j.parameters ->> 'timeZone')`)}))`;

interface JudgedJob extends JobCursor {
  /** What it was asked, its result or its failure is about the person. */
  is_about: boolean;
  /** It has a file in the store that may show the person. */
  may_show: boolean;
}

/**
 * Erases the person from jobs that have ended: what they were asked, their results and failures, and their events. Files
 * that may show the person are noted for the erasure.
 *
 * @param after where it goes on; at the beginning without it
 * @returns how many jobs were changed, and where it goes on; `null` at the end
 */
export async function eraseFromJobs(
  manager: EntityManager,
  erasure: ErasureAtWork,
  traces: Traces,
  after: Partial<JobCursor>,
): Promise<{ erased: number; next: JobCursor | null }> {
  const { state, type, id } = { ...FIRST, ...after };
  const page = await manager.query<JudgedJob[]>(
    `SELECT j.state, j.type, j.id,
       ${isAbout('j.texts')} OR ${isAbout('j.labels')} OR EXISTS (
         SELECT FROM erasure_order o WHERE o.erasure_id = $3 AND o.order_id::text = j.result ->> 'id') AS is_about,
       EXISTS (SELECT FROM report_file f WHERE f.job_id = j.id) AND ${MAY_SHOW} AS may_show
     FROM (
       SELECT j.*, ${TEXTS} AS texts, ${LABELS} AS labels FROM job j
       WHERE client_id = $4 AND (state, type, id) > ($5, $6, $7::uuid) AND state IN ('CANCELLED', 'COMPLETED', 'FAILED')
       ORDER BY state, type, id LIMIT ${BATCH}
     ) j ORDER BY j.state, j.type, j.id`,
    [...tracesParameters(traces), erasure.id, erasure.client_id, state, type, id],
  );
  const about = page.filter(({ is_about }) => is_about).map((job) => job.id);
  const shown = page.filter(({ may_show, is_about }) => may_show || is_about).map((job) => job.id);
  const erased = (await emptyJobs(manager, about, traces)) + (await noteFiles(manager, shown, erasure.id));
  await emptyFailures(
    manager,
    page.map((job) => job.id),
    traces,
  );
  const last = page.at(-1);
  return {
    erased,
    next:
      last === undefined || page.length < BATCH ? null : { state: last.state, type: last.type, id: last.id },
  };
}

/** What a link to a file was signed with is kept: it opens nothing, and says so. */
const RESULT_LEFT = `CASE WHEN j.result IS NULL THEN NULL
  WHEN j.type = 'orders.report' AND j.result ? 'artifact' THEN jsonb_strip_nulls(jsonb_build_object('artifact', j.result -> 'artifact', 'artifacts', j.result -> 'artifacts'))
  ELSE '{}' END`;

async function emptyJobs(manager: EntityManager, ids: string[], traces: Traces): Promise<number> {
  if (ids.length === 0) return 0;
  const emptied = await manager.query<{ is_new: boolean }[]>(
    `WITH emptied AS (
       UPDATE job j SET metadata = '{}', tags = '{}', parameters = '{}', result = ${RESULT_LEFT}, callback_url = NULL,
         request = json_build_object('method', j.request -> 'method', 'path', CASE
           WHEN ${hasTrace(`split_part(j.request ->> 'path', '?', 1)`)} THEN '${ERASED}'
           ELSE split_part(j.request ->> 'path', '?', 1) END, 'body', NULL),
         request_id = CASE WHEN ${hasTrace('j.request_id')} THEN NULL ELSE j.request_id END,
         error = j.error - ARRAY['errors', 'extensions'] || '{"message": "${ERASED}"}',
         erased_at = coalesce(j.erased_at, now()), expires_at = least(j.expires_at, now())
       FROM job before
       WHERE j.id = ANY($3) AND before.id = j.id AND j.state IN ('CANCELLED', 'COMPLETED', 'FAILED')
       RETURNING before.erased_at IS NULL AS is_new
     ) SELECT is_new FROM emptied`,
    [...tracesParameters(traces), ids],
  );
  await manager.query(
    `UPDATE job_event SET data = data - ARRAY['result', 'error'] || '{"erased": true}'
     WHERE job_id = ANY($1) AND data ?| ARRAY['result', 'error']`,
    [ids],
  );
  await putOutAgain(manager, ids);
  await manager.query(
    `UPDATE webhook_dead_letter SET error = '${ERASED}'
     WHERE event_id IN (SELECT id FROM job_event WHERE job_id = ANY($1) AND terminal)`,
    [ids],
  );
  return emptied.filter(({ is_new }) => is_new).length;
}

/**
 * What is not fanned out yet is put into the outbox anew: a fan-out that has begun by what the events were finds it gone, and
 * one that has taken it already is waited for. Whatever is published from here on is without the person.
 */
async function putOutAgain(manager: EntityManager, jobIds: string[]): Promise<void> {
  await manager.query(
    `WITH taken AS (
       DELETE FROM webhook_outbox o USING job_event e
       WHERE e.job_id = ANY($1) AND e.terminal AND o.position = e.position
       RETURNING o.position, o.event_id
     ) INSERT INTO webhook_outbox (position, event_id) SELECT position, event_id FROM taken`,
    [jobIds],
  );
}

/** @returns how many reports have lost a file that could be fetched, and were not erased before */
async function noteFiles(manager: EntityManager, jobIds: string[], erasureId: string): Promise<number> {
  if (jobIds.length === 0) return 0;
  await manager.query('UPDATE report_file SET erasure_id = $2 WHERE job_id = ANY($1)', [jobIds, erasureId]);
  const rows = await manager.query<unknown[]>(
    `WITH erased AS (
       UPDATE job SET erased_at = now(), expires_at = least(expires_at, now())
       WHERE id = ANY($1) AND state = 'COMPLETED' AND erased_at IS NULL AND expires_at > now()
       RETURNING id
     ) SELECT FROM erased`,
    [jobIds],
  );
  return rows.length;
}

/** What was read in rows of files that could not be imported. What was cut may have been the person's: it goes in any case. */
async function emptyFailures(manager: EntityManager, jobIds: string[], traces: Traces): Promise<void> {
  await manager.query(
    `UPDATE order_import_failure f SET errors = (
       SELECT jsonb_agg(e || CASE
         WHEN ${hasTrace('e::text')} THEN CASE WHEN e ? 'value' THEN '{"message": "${ERASED}", "value": null}' ELSE '{"message": "${ERASED}"}' END::jsonb
           || CASE WHEN ${hasTrace(`e ->> 'field'`)} THEN '{"field": "${ERASED}"}' ELSE '{}' END::jsonb
         WHEN e ->> 'value' LIKE '%…' THEN '{"value": null}'
         ELSE '{}' END ORDER BY place)
       FROM jsonb_array_elements(f.errors) WITH ORDINALITY AS entry(e, place))
     WHERE job_id = ANY($3) AND (${hasTrace('errors::text')}
       OR jsonb_path_exists(errors, '$[*].value ? (@ like_regex "…$")'))`,
    [...tracesParameters(traces), jobIds],
  );
}

/**
 * Jobs of the client that were accepted until then and have not ended: of the types that read orders, and of others where
 * they are about the person.
 */
export async function countUnfinished(
  manager: EntityManager,
  erasure: ErasureAtWork,
  traces: Traces,
  readers: string[],
  until: string,
): Promise<number> {
  const [row] = await manager.query<{ jobs: number }[]>(
    `SELECT count(*)::int AS jobs FROM job j
     WHERE client_id = $3 AND state IN ('PENDING', 'IN_PROGRESS') AND created_at <= $5::timestamptz
       AND (type = ANY($4::text[]) OR ${isAbout(TEXTS)} OR ${isAbout(LABELS)})`,
    [...tracesParameters(traces), erasure.client_id, readers, until],
  );
  return row?.jobs ?? 0;
}

/** Jobs that have ended, the next to be deleted. */
export async function endedJobs(manager: EntityManager, clientId: string): Promise<string[]> {
  const rows = await manager.query<{ id: string }[]>(
    `SELECT id FROM job WHERE client_id = $1 AND state IN ('CANCELLED', 'COMPLETED', 'FAILED')
     ORDER BY state, type, id LIMIT ${BATCH}`,
    [clientId],
  );
  return rows.map(({ id }) => id);
}

/** Deletes jobs that have ended, with their events, before anything more is published of them. */
export async function deleteJobs(manager: EntityManager, ids: string[]): Promise<number> {
  const events = `(SELECT id FROM job_event WHERE job_id = ANY($1) AND terminal)`;
  await manager.query(
    `DELETE FROM webhook_outbox o USING job_event e WHERE e.job_id = ANY($1) AND e.terminal AND o.position = e.position`,
    [ids],
  );
  await manager.query(`DELETE FROM webhook_dead_letter WHERE event_id IN ${events}`, [ids]);
  const rows = await manager.query<unknown[]>(
    `WITH gone AS (
       DELETE FROM job WHERE id = ANY($1) AND state IN ('CANCELLED', 'COMPLETED', 'FAILED') RETURNING id
     ) SELECT FROM gone`,
    [ids],
  );
  return rows.length;
}
