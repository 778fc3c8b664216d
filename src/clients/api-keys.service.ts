import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Subject } from 'rxjs';
import { DataSource, LessThan, Repository } from 'typeorm';
import { AppError, invalidField, notFound } from '../common/app-error';
import { newId } from '../common/ids';
import { Page, pageSize, PageQuery } from '../common/pagination';
import { CursorsService } from '../database/cursors.service';
import { hashApiKey, newApiKey, shownPrefix } from './api-key';
import { ApiKeyEntity } from './api-key.entity';
import { ApiKeyRecognitionService } from './api-key-recognition.service';
import { Actor, actorParameters, writeAudit } from './audit-entry';
import type { Caller } from './client';
import { ClientsService } from './clients.service';
import { invalidKey } from './invalid-key';
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

const COLUMNS = 'id, client_id, name, prefix, scopes, issued_by, expires_at, revoked_at, created_at';

/** Good keys of a client, beyond which it makes no more; those that are made at the same moment may be a few more. */
const MOST_OF_CLIENT = 1_000;

const KEY_ISSUED = writeAudit(
  'key.issued',
  `client_id, id, jsonb_build_object('name', name, 'scopes', scopes, 'expires_at', expires_at) FROM made`,
);

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
       ), ${KEY_ISSUED}
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
   * A key of the caller's own client, which can do no more than the caller's and lives no longer. Without an expiry it ends
   * when that one does.
   *
   * @throws AppError 422 for a scope that the caller's key lacks, or a longer life; 409 `too_many_keys`; 401 when the
   *   caller's key has ended meanwhile
   */
  async issueOwn(
    actor: Actor,
    caller: Caller,
    { name, scopes, expiresAt }: NewApiKey,
  ): Promise<IssuedApiKey> {
    const beyond = scopes.filter((scope) => !caller.scopes.includes(scope));
    if (beyond.length > 0)
      throw invalidField(
        'scopes',
        `scopes must be among those of your own key, without ${beyond.join(', ')}`,
      );
    if (expiresAt !== null && expiresAt.getTime() > caller.expiresAt) {
      const end = new Date(caller.expiresAt).toISOString();
      throw invalidField('expires_at', `expires_at must not be after the end of your own key, ${end}`);
    }
    const key = newApiKey();
    const [found] = await this.dataSource.query<(ApiKeyRow | { id: null })[]>(
      `WITH maker AS (
         SELECT * FROM api_key
         WHERE id = $2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
         FOR SHARE
       ), made AS (
         INSERT INTO api_key (id, client_id, name, hash, prefix, scopes, issued_by, expires_at)
         SELECT $4, client_id, $5, $6, $7, $8::text[], id, least($9::timestamptz, expires_at) FROM maker
         WHERE $8::text[] <@ scopes AND (
           SELECT count(*) FROM (
             SELECT FROM api_key WHERE client_id = maker.client_id AND revoked_at IS NULL
               AND coalesce(expires_at, 'infinity') > now() LIMIT ${MOST_OF_CLIENT}) good
         ) < ${MOST_OF_CLIENT}
         RETURNING ${COLUMNS}
       ), ${KEY_ISSUED}
       SELECT made.* FROM maker LEFT JOIN made ON true`,
      [...actorParameters(actor), newId(), name, hashApiKey(key), shownPrefix(key), scopes, expiresAt],
    );
    if (found === undefined) throw invalidKey();
    if (found.id === null) {
      throw new AppError(
        'conflict',
        'too_many_keys',
        `You have ${MOST_OF_CLIENT} keys that are good: delete those that you do not need.`,
      );
    }
    return { row: found, key };
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
         INSERT INTO api_key (id, client_id, name, hash, prefix, scopes, issued_by, expires_at)
         SELECT $6, client_id, name, $7, $8, scopes, issued_by, expires_at FROM old
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

  /**
   * Ends a key of the caller's own client, perhaps the caller's own, at once.
   *
   * @throws AppError 404 when there is no such key, 403 when it can do what the caller's cannot
   */
  async revokeOwn(actor: Actor, caller: Caller, keyId: string): Promise<void> {
    const key = await this.keys.findOneBy({ id: keyId, client_id: caller.client.id });
    if (key === null) throw notFound('key');
    const beyond = key.scopes.filter((scope) => !caller.scopes.includes(scope));
    if (beyond.length > 0) {
      throw new AppError(
        'forbidden',
        'missing_scope',
        `This API key lacks the scope ${beyond.join(' and ')}, which the key that is to be deleted has.`,
      );
    }
    await this.revoke(actor, caller.client.id, keyId);
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
