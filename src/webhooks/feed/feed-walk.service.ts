import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { FINAL_BELOW, WRITTEN_BELOW } from './feed-order.service';

/** A place in the event feed: what comes after it has a higher one. Both are whole numbers. */
export interface FeedPlace {
  transaction_id: string;
  position: string;
}

/**
 * Events are written some milliseconds after they happened, and their transactions begin in nearly the order in which they
 * are numbered: it is searched from so much earlier on.
 */
const FEED_SLACK_MS = 60_000;

// Ordered by the columns of the table, with its name: an ORDER BY without it means the texts that are answered, and as a text
// 999 comes after 1000.
const FIRST_FROM = `
  SELECT m.transaction_id::text, m.created_at FROM webhook_message m
  WHERE m.client_id = $1 AND m.transaction_id >= $2::xid8 ORDER BY m.transaction_id, m.position LIMIT 1`;

const LAST = `
  SELECT m.transaction_id::text, m.position::text FROM webhook_message m
  WHERE m.client_id = $1 AND m.transaction_id < ${FINAL_BELOW} ORDER BY m.transaction_id DESC, m.position DESC LIMIT 1`;

const HELD_BACK = `
  SELECT FROM webhook_message m
  WHERE m.client_id = $1 AND m.transaction_id >= ${FINAL_BELOW} AND m.transaction_id < $2::xid8
    AND m.occurred_at >= $3 AND m.occurred_at < $4 LIMIT 1`;

/** Where in a client's event feed a window of time begins and ends. Its events are in no index by their time. */
@Injectable()
export class FeedWalkService {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Looks up some forty events, however many there are.
   *
   * @returns a place after which is all that happened at that time or later, and hardly anything that happened before;
   *   `null` where there is nothing
   */
  async before(clientId: string, since: Date): Promise<FeedPlace | null> {
    const last = await this.last(clientId);
    if (last === null) return null;
    const writtenFrom = since.getTime() - FEED_SLACK_MS;
    let [low, high] = [0n, BigInt(last.transaction_id) + 1n];
    while (low < high) {
      const middle = (low + high) / 2n;
      const event = await this.firstFrom(clientId, middle);
      if (event !== undefined && event.created_at.getTime() < writtenFrom)
        low = BigInt(event.transaction_id) + 1n;
      else high = middle;
    }
    return { transaction_id: low.toString(), position: '-1' };
  }

  /** @returns the place of the last event that can be read; `null` where there is none */
  async last(clientId: string): Promise<FeedPlace | null> {
    const [row] = await this.dataSource.query<FeedPlace[]>(LAST, [clientId]);
    return row ?? null;
  }

  /** @returns the number below which all events are that are written by now */
  async writtenBelow(): Promise<string> {
    const [{ number }] = await this.dataSource.query<[{ number: string }]>(
      `SELECT ${WRITTEN_BELOW}::text AS number`,
    );
    return number;
  }

  /** Whether the feed does not show an event of the window yet that is below a number: an older transaction is still open. */
  async holdsBack(clientId: string, writtenBelow: string, since: Date, until: Date): Promise<boolean> {
    const rows = await this.dataSource.query<unknown[]>(HELD_BACK, [clientId, writtenBelow, since, until]);
    return rows.length > 0;
  }

  private async firstFrom(
    clientId: string,
    transactionId: bigint,
  ): Promise<{ transaction_id: string; created_at: Date } | undefined> {
    const [row] = await this.dataSource.query<{ transaction_id: string; created_at: Date }[]>(FIRST_FROM, [
      clientId,
      transactionId.toString(),
    ]);
    return row;
  }
}
