import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AppError } from '../../common/app-error';
import { FINAL_BELOW } from './feed-order.service';

export interface FeedEvent {
  id: string;
  type: string;
  job_id: string | null;
  /** `null`: erased. */
  body: Buffer | null;
  occurred_at: Date;
}

/**
 * The callbacks to pull: the same events, ids and bytes, in one order that never changes behind a reader. An
 * event becomes visible once every transaction that began before its own has ended; so none can appear before one that
 * was read already.
 */
@Injectable()
export class EventFeedService {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * @param after id of the last event that was read; from the oldest on without it
   * @throws AppError 410 when that event is no longer kept: some after it may be gone too
   */
  async read(clientId: string, after: string | undefined, size: number): Promise<FeedEvent[]> {
    if (after !== undefined) await this.requireKept(clientId, after);
    return this.dataSource.query(
      `SELECT id, type, job_id, body, occurred_at FROM webhook_message
       WHERE client_id = $1 AND transaction_id < ${FINAL_BELOW}
         AND ($2::uuid IS NULL OR (transaction_id, position) >
           (SELECT transaction_id, position FROM webhook_message WHERE id = $2 AND client_id = $1))
       ORDER BY transaction_id, position LIMIT $3`,
      [clientId, after ?? null, size],
    );
  }

  /** The last event that `read` would come to; nothing where there is none. */
  newest(clientId: string): Promise<FeedEvent[]> {
    return this.dataSource.query(
      `SELECT id, type, job_id, body, occurred_at FROM webhook_message
       WHERE client_id = $1 AND transaction_id < ${FINAL_BELOW}
       ORDER BY transaction_id DESC, position DESC LIMIT 1`,
      [clientId],
    );
  }

  private async requireKept(clientId: string, id: string): Promise<void> {
    const rows = await this.dataSource.query<unknown[]>(
      'SELECT FROM webhook_message WHERE id = $1 AND client_id = $2',
      [id, clientId],
    );
    if (rows.length > 0) return;
    throw new AppError(
      'gone',
      'event_not_kept',
      'There is no such event any more: begin again without `after`.',
      {
        errors: [{ field: 'after', message: 'after must be the id of an event that is still kept' }],
      },
    );
  }
}
