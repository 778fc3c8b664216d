import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { NIL_ID } from '../common/ids';
import { prepared, unseen } from '../database/prepared';
import { JOB_COLUMNS, Job } from './job';
import { JobSignals } from './job-signals';
import { JOB_END, JobEnd, leaseUntil, millisecondsUntil, WAITS_BY_TYPE, writeEvent } from './job-sql';
import { COMPLETED, Completion, completionParameters } from './job-transitions';

export interface ClaimedJob {
  id: string;
  client_id: string;
  type: string;
  parameters: object;
  attempt: number;
  /** Of the HTTP request that submitted it. */
  request_id: string | null;
  crashes: number;
  steps: string[];
  /** Milliseconds from the claim to the end of the lease, and to the deadline, by the database's clock. */
  lease_ms: number;
  deadline_ms: number;
}

export interface ExternalClaim extends Job {
  /** Milliseconds from the claim to the end of the lease, by the database's clock. */
  lease_ms: number;
}

/**
 * The state of a job that is named by its id. The planner does not see it: where few jobs wait when it looks, it would read
 * the index of all that wait instead of that of the ids, also when they have become many.
 */
const WAITING = unseen(`'PENDING'`);

/**
 * The change that every claim makes, in SQL: a CTE `changed` and the event with it.
 *
 * @param worker, leaseSeconds SQL expressions
 * @param from the rows that may be claimed, with their ids
 */
const started = (worker: string, leaseSeconds: string, from: string): string => `changed AS (
     UPDATE job j SET state = 'IN_PROGRESS', attempt = attempt + 1, lease_owner = ${worker},
       lease_until = ${leaseUntil(leaseSeconds)}, started_at = coalesce(started_at, now())
     FROM ${from} AND j.state = ${WAITING}
     RETURNING j.*
   ), ${writeEvent(`'started'`)}`;

/** A worker that asks for jobs. */
export interface Claimant {
  /** Those that it can work on. */
  types: string[];
  worker: string;
  leaseSeconds: number;
  /**
   * Whether it has no other job. Only then it is given one that crashed its worker before, and nothing beside it; while such
   * a job is the next to be claimed, a busy worker gets nothing, and so becomes idle for it.
   */
  alone: boolean;
  /** How many jobs it can take. */
  most: number;
}

export interface Claimed {
  jobs: ClaimedJob[];
  /** There are fewer than it can take, and more may be due. */
  mayBeMore: boolean;
}

interface ClaimRow {
  ends: (JobEnd & { attempt: number })[];
  jobs: ClaimedJob[];
  /** A job that crashed its worker comes next, and this worker cannot have it. */
  is_blocked: boolean;
  /** All waiting clients were seen. */
  is_whole: boolean;
  /** The last client of those that were given a job, or of those that were seen where none had one; `null` where the place stays. */
  next_after: string | null;
}

/** Before every client. */
const FIRST = NIL_ID;

/** Clients that one statement looks at, and due jobs: some more than are wanted, for those that others have just locked. */
const candidatesFor = (jobs: number): number => 8 + jobs;

/** A claim that came to no client with something due begins so often where something is. */
const MOST_JUMPS = 3;

/** So many of the first due of each type are chosen from: workers that look for one at the same time should find others. */
const DUE_TO_CHOOSE_FROM = 16;

/**
 * The first due jobs of a client and a type, in SQL: a range of an index.
 *
 * @param client, type, most SQL expressions
 */
const firstOfType = (client: string, type: string, most: string): string => `
  SELECT id, run_at FROM job
  WHERE state = 'PENDING' AND client_id = ${client} AND type = ${type} AND run_at <= now() AND deadline_at > now()
  ORDER BY run_at, id LIMIT ${most}`;

/** Those of a client and all these types: what waits of others is not read. */
const firstDue = (client: string, types: string, most: string): string => `
  SELECT due.id, due.run_at FROM unnest(${types}) AS wanted(type) CROSS JOIN LATERAL (
    ${firstOfType(client, 'wanted.type', most)}
  ) due
  ORDER BY due.run_at, due.id LIMIT ${most}`;

/** The first of a client and of types that nobody has locked, locked. Of other types none is, or who asks meanwhile had nothing. */
const lockedDue = (client: string, types: string): string => `
  SELECT locked.id FROM (
    SELECT wanted.type FROM unnest(${types}) AS wanted(type) CROSS JOIN LATERAL (
      ${firstOfType(client, 'wanted.type', '1')}
    ) first
    ORDER BY first.run_at, first.id
  ) oldest CROSS JOIN LATERAL (
    ${firstOfType(client, 'oldest.type', '1')} FOR UPDATE SKIP LOCKED
  ) locked LIMIT 1`;

/**
 * Ends attempts and gives jobs to their worker, in one statement and one commit.
 *
 * The fair order: clients come one after the other in the order of their ids, each where the last claim ended and again
 * after the last of them; of those that a statement looks at, who has the fewest jobs under way comes first. So the cost
 * follows what is claimed, not who waits, and a client that submits ten thousand jobs delays another's single one by no
 * more than the jobs that are running already and one of each client before it.
 *
 * `walk` goes along the index of what waits (its order makes sure that it is no other) from client to client, one further
 * than is used, which shows whether there are more. What
 * ends comes before what is claimed, so that nothing is waited for with a claimed row locked.
 */
const CLAIM = prepared(
  'job_claim',
  `WITH RECURSIVE ${COMPLETED}, walk AS (
     SELECT $6::uuid AS client_id, false AS has_wrapped, 0 AS number
     UNION ALL
     SELECT next.client_id, w.has_wrapped OR next.wraps, w.number + 1
     FROM walk w CROSS JOIN LATERAL (
       (SELECT client_id, false AS wraps FROM job WHERE state = 'PENDING' AND client_id > w.client_id
        ORDER BY client_id, type, run_at, id LIMIT 1)
       UNION ALL
       (SELECT client_id, true FROM job WHERE state = 'PENDING' ORDER BY client_id, type, run_at, id LIMIT 1)
       LIMIT 1
     ) next
     WHERE w.number <= $13 AND NOT (w.has_wrapped AND next.wraps)
       AND NOT ((w.has_wrapped OR next.wraps) AND next.client_id > $6::uuid)
   ), waiting AS (
     SELECT client_id, number FROM walk WHERE number BETWEEN 1 AND $13
   ), candidate AS (
     SELECT due.id, running.jobs + due.rank AS load, w.number
     FROM waiting w CROSS JOIN LATERAL (
       SELECT count(*) AS jobs FROM job
       WHERE client_id = w.client_id AND state = 'IN_PROGRESS' AND type = ANY(${unseen('$8::text[]')}::text[]) AND NOT id = ANY(${unseen('$1::uuid[]')}::uuid[])
     ) running CROSS JOIN LATERAL (
       SELECT id, row_number() OVER (ORDER BY run_at, id) AS rank FROM (
         ${firstDue('w.client_id', unseen('$8::text[]'), '(SELECT ceil($7::float8 / greatest(1, count(*))) FROM waiting)')}
       ) oldest
     ) due
     ORDER BY load, number LIMIT ${unseen('$7::int')}
   ), picked AS (
     SELECT locked.id, locked.crashes, c.load, c.number
     FROM (SELECT * FROM candidate ORDER BY load, number) c CROSS JOIN LATERAL (
       -- Somebody may have put it back meanwhile, for later.
       SELECT id, crashes FROM job WHERE id = c.id AND state = ${WAITING} AND run_at <= now() FOR UPDATE SKIP LOCKED
     ) locked
     WHERE (SELECT count(*) FROM completed) >= 0
     LIMIT ${unseen('$12::int')}
   ), fitting AS (
     SELECT id, number FROM (
       SELECT id, number, row_number() OVER in_order AS rank, count(*) FILTER (WHERE crashes > 0) OVER in_order AS suspects
       FROM picked WINDOW in_order AS (ORDER BY load, number)
     ) p WHERE suspects = 0 OR ($11 AND rank = 1)
   ), ${started('$9', '$10', 'fitting f WHERE j.id = f.id')}
   SELECT
     (SELECT coalesce(json_agg(e), '[]') FROM (SELECT attempt, ${JOB_END} FROM completed) e) AS ends,
     (SELECT coalesce(json_agg(c), '[]') FROM (
       SELECT id, client_id, type, parameters, attempt, request_id, crashes, steps,
         ${millisecondsUntil('lease_until')} AS lease_ms, ${millisecondsUntil('deadline_at')} AS deadline_ms
       FROM changed
     ) c) AS jobs,
     (SELECT count(*) FROM picked) > (SELECT count(*) FROM fitting) AS is_blocked,
     (SELECT max(number) FROM walk) <= $13 AS is_whole,
     (SELECT client_id FROM waiting
      WHERE CASE WHEN EXISTS (SELECT FROM picked) THEN number = (SELECT max(number) FROM fitting) ELSE $12 > 0 END
      ORDER BY number DESC LIMIT 1) AS next_after`,
);

/** The client before one that has something due of these types, chosen from those that are due for the longest time. */
const BEFORE_DUE = prepared(
  'job_claim_before_due',
  `SELECT coalesce((
     SELECT client_id FROM job WHERE state = 'PENDING' AND client_id < chosen.client_id
     ORDER BY client_id DESC, type DESC, run_at DESC, id DESC LIMIT 1
   ), '${FIRST}') AS after
   FROM (
     SELECT due.client_id FROM unnest(${unseen('$1::text[]')}) AS wanted(type) CROSS JOIN LATERAL (
       SELECT client_id FROM job
       WHERE ${WAITS_BY_TYPE} AND type = wanted.type AND run_at <= now() AND deadline_at > now()
       ORDER BY run_at LIMIT ${DUE_TO_CHOOSE_FROM}
     ) due
     ORDER BY random() LIMIT 1
   ) chosen`,
);

/** Who works on what: hands due jobs out, each to one worker. */
@Injectable()
export class JobClaims {
  /** The client after which the next claim of this process begins. */
  private after = FIRST;

  constructor(
    private readonly dataSource: DataSource,
    private readonly signals: JobSignals,
  ) {}

  /**
   * Gives due jobs to a worker, for a lease, in the fair order. Where none of the clients that it comes to has one, it goes on
   * where one is due: so many may wait for a later time, or of types that this worker does not take, that it cannot pass all.
   */
  async claim(claimant: Claimant): Promise<Claimed> {
    let row = await this.goOn([], claimant);
    for (
      let jumps = 0;
      row.jobs.length === 0 && !row.is_blocked && !row.is_whole && jumps < MOST_JUMPS;
      jumps += 1
    ) {
      const before = await this.beforeDue(claimant.types);
      if (before === undefined) break;
      row = await this.claimAfter(before, 1, [], claimant);
    }
    // What is due and was not given is locked by others just now.
    const { jobs, mayBeMore } = claimed(row, claimant);
    return { jobs, mayBeMore: mayBeMore && jobs.length > 0 };
  }

  /**
   * Ends attempts with their results, as `JobTransitions.complete` does, and claims the next jobs by the same statement.
   *
   * @returns beside the jobs, for each completion the end; `null` when the attempt was cancelled or is no longer this
   *   worker's
   */
  async completeAndClaim(
    completions: Completion[],
    claimant: Claimant,
  ): Promise<Claimed & { ends: (JobEnd | null)[] }> {
    const row = await this.goOn(completions, claimant);
    this.signals.publishEnds(row.ends);
    const known = new Map(row.ends.map((end) => [`${end.id}.${end.attempt}`, end]));
    const ends = completions.map(({ jobId, attempt }) => known.get(`${jobId}.${attempt}`) ?? null);
    return { ...claimed(row, claimant), ends };
  }

  private async beforeDue(types: string[]): Promise<string | undefined> {
    const [due] = await this.dataSource.query<{ after: string }[]>(BEFORE_DUE, [types]);
    return due?.after;
  }

  /**
   * Claims where the last such claim ended. Clients that have nothing due are passed for good, so that the next one comes to
   * those behind them: where one is due is asked about the time alone, and a client with thousands would be the answer each time.
   */
  private async goOn(completions: Completion[], claimant: Claimant): Promise<ClaimRow> {
    const row = await this.claimAfter(this.after, candidatesFor(claimant.most), completions, claimant);
    this.after = row.next_after ?? this.after;
    return row;
  }

  /** @param clients that it looks at: of the first that are after this one */
  private async claimAfter(
    after: string,
    clients: number,
    completions: Completion[],
    { types, worker, leaseSeconds, alone, most }: Claimant,
  ): Promise<ClaimRow> {
    const [row] = await this.dataSource.query<ClaimRow[]>(CLAIM, [
      ...completionParameters(completions),
      after,
      candidatesFor(most),
      types,
      worker,
      leaseSeconds,
      alone,
      most,
      clients,
    ]);
    if (row === undefined) throw new Error('A claim answers one row.');
    return row;
  }

  /** Gives the client's longest waiting due job of these external types to a worker of its own, for a lease. */
  async claimExternal(
    clientId: string,
    types: string[],
    worker: string,
    leaseSeconds: number,
  ): Promise<ExternalClaim | null> {
    const rows = await this.dataSource.query<ExternalClaim[]>(
      `WITH picked AS (
         ${lockedDue('$1', '$2::text[]')}
       ), ${started('$3', '$4', 'picked WHERE j.id = picked.id')}
       SELECT ${JOB_COLUMNS}, ${millisecondsUntil('lease_until')} AS lease_ms FROM changed`,
      [clientId, types, worker, leaseSeconds],
    );
    return rows[0] ?? null;
  }
}

const claimed = ({ jobs, is_blocked, is_whole }: ClaimRow, { most }: Claimant): Claimed => ({
  jobs,
  mayBeMore:
    jobs.length < most &&
    !is_blocked &&
    jobs.every(({ crashes }) => crashes === 0) &&
    (jobs.length > 0 || !is_whole),
});
