import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { DataSource, EntityManager, Repository } from 'typeorm';
import { ApiKeysService } from '../clients/api-keys.service';
import { type Actor, actorParameters, writeAudit } from '../clients/audit-entry';
import { AppError, notFound } from '../common/app-error';
import { newId } from '../common/ids';
import { ErasureEntity } from './erasure.entity';

/** Of one client, that are not done: each goes through all that the client has. */
const MOST_AT_ONCE = 100;
const RETRY_AFTER_SECONDS = 60;

/** Accepts erasures, and shows their records to who asked for them. */
@Injectable()
export class ErasuresService {
  constructor(
    private readonly dataSource: DataSource,
    @InjectRepository(ErasureEntity) private readonly erasures: Repository<ErasureEntity>,
    private readonly keys: ApiKeysService,
  ) {}

  /**
   * Accepts that a person is erased from all that the caller has, also one of whom nothing is found.
   *
   * @throws AppError 429 `too_many_erasures`
   */
  async erasePerson(actor: Actor, customerReference: string): Promise<ErasureEntity> {
    const id = newId();
    const made = await this.dataSource.query<unknown[]>(
      `WITH made AS (
         INSERT INTO erasure (id, subject, client_id, customer_reference, asked_by_client_id, asked_by_key_id, step)
         SELECT $4, 'person', $1, $5, $1, $2, 'orders'
         WHERE (SELECT count(*) FROM erasure WHERE client_id = $1 AND finished_at IS NULL) < ${MOST_AT_ONCE}
         RETURNING id, client_id
       ), ${writeAudit('erasure.requested', `client_id, NULL::uuid, jsonb_build_object('erasure_id', id, 'subject', 'person') FROM made`)}
       SELECT id FROM made`,
      [...actorParameters(actor), id, customerReference],
    );
    if (made.length === 0) {
      throw new AppError(
        'too_many',
        'too_many_erasures',
        `You have ${MOST_AT_ONCE} erasures that are not done: ask again later.`,
        { retryAfter: RETRY_AFTER_SECONDS },
      );
    }
    return this.get(actor.clientId, id);
  }

  /**
   * Accepts that a client is erased with all that it has. From now on it has no key, and its name is free. Asked once more, the answer is
   * the same erasure.
   *
   * @throws AppError 404 when there is no such client, 409 `own_client` when it is the caller's own
   */
  async eraseClient(actor: Actor, clientId: string): Promise<ErasureEntity> {
    if (clientId === actor.clientId) {
      throw new AppError(
        'conflict',
        'own_client',
        'This is the client of your own key, with which you could not read what becomes of it: use the key of another.',
      );
    }
    const id = await this.dataSource.transaction((manager) => acceptClient(manager, actor, clientId));
    await this.keys.notifyChanged();
    return this.get(actor.clientId, id);
  }

  /** @throws AppError 404 when the client has not asked for it */
  async get(askedBy: string, id: string): Promise<ErasureEntity> {
    const erasure = await this.erasures.findOneBy({ id, asked_by_client_id: askedBy });
    if (erasure === null) throw notFound('erasure');
    return erasure;
  }
}

async function acceptClient(manager: EntityManager, actor: Actor, clientId: string): Promise<string> {
  // A name that somebody else may take, or that a start looks for, is free at once.
  const [client] = await manager.query<{ id: string }[]>(
    `WITH ended AS (
       UPDATE client SET erased_at = now(), name = 'erased ' || id WHERE id = $1 AND erased_at IS NULL RETURNING id
     ) SELECT id FROM ended`,
    [clientId],
  );
  if (client === undefined) return acceptedBefore(manager, actor, clientId);
  await manager.query(
    `WITH revoked AS (
       UPDATE api_key SET revoked_at = now() WHERE client_id = $4 AND revoked_at IS NULL RETURNING client_id, id
     ), ${writeAudit('key.revoked', `client_id, id, '{}'::jsonb FROM revoked`)}
     SELECT FROM revoked`,
    [...actorParameters(actor), clientId],
  );
  const id = newId();
  await manager.query(
    `WITH made AS (
       INSERT INTO erasure (id, subject, client_id, asked_by_client_id, asked_by_key_id, step)
       VALUES ($4, 'client', $5, $1, $2, 'running_jobs') RETURNING id, client_id
     ), ${writeAudit('erasure.requested', `client_id, NULL::uuid, jsonb_build_object('erasure_id', id, 'subject', 'client') FROM made`)}
     SELECT FROM made`,
    [...actorParameters(actor), id, clientId],
  );
  return id;
}

async function acceptedBefore(manager: EntityManager, actor: Actor, clientId: string): Promise<string> {
  const [erasure] = await manager.query<{ id: string }[]>(
    `SELECT id FROM erasure WHERE client_id = $1 AND subject = 'client' AND asked_by_client_id = $2`,
    [clientId, actor.clientId],
  );
  if (erasure === undefined) throw notFound('client');
  return erasure.id;
}
