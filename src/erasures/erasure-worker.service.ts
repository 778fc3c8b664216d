import { Injectable, Logger } from '@nestjs/common';
import { DataSource, EntityManager } from 'typeorm';
import { OutageError } from '../common/outage-error';
import type { ProblemCode } from '../common/problem-codes';
import { isDatabaseOutage, sqlStateOf } from '../database/database-errors';
import { ClientErasureService } from './client-erasure.service';
import type { BatchEnd, ErasureAtWork, ErasureStep, InTransaction } from './erasure';
import { PersonErasureService } from './person-erasure.service';

/** After which another process goes on where this one died. A batch takes seconds. */
const LEASE_SECONDS = 60;
/** After so long at one erasure, others that are due come before it. */
const SLICE_MS = 10_000;
/** How soon it is seen whether what has to end before has ended. */
const LATER_SECONDS = 1;
/** What failed is tried again, however often. */
const AGAIN_SECONDS = 10;

/**
 * Works on erasures, batch by batch. Each batch is stored with how far the erasure is by then, and may be done again: a process
 * that dies loses no more than one, and another goes on. An erasure ends when all is gone, and never otherwise.
 *
 * Neither the log nor an error names whom it is about.
 */
@Injectable()
export class ErasureWorkerService {
  private readonly logger = new Logger(ErasureWorkerService.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly persons: PersonErasureService,
    private readonly clients: ClientErasureService,
  ) {}

  /** Works until none is due. */
  async run(stopping: AbortSignal): Promise<void> {
    while (!stopping.aborted) {
      const erasure = await this.claim();
      if (erasure === null) return;
      await this.work(erasure, stopping);
    }
  }

  private async claim(): Promise<ErasureAtWork | null> {
    const rows = await this.dataSource.query<ErasureAtWork[]>(
      `WITH claimed AS (
         UPDATE erasure SET attempt = attempt + 1, lease_until = now() + interval '${LEASE_SECONDS} s',
           started_at = coalesce(started_at, now())
         WHERE id = (
           SELECT id FROM erasure
           WHERE finished_at IS NULL AND run_at <= now() AND (lease_until IS NULL OR lease_until < now())
           ORDER BY run_at LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING *
       )
       SELECT id, subject, client_id, customer_reference, asked_by_key_id, step, cursor, attempt, created_at FROM claimed`,
    );
    return rows[0] ?? null;
  }

  private async work(claimed: ErasureAtWork, stopping: AbortSignal): Promise<void> {
    const { steps } = claimed.subject === 'person' ? this.persons : this.clients;
    const until = Date.now() + SLICE_MS;
    let erasure: ErasureAtWork | null = claimed;
    try {
      while (erasure !== null) {
        if (stopping.aborted || Date.now() > until) {
          await this.giveBack(erasure);
          return;
        }
        erasure = await this.batch(erasure, steps);
      }
    } catch (error) {
      if (error instanceof LostLeaseError) return;
      const code = codeOf(error);
      this.logger.warn(
        `Erasure ${claimed.id} is tried again in ${AGAIN_SECONDS} s: ${code}${describe(error)}, at ${erasure?.step}`,
      );
      // Where the database is away too, the lease runs out.
      await this.putOff(claimed, code).catch(() => undefined);
    }
  }

  /** @returns the erasure as it goes on; `null` when it goes on later, or is done */
  private async batch(
    erasure: ErasureAtWork,
    steps: Readonly<Record<string, ErasureStep>>,
  ): Promise<ErasureAtWork | null> {
    const step = steps[erasure.step];
    if (step === undefined) throw new Error(`There is no step ${erasure.step}.`);
    const names = Object.keys(steps);
    let next: ErasureAtWork | null = null;
    const inTransaction: InTransaction = async (batch) => {
      next = await this.dataSource.transaction(async (manager) => {
        const end = await batch(manager);
        return this.store(manager, erasure, end, names);
      });
    };
    await step(erasure, inTransaction);
    return next;
  }

  private async store(
    manager: EntityManager,
    erasure: ErasureAtWork,
    { goesOn, cursor, counts, waitingFor }: BatchEnd,
    steps: string[],
  ): Promise<ErasureAtWork | null> {
    const step =
      goesOn === 'next'
        ? steps[steps.indexOf(erasure.step) + 1]
        : goesOn instanceof Object
          ? goesOn.at
          : erasure.step;
    const rows = await manager.query<unknown[]>(
      `WITH stored AS (
         UPDATE erasure e SET step = coalesce($3, step), cursor = $4::jsonb, waiting_for = $5, error = NULL,
           counts = (
             SELECT coalesce(jsonb_object_agg(kind, coalesce((e.counts ->> kind)::bigint, 0) + coalesce(($6::jsonb ->> kind)::bigint, 0)), '{}')
             FROM (SELECT jsonb_object_keys(e.counts) UNION SELECT jsonb_object_keys($6::jsonb)) AS kinds(kind)),
           lease_until = CASE WHEN $7 OR $3 IS NULL THEN NULL ELSE now() + interval '${LEASE_SECONDS} s' END,
           run_at = CASE WHEN $7 THEN now() + interval '${LATER_SECONDS} s' ELSE run_at END,
           customer_reference = CASE WHEN $3 IS NOT NULL THEN customer_reference END,
           finished_at = CASE WHEN $3 IS NULL THEN now() END
         WHERE id = $1 AND attempt = $2 AND finished_at IS NULL
         RETURNING id
       ) SELECT id FROM stored`,
      [
        erasure.id,
        erasure.attempt,
        step ?? null,
        step === undefined || cursor === null ? null : JSON.stringify(cursor),
        waitingFor,
        JSON.stringify(counts),
        goesOn === 'later',
      ],
    );
    // Rolls the batch back: whoever has the erasure now does it.
    if (rows.length === 0) throw new LostLeaseError();
    if (step === undefined) this.logger.log(`Erasure ${erasure.id} of a ${erasure.subject} is done.`);
    return step === undefined || goesOn === 'later' ? null : { ...erasure, step, cursor };
  }

  /** Due again at once, after those that were due before. */
  private giveBack({ id, attempt }: ErasureAtWork): Promise<unknown> {
    return this.dataSource.query(
      'UPDATE erasure SET lease_until = NULL, run_at = now() WHERE id = $1 AND attempt = $2 AND finished_at IS NULL',
      [id, attempt],
    );
  }

  private putOff({ id, attempt }: ErasureAtWork, code: ProblemCode): Promise<unknown> {
    return this.dataSource.query(
      `UPDATE erasure SET lease_until = NULL, run_at = now() + interval '${AGAIN_SECONDS} s', error = $3
       WHERE id = $1 AND attempt = $2 AND finished_at IS NULL`,
      [id, attempt, code],
    );
  }
}

/** Another process has taken it over. */
class LostLeaseError extends Error {}

function codeOf(error: unknown): ProblemCode {
  if (error instanceof OutageError) return error.code;
  return isDatabaseOutage(error) ? 'temporarily_unavailable' : 'internal_error';
}

/** Without the message of the database, which may quote what it was given. */
function describe(error: unknown): string {
  const state = sqlStateOf(error);
  if (state !== undefined) return ` (SQLSTATE ${state})`;
  return error instanceof Error ? ` (${error.name})` : '';
}
