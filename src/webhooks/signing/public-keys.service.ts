import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { TtlCache } from '../../common/ttl-cache';

/** A key that receivers verify `v1a` signatures with. */
export interface PublicKey {
  id: string;
  /** The raw 32 bytes. */
  public_key: Buffer;
}

/** Of the document for all endpoints: some 200 KB. */
const MOST_KEYS = 1_000;
const FRESH_MS = 5_000;

const IS_GOOD = `scheme = 'v1a' AND (expires_at IS NULL OR expires_at > now())`;

/** The public keys that sign now. */
@Injectable()
export class PublicKeysService {
  private readonly cache = new TtlCache<PublicKey[]>(() => FRESH_MS, 1);

  constructor(private readonly dataSource: DataSource) {}

  /** Newest first; as many as may sign side by side. None of an endpoint that does not exist. */
  ofEndpoint(endpointId: string): Promise<PublicKey[]> {
    return this.dataSource.query(
      `SELECT id, public_key FROM webhook_secret WHERE endpoint_id = $1 AND ${IS_GOOD} ORDER BY id DESC`,
      [endpointId],
    );
  }

  /**
   * The keys of all endpoints, at most 1,000 and some seconds old. Where there are more, every client has its newest
   * before any has its second: no client's keys push out those of another.
   */
  all(): Promise<PublicKey[]> {
    return this.cache.get('', () =>
      this.dataSource.query(
        `SELECT id, public_key FROM (
           SELECT id, public_key,
             row_number() OVER (PARTITION BY client_id ORDER BY expires_at DESC NULLS FIRST, id DESC) AS rank
           FROM webhook_secret WHERE ${IS_GOOD}
         ) AS good ORDER BY rank, id DESC LIMIT $1`,
        [MOST_KEYS],
      ),
    );
  }
}
