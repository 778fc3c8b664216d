import type { Client } from 'pg';
import { hashApiKey, newApiKey } from '../src/clients/api-key';

/** Puts reports into the midst of their work, as a poller mostly finds them. */
export async function begin(database: Client, jobs: readonly string[]): Promise<void> {
  await database.query(
    `UPDATE job SET state = 'IN_PROGRESS', started_at = now(), attempt = 1, lease_owner = 'bench',
       lease_until = now() + interval '1 hour', deadline_at = now() + interval '1 hour' WHERE id = ANY($1)`,
    [jobs],
  );
}

/** Clients with a key each, and a job like the given one. */
export async function addCallers(
  database: Client,
  like: string,
  count: number,
): Promise<{ keys: string[]; paths: string[] }> {
  const keys = Array.from({ length: count }, () => newApiKey());
  const { rows } = await database.query<{ id: string }>(
    `WITH clients AS (
       INSERT INTO client (name) SELECT 'Caller ' || n FROM generate_series(1, $1::int) n RETURNING id, name
     ), issued AS (
       INSERT INTO api_key (client_id, name, hash, prefix, scopes)
       SELECT c.id, 'bench', k.hash, 'ork', '{reports}'
       FROM unnest($2::bytea[]) WITH ORDINALITY AS k(hash, n) JOIN clients c ON c.name = 'Caller ' || k.n
     ), made AS (
       INSERT INTO job SELECT (jsonb_populate_record(j, jsonb_build_object('id', uuid_v7(), 'client_id', c.id))).*
       FROM job j, clients c WHERE j.id = $3 RETURNING id, client_id
     )
     SELECT made.id FROM made JOIN clients c ON c.id = made.client_id ORDER BY substr(c.name, 8)::int`,
    [count, keys.map((key) => hashApiKey(key)), like],
  );
  return { keys, paths: rows.map(({ id }) => `/v1/orders/reports/status/${id}`) };
}
