import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Subject } from 'rxjs';
import { DataSource, LessThan, Repository } from 'typeorm';
import { notFound } from '../common/app-error';
import { newId } from '../common/ids';
import { Page, pageSize, PageQuery } from '../common/pagination';
import { CursorsService } from '../database/cursors.service';
import { hashApiKey, newApiKey, shownPrefix } from './api-key';
import { ApiKeyEntity } from './api-key.entity';
import { ApiKeyRecognitionService } from './api-key-recognition.service';
import { Actor, actorParameters, writeAudit } from './audit-entry';
import { ClientsService } from './clients.service';
import type { Scope } from './scope';

/** What is shown of a key. */
export type ApiKeyRow = Omit<ApiKeyEntity, 'hash' | 'configured'>;

/** A key that was just made; the only moment at which its text is known. */
export interface IssuedApiKey {
  row: ApiKeyRow;
  key: string;
}

export interface NewApiKey {
  name: string;
  scopes: Scope[];
  expiresAt: Date | null;
}

const COLUMNS = 'id, client_id, name, prefix, scopes, expires_at, revoked_at, created_at';

/** Issues, lists, rotates and revokes API keys. */
@Injectable()
export class ApiKeysService {
  /** Emits when this process has ended keys, or may have. */
  readonly changed = new Subject<void>();

  constructor(
    private readonly dataSource: DataSource,
    @InjectRepository(ApiKeyEntity) private readonly keys: Repository<ApiKeyEntity>,
    private readonly clients: ClientsService,
    private readonly recognition: ApiKeyRecognitionService,
    private readonly cursors: CursorsService,
  ) {}

  /** @throws AppError 404 when there is no such client */
  async issue(actor: Actor, clientId: string, { name, scopes, expiresAt }: NewApiKey): Promise<IssuedApiKey> {
    const key = newApiKey();
    const rows = await this.dataSource.query<ApiKeyRow[]>(
      `WITH made AS (
         INSERT INTO api_key (id, client_id, name, hash, prefix, scopes, expires_at)
         SELECT $4, id, $6, $7, $8, $9::text[], $10::timestamptz FROM client WHERE id = $5 AND erased_at IS NULL
         RETURNING ${COLUMNS}
       ), ${writeAudit(
         'key.issued',
         `client_id, id, jsonb_build_object('name', name, 'scopes', scopes, 'expires_at', expires_at) FROM made`,
       )}
       SELECT * FROM made`,
      [
        ...actorParameters(actor),
        newId(),
        clientId,
        name,
        hashApiKey(key),
        shownPrefix(key),
        scopes,
        expiresAt,
      ],
    );
    return { row: only(rows, 'client'), key };
  }

  /**
   * Newest first; expired and revoked ones too.
   *
   * @throws AppError 404 when there is no such client
   */
  async list<T>(clientId: string, query: PageQuery, present: (key: ApiKeyRow) => T): Promise<Page<T>> {
    await this.clients.get(clientId);
    const of = { list: 'keys', clientId };
    const [before] = await this.cursors.read(query.cursor, ['id'], of);
    const size = pageSize(query);
    const rows = await this.keys.find({
      where: { client_id: clientId, ...(before !== undefined && { id: LessThan(before) }) },
      order: { id: 'DESC' },
      take: size + 1,
    });
    return this.cursors.page(rows, size, present, ({ id }) => [id], of);
  }

  /**
   * A new key like this one, which stays good for the overlap, but never longer than it would have been.
   *
   * @throws AppError 404 when there is no such key, or it is no longer good
   */
  async rotate(actor: Actor, clientId: string, keyId: string, overlapSeconds: number): Promise<IssuedApiKey> {
    const key = newApiKey();
    const rows = await this.dataSource.query<ApiKeyRow[]>(
      `WITH old AS (
         SELECT * FROM api_key
         WHERE id = $4 AND client_id = $5 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
         FOR UPDATE
       ), made AS (
         INSERT INTO api_key (id, client_id, name, hash, prefix, scopes, expires_at)
         SELECT $6, client_id, name, $7, $8, scopes, expires_at FROM old
         RETURNING ${COLUMNS}
       ), ended AS (
         UPDATE api_key SET expires_at = least(api_key.expires_at, now() + make_interval(secs => $9))
         FROM old WHERE api_key.id = old.id
       ), ${writeAudit(
         'key.rotated',
         `old.client_id, old.id, jsonb_build_object('new_key_id', made.id, 'overlap_seconds', $9::int) FROM old, made`,
       )}
       SELECT * FROM made`,
      [
        ...actorParameters(actor),
        keyId,
        clientId,
        newId(),
        hashApiKey(key),
        shownPrefix(key),
        overlapSeconds,
      ],
    );
    const row = only(rows, 'key');
    await this.notifyChanged();
    return { row, key };
  }

  /**
   * Ends a key at once; a key that was revoked before stays as it is.
   *
   * @throws AppError 404 when there is no such key
   */
  async revoke(actor: Actor, clientId: string, keyId: string): Promise<void> {
    const rows = await this.dataSource.query<{ id: string }[]>(
      `WITH revoked AS (
         UPDATE api_key SET revoked_at = now() WHERE id = $4 AND client_id = $5 AND revoked_at IS NULL
         RETURNING client_id, id
       ), ${writeAudit('key.revoked', `client_id, id, '{}'::jsonb FROM revoked`)}
       SELECT id FROM api_key WHERE id = $4 AND client_id = $5`,
      [...actorParameters(actor), keyId, clientId],
    );
    only(rows, 'key');
    await this.notifyChanged();
  }

  /** To be called after keys were changed. */
  async notifyChanged(): Promise<void> {
    await this.recognition.refresh();
    this.changed.next();
  }
}

function only<T>(rows: T[], what: string): T {
  if (rows[0] === undefined) throw notFound(what);
  return rows[0];
}
