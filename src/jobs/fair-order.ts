/**
 * Common table expressions (of a `WITH RECURSIVE`) for the order in which waiting jobs get their turn: the client with
 * the fewest jobs under way comes first, then the one whose last turn is longest ago. So a client that submits ten
 * thousand jobs delays another's single one by no more than the jobs that are running already.
 *
 * `waiting` has each client with a pending job, and a last row of null. The recursion walks the index from client to
 * client instead of reading every waiting row. `running` has each client's number of jobs under way.
 *
 * @param types SQL expression of the types that count: what workers outside have in hand takes no slot of ours
 */
export const waitingClients = (types: string): string => `
  waiting AS (
    (SELECT client_id FROM job WHERE state = 'PENDING' ORDER BY client_id LIMIT 1)
    UNION ALL
    SELECT (SELECT j.client_id FROM job j WHERE j.state = 'PENDING' AND j.client_id > w.client_id
            ORDER BY j.client_id LIMIT 1)
    FROM waiting w WHERE w.client_id IS NOT NULL
  ), running AS (
    SELECT client_id, count(*) AS jobs FROM job
    WHERE state = 'IN_PROGRESS' AND type = ANY(${types}) GROUP BY client_id
  )`;

/** The order of `candidate`. */
export const FAIREST_FIRST = 'load, last NULLS FIRST, due_at';

/**
 * `candidate` beside them: the first due jobs in fair order, of the types in `$1`.
 *
 * @param limit SQL expression of how many
 */
export const inFairOrder = (limit: string): string => `
  ${waitingClients('$1')}, candidate AS (
    SELECT due.id, due.attempt, coalesce(r.jobs, 0) + due.rank AS load, turn.last, due.run_at AS due_at
    FROM waiting w
    LEFT JOIN running r USING (client_id)
    CROSS JOIN LATERAL (
      SELECT id, attempt, run_at, row_number() OVER (ORDER BY run_at, id) AS rank FROM (
        SELECT id, attempt, run_at FROM job
        WHERE state = 'PENDING' AND client_id = w.client_id AND run_at <= now() AND deadline_at > now()
          AND type = ANY($1)
        ORDER BY run_at, id LIMIT ${limit}
      ) oldest
    ) due
    LEFT JOIN LATERAL (
      SELECT started_at AS last FROM job WHERE client_id = w.client_id AND started_at IS NOT NULL
      ORDER BY started_at DESC LIMIT 1
    ) turn ON true
    WHERE w.client_id IS NOT NULL
    ORDER BY ${FAIREST_FIRST} LIMIT ${limit}
  )`;
