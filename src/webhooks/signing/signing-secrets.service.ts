import { Injectable } from '@nestjs/common';
import { DataSource, EntityManager } from 'typeorm';
import { AppError } from '../../common/app-error';
import { newId } from '../../common/ids';
import { prepared } from '../../database/prepared';
import { SealedBox } from './sealed-box';
import { newSigningKey, publicKeyOf, SignatureScheme, SigningKey } from './standard-webhooks';

/** Whose secret: an endpoint's, or the client's own for URLs that are no endpoint. */
export interface SecretOwner {
  clientId: string;
  endpointId: string | null;
}

/** Each is a signature in the header of every callback. */
const MOST_SECRETS = 10;

interface SecretRow {
  id: string;
  client_id: string;
  endpoint_id: string | null;
  scheme: SignatureScheme;
  sealed: Buffer;
}

const SECRETS_OF_OWNERS = prepared(
  'secrets_of_owners',
  `
    SELECT s.id, s.client_id, s.endpoint_id, s.scheme, s.sealed
    FROM unnest($1::uuid[], $2::uuid[]) AS owner(client_id, endpoint_id)
    JOIN webhook_secret s ON s.client_id = owner.client_id AND s.endpoint_id IS NOT DISTINCT FROM owner.endpoint_id
    LEFT JOIN webhook_endpoint e ON e.id = s.endpoint_id
    WHERE (s.expires_at IS NULL OR s.expires_at > now()) AND (e.id IS NULL OR s.scheme = ANY(e.signatures))
    ORDER BY s.scheme, s.created_at DESC`,
);

const sealOwner = (id: string): string => `webhook_secret ${id}`;
export const keyOfOwner = ({ clientId, endpointId }: SecretOwner): string =>
  `${clientId} ${endpointId ?? ''}`;

/** The keys that sign callbacks, sealed in the database. */
@Injectable()
export class SigningSecretsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly box: SealedBox,
  ) {}

  /**
   * Makes a secret, unless there is a current one.
   *
   * @returns the key; `null` when there was one already
   */
  async create(
    owner: SecretOwner,
    scheme: SignatureScheme,
    given?: Buffer,
    manager: EntityManager = this.dataSource.manager,
  ): Promise<Buffer | null> {
    const key = given ?? newSigningKey(scheme).key;
    const id = newId();
    const rows = await manager.query<unknown[]>(
      `INSERT INTO webhook_secret (id, client_id, endpoint_id, scheme, sealed, public_key)
       VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (client_id, coalesce(endpoint_id, client_id), scheme) WHERE expires_at IS NULL DO NOTHING
       RETURNING id`,
      [
        id,
        owner.clientId,
        owner.endpointId,
        scheme,
        this.box.seal(key, sealOwner(id)),
        scheme === 'v1a' ? publicKeyOf(key) : null,
      ],
    );
    return rows.length === 1 ? key : null;
  }

  /**
   * The current key of an endpoint that others have the public half of; made where there is none.
   *
   * @throws Error where the endpoint does not exist
   */
  async ensurePublic(owner: SecretOwner): Promise<{ id: string; key: Buffer }> {
    const find = (): Promise<{ id: string; sealed: Buffer }[]> =>
      this.dataSource.query(
        `SELECT id, sealed FROM webhook_secret
         WHERE client_id = $1 AND endpoint_id = $2 AND scheme = 'v1a' AND expires_at IS NULL`,
        [owner.clientId, owner.endpointId],
      );
    let [secret] = await find();
    if (secret === undefined) {
      await this.create(owner, 'v1a');
      [secret] = await find();
    }
    if (secret === undefined) throw new Error('There is no key to sign with.');
    return { id: secret.id, key: this.box.open(secret.sealed, sealOwner(secret.id)) };
  }

  /**
   * Replaces the current secret. The old one signs as well for a while, as does one that was replaced before: whoever
   * rotates again because an answer was lost must not cut off the receiver that still has the first.
   *
   * @param overlapSeconds for which the secrets before it sign as well; with 0 they end at once
   * @returns the new key
   * @throws AppError 409 when too many sign already
   */
  async rotate(
    manager: EntityManager,
    owner: SecretOwner,
    scheme: SignatureScheme,
    overlapSeconds: number,
  ): Promise<Buffer> {
    // One rotation of an owner at a time.
    await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
      keyOfOwner(owner) + scheme,
    ]);
    await manager.query(
      `UPDATE webhook_secret SET expires_at = least(expires_at, now() + make_interval(secs => $4))
         WHERE client_id = $1 AND endpoint_id IS NOT DISTINCT FROM $2 AND scheme = $3
           AND (expires_at IS NULL OR expires_at > now())
           AND ($4 = 0 OR (SELECT count(*) FROM webhook_secret WHERE client_id = $1 AND endpoint_id IS NOT DISTINCT FROM $2
             AND scheme = $3 AND (expires_at IS NULL OR expires_at > now())) < $5)`,
      [owner.clientId, owner.endpointId, scheme, overlapSeconds, MOST_SECRETS],
    );
    const key = await this.create(owner, scheme, undefined, manager);
    if (key === null) {
      throw new AppError(
        'conflict',
        'too_many_secrets',
        `${MOST_SECRETS} secrets sign already: wait until the overlap of one has ended.`,
      );
    }
    return key;
  }

  /** When each current or overlapping secret of an owner was made and ends, newest first; never the secret itself. */
  async describe(
    owner: SecretOwner,
  ): Promise<{ scheme: SignatureScheme; created_at: Date; expires_at: Date | null }[]> {
    return this.dataSource.query(
      `SELECT scheme, created_at, expires_at FROM webhook_secret
       WHERE client_id = $1 AND endpoint_id IS NOT DISTINCT FROM $2 AND (expires_at IS NULL OR expires_at > now())
       ORDER BY created_at DESC`,
      [owner.clientId, owner.endpointId],
    );
  }

  /**
   * The keys that sign for each owner, the newest first: of an endpoint those of the schemes that it chose. A client
   * whose URL is no endpoint and who never asked for a secret gets one made: nothing goes out unsigned.
   *
   * @returns a function that throws for an owner without a key, or with one that cannot be opened; the others have theirs
   */
  async keysOf(owners: SecretOwner[]): Promise<(owner: SecretOwner) => SigningKey[]> {
    const found = await this.load(owners);
    const without = owners.filter((owner) => owner.endpointId === null && !found.has(keyOfOwner(owner)));
    // One that fails, since its client was removed meanwhile for one, is found without a key below.
    await Promise.allSettled(without.map((owner) => this.create(owner, 'v1')));
    if (without.length > 0) {
      for (const [owner, rows] of await this.load(without)) found.set(owner, rows);
    }
    return (owner) => {
      const rows = found.get(keyOfOwner(owner));
      if (rows === undefined) throw new Error('There is no secret to sign with.');
      return rows.map(({ id, scheme, sealed }) => ({ scheme, key: this.box.open(sealed, sealOwner(id)) }));
    };
  }

  private async load(owners: SecretOwner[]): Promise<Map<string, SecretRow[]>> {
    const rows = await this.dataSource.manager.query<SecretRow[]>(SECRETS_OF_OWNERS, [
      owners.map(({ clientId }) => clientId),
      owners.map(({ endpointId }) => endpointId),
    ]);
    const ofOwner = new Map<string, SecretRow[]>();
    for (const row of rows) {
      const owner = keyOfOwner({ clientId: row.client_id, endpointId: row.endpoint_id });
      ofOwner.set(owner, [...(ofOwner.get(owner) ?? []), row]);
    }
    return ofOwner;
  }
}
