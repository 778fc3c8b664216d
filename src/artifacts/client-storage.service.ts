import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { DataSource, EntityManager } from 'typeorm';
import { AppError } from '../common/app-error';
import { AppConfig } from '../config/app-config';

/** Room comes back when files are deleted, expire, or are imported: minutes at least. */
const RETRY_AFTER_SECONDS = 600;
/** How long a sum is good enough to let a client pass; nobody is refused on an old one. */
const KNOWN_FOR_MS = 1_000;
const MOST_CLIENTS = 10_000;

/**
 * Bounds the bytes that a client has in the store. A file is counted by its key, once: as room that is taken before it
 * comes, or as what it is when it is there.
 */
@Injectable()
export class ClientStorageService {
  /** Not a `TtlCache`: only what lets a client pass is kept. */
  private readonly known = new LRUCache<string, { bytes: number; readAt: number }>({ max: MOST_CLIENTS });

  constructor(
    private readonly config: AppConfig,
    private readonly dataSource: DataSource,
  ) {}

  /**
   * Takes room for a file, or more of it. All that is taken at the same time together stays within the quota.
   *
   * @param uploadOf the job that the file is sent for, which need not be there yet
   * @throws AppError 429 `storage_quota_exceeded`
   */
  async take(key: string, clientId: string, bytes: number, uploadOf: string): Promise<void> {
    const rows = await this.add(key, clientId, bytes, this.config.clientStorageBytes, uploadOf);
    if (rows.length === 0) throw this.exceeded(await this.used(clientId));
  }

  /** Counts a file that is in the store, also where it goes beyond the quota. */
  async count(key: string, clientId: string, bytes: number): Promise<void> {
    await this.add(key, clientId, bytes, Number.MAX_SAFE_INTEGER, null);
  }

  /** Says how large a file is for which room was taken. */
  async settle(key: string, bytes: number): Promise<void> {
    await this.dataSource.query(
      `WITH taken AS (SELECT bytes FROM client_file WHERE key = $1 FOR UPDATE),
       settled AS (
         UPDATE client_file f SET bytes = $2 FROM taken WHERE f.key = $1 RETURNING f.client_id, taken.bytes - $2 AS back
       )
       UPDATE client_storage s SET bytes = s.bytes - settled.back FROM settled WHERE s.client_id = settled.client_id`,
      [key, bytes],
    );
  }

  /**
   * Gives back the room of files that were deleted; of one that is not counted, nothing.
   *
   * @param manager of a transaction that it is a part of
   */
  async giveBack(keys: string[], manager: Pick<EntityManager, 'query'> = this.dataSource): Promise<void> {
    await manager.query(
      `WITH gone AS (DELETE FROM client_file WHERE key = ANY($1) RETURNING client_id, bytes),
       sums AS (SELECT client_id, sum(bytes) AS bytes FROM gone GROUP BY client_id),
       -- In one order, as other processes give back what belongs to the same clients.
       locked AS (
         SELECT client_id FROM client_storage WHERE client_id IN (SELECT client_id FROM sums)
         ORDER BY client_id FOR UPDATE
       )
       UPDATE client_storage s SET bytes = s.bytes - sums.bytes FROM sums JOIN locked USING (client_id)
       WHERE s.client_id = sums.client_id`,
      [keys],
    );
  }

  /** How many bytes the client may still store. */
  async left(clientId: string): Promise<number> {
    return Math.max(0, this.config.clientStorageBytes - (await this.used(clientId)));
  }

  /**
   * To be asked before work is accepted that ends in a file; it costs one look into the database a second and client.
   *
   * @throws AppError 429 `storage_quota_exceeded` when nothing is left
   */
  async requireRoom(clientId: string): Promise<void> {
    const known = this.known.get(clientId);
    if (known && known.bytes < this.config.clientStorageBytes && Date.now() - known.readAt < KNOWN_FOR_MS)
      return;
    const readAt = Date.now();
    const bytes = await this.used(clientId);
    if (bytes >= this.config.clientStorageBytes) throw this.exceeded(bytes);
    this.known.set(clientId, { bytes, readAt });
  }

  exceeded(usedBytes: number): AppError {
    const maxBytes = this.config.clientStorageBytes;
    return new AppError(
      'too_many',
      'storage_quota_exceeded',
      `Your uploads and files may take ${maxBytes} bytes, and take ${usedBytes}: delete reports, or wait until they expire.`,
      {
        retryAfter: RETRY_AFTER_SECONDS,
        extensions: {
          'violated-policies': ['client-storage'],
          used_bytes: usedBytes,
          max_bytes: maxBytes,
        },
      },
    );
  }

  private async used(clientId: string): Promise<number> {
    const rows = await this.dataSource.query<{ bytes: string }[]>(
      'SELECT bytes FROM client_storage WHERE client_id = $1',
      [clientId],
    );
    return Number(rows[0]?.bytes ?? 0);
  }

  private add(
    key: string,
    clientId: string,
    bytes: number,
    maxBytes: number,
    uploadOf: string | null,
  ): Promise<unknown[]> {
    return this.dataSource.query<unknown[]>(
      `WITH room AS (
         INSERT INTO client_storage AS s (client_id, bytes) SELECT $2::uuid, $3::bigint WHERE $3::bigint <= $4::bigint
         ON CONFLICT (client_id) DO UPDATE SET bytes = s.bytes + excluded.bytes
           WHERE s.bytes + excluded.bytes <= $4::bigint
         RETURNING 1
       )
       INSERT INTO client_file AS f (key, client_id, bytes, upload_of) SELECT $1, $2, $3, $5::uuid FROM room
       ON CONFLICT (key) DO UPDATE SET bytes = f.bytes + excluded.bytes
       RETURNING 1`,
      [key, clientId, bytes, maxBytes, uploadOf],
    );
  }
}
