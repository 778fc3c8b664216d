import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { AppError } from '../common/app-error';
import { CursorsService } from '../database/cursors.service';

/** What became of an order. */
export interface OrderChangeEntry {
  change: 'created' | 'updated' | 'deleted';
  order_id: string;
  number: string;
  version: number;
  changed_at: Date;
  key_id: string | null;
  job_id: string | null;
  /** After which the feed goes on. */
  cursor: string;
}

type ChangeRow = Omit<OrderChangeEntry, 'cursor'> & { place: string };

/** Reads what became of a client's orders, in an order that never changes behind a reader. */
@Injectable()
export class OrderChangesService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly cursors: CursorsService,
  ) {}

  /**
   * @param after a cursor of this feed, or `as_of` of a report; from the oldest on without it
   * @throws AppError 400 `invalid_cursor`; 410 `cursor_expired` when changes after it are no longer kept
   */
  async read(clientId: string, after: string | undefined, size: number): Promise<OrderChangeEntry[]> {
    const begin = after === undefined ? '0' : await this.positionAfter(clientId, after);
    const final = await this.finalPosition(clientId);
    const rows = await this.dataSource.query<ChangeRow[]>(
      `SELECT change, order_id, number, version, changed_at, key_id, job_id, position::text AS place
       FROM order_change WHERE client_id = $1 AND position > $2 AND position < $3 ORDER BY position LIMIT $4`,
      [clientId, begin, final, size],
    );
    // Asked last: what is removed until then is known to be.
    if (after !== undefined && (await this.isExpired(this.dataSource.manager, begin)))
      throw new AppError('gone', 'cursor_expired', EXPIRED, {
        errors: [{ field: 'after', message: 'after must be a cursor whose changes are still kept' }],
      });
    return Promise.all(
      rows.map(async ({ place, ...entry }) => ({
        ...entry,
        cursor: await this.cursorOf(clientId, place),
      })),
    );
  }

  /** A cursor before which nothing comes to lie any more; every statement from now on sees all that does. */
  async asOf(clientId: string): Promise<string> {
    const final = await this.finalPosition(clientId);
    return this.cursorOf(clientId, (BigInt(final) - 1n).toString());
  }

  /** Nothing comes to lie before it any more, and every statement from now on sees what does. */
  private async finalPosition(clientId: string): Promise<string> {
    const [row] = await this.dataSource.query<{ position: string }[]>(
      'SELECT final_order_position($1)::text AS position',
      [clientId],
    );
    if (row === undefined) throw new Error('There is always a position that is final.');
    return row.position;
  }

  private cursorOf(clientId: string, position: string): Promise<string> {
    return this.cursors.write([position], feedOf(clientId));
  }

  /** @throws AppError 400 `invalid_cursor` of the parameter `after` */
  private positionAfter(clientId: string, after: string): Promise<string> {
    return this.positionOf(clientId, after).catch((error: unknown) => {
      if (!(error instanceof AppError)) throw error;
      throw AppError.like(error, 'The cursor is not one of the changes of your orders.', {
        errors: [{ field: 'after', message: 'after must be a cursor of the changes, or as_of of a report' }],
      });
    });
  }

  /** @throws AppError 400 `invalid_cursor` */
  private async positionOf(clientId: string, cursor: string): Promise<string> {
    const [position = '0'] = await this.cursors.read(cursor, ['text'], feedOf(clientId));
    return position;
  }

  /** Whether changes behind this position may have been removed for their age. */
  private async isExpired(manager: EntityManager, position: string): Promise<boolean> {
    const [row] = await manager.query<{ expired: boolean }[]>(
      'SELECT $1::bigint < removed_up_to AS expired FROM order_change_horizon',
      [position],
    );
    return row?.expired ?? false;
  }

  /**
   * The position from which a delta reads.
   *
   * @throws AppError 422 `invalid_cursor`, `cursor_expired`, of the field `changed_since`
   */
  async beginOfDelta(clientId: string, cursor: string): Promise<string> {
    const position = await this.positionOf(clientId, cursor).catch((error: unknown) => {
      if (!(error instanceof AppError)) throw error;
      throw refusedCursor('invalid_cursor', 'The cursor is not one of the changes of your orders.');
    });
    // A cursor is behind what was read; a delta begins with what comes next.
    const begin = (BigInt(position) + 1n).toString();
    await this.requireKept(this.dataSource.manager, begin);
    return begin;
  }

  /** @throws AppError 422 `cursor_expired` */
  async requireKept(manager: EntityManager, begin: string): Promise<void> {
    if (await this.isExpired(manager, (BigInt(begin) - 1n).toString()))
      throw refusedCursor('cursor_expired', EXPIRED);
  }
}

const EXPIRED = 'Changes after this cursor are no longer kept: read all orders again, and go on from there.';

const refusedCursor = (code: 'invalid_cursor' | 'cursor_expired', message: string): AppError =>
  new AppError('unprocessable', code, message, {
    errors: [
      { field: 'changed_since', message: 'changed_since must be a cursor whose changes are still kept' },
    ],
  });

const feedOf = (clientId: string): { list: string; clientId: string } => ({
  list: 'order changes',
  clientId,
});
