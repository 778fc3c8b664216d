import { Injectable } from '@nestjs/common';
import { DataSource, EntityManager } from 'typeorm';
import { Actor, recordAct } from '../../clients/audit-entry';
import { invalidField, notFound } from '../../common/app-error';
import { newId } from '../../common/ids';
import { Page, pageSize, PageQuery } from '../../common/pagination';
import { AppConfig } from '../../config/app-config';
import { CursorsService } from '../../database/cursors.service';
import { CallbackPolicyService } from './callback-policy.service';
import { publishEndpointState } from '../deliveries/endpoint-events';
import { parseDestination } from '../deliveries/destination';
import { clientKeyOwner, headersOwner } from '../deliveries/delivery-targets.service';
import { SealedBox } from '../signing/sealed-box';
import { SigningSecretsService } from '../signing/signing-secrets.service';
import { parseSecret, secretText } from '../signing/standard-webhooks';
import { DisabledReason } from '../deliveries/destination';
import { Endpoint, SELECT_ENDPOINT } from './endpoint';
import type { EndpointChange, EndpointRequest } from './endpoint.dto';
import { toHeaders } from './endpoint-headers';
import { insertEndpoint, lockEndpoint, noteChallenge, SealedSettings, updateEndpoint } from './endpoint-rows';
import { checkTlsSettings } from './endpoint-tls';
import { WebhookEndpointEntity } from './webhook-endpoint.entity';
import { OwnershipChallengeService } from './ownership-challenge.service';

/** The URLs that a client registered. */
@Injectable()
export class EndpointsService {
  constructor(
    private readonly config: AppConfig,
    private readonly dataSource: DataSource,
    private readonly box: SealedBox,
    private readonly secrets: SigningSecretsService,
    private readonly policy: CallbackPolicyService,
    private readonly challenge: OwnershipChallengeService,
    private readonly cursors: CursorsService,
  ) {}

  /**
   * Registers a URL and sends it the challenge.
   *
   * @returns the endpoint and its secret, which is never shown again
   */
  async register(actor: Actor, request: EndpointRequest): Promise<{ endpoint: Endpoint; secret: string }> {
    const { clientId } = actor;
    const { href } = await this.policy.checkAddress('url', request.url);
    checkTlsSettings(request);
    const id = newId();
    const owner = { clientId, endpointId: id };
    const given = request.secret === undefined ? null : parseSecret(request.secret);
    const signatures = request.signatures ?? ['v1'];
    const secret = await this.dataSource.transaction(async (manager) => {
      await oneAtATime(manager, clientId);
      await insertEndpoint(manager, clientId, id, href, request, this.sealed(id, request));
      // The secret is there even when only `v1a` signs: choosing `v1` later needs no new answer.
      const key = await this.secrets.create(owner, 'v1', given ?? undefined, manager);
      if (signatures.includes('v1a')) await this.secrets.create(owner, 'v1a', undefined, manager);
      await recordAct(manager, actor, 'endpoint.created', { endpoint_id: id, origin: new URL(href).origin });
      return secretText(key ?? Buffer.alloc(0));
    });
    await this.prove(clientId, id, href);
    return { endpoint: await this.get(clientId, id), secret };
  }

  /** @throws AppError 404 */
  async get(clientId: string, id: string): Promise<Endpoint> {
    const rows = await this.dataSource.query<Endpoint[]>(
      `${SELECT_ENDPOINT} WHERE e.id = $1 AND e.client_id = $2`,
      [id, clientId],
    );
    if (rows[0] === undefined) throw notFound('endpoint');
    return rows[0];
  }

  /** Newest first. */
  async list<T>(clientId: string, query: PageQuery, present: (endpoint: Endpoint) => T): Promise<Page<T>> {
    const of = { list: 'endpoints', clientId };
    const [before] = await this.cursors.read(query.cursor, ['id'], of);
    const size = pageSize(query);
    const rows = await this.dataSource.query<Endpoint[]>(
      `${SELECT_ENDPOINT} WHERE e.client_id = $1 AND ($2::uuid IS NULL OR e.id < $2) ORDER BY e.id DESC LIMIT $3`,
      [clientId, before ?? null, size + 1],
    );
    return this.cursors.page(rows, size, present, ({ id }) => [id], of);
  }

  /**
   * Changes what is given. Another URL has to prove itself anew.
   *
   * @throws AppError 429 when it would have to just after the last challenge; 422 when another origin would get its headers
   */
  async change(actor: Actor, id: string, change: EndpointChange): Promise<Endpoint> {
    const { clientId } = actor;
    await this.get(clientId, id);
    const asked = change.url === undefined ? null : (await this.policy.checkAddress('url', change.url)).href;
    checkTlsSettings(
      change.client_certificate === undefined && change.client_key === undefined
        ? {
            ...(change.certificate_authority !== undefined && {
              certificate_authority: change.certificate_authority,
            }),
          }
        : change,
    );
    const url = await this.dataSource.transaction(async (manager) => {
      await oneAtATime(manager, clientId);
      const before = await lockEndpoint(manager, clientId, id);
      const moved = asked === before.url ? null : asked;
      if (moved !== null) refuseToTakeHeaders(before, moved, change);
      if (moved !== null) await noteChallenge(manager, clientId, id);
      const reason = reasonAfter(before, change.enabled, moved !== null);
      const after = { ...before, url: moved ?? before.url, disabled_reason: reason };
      // It gets none of it, so while it is disabled; the feed and the others learn of it as when it happens by itself.
      if (before.disabled_reason !== null && reason === null) await this.publishState(manager, after);
      await updateEndpoint(manager, before, moved, reason, change, this.sealed(id, change));
      if (before.disabled_reason === null && reason !== null) await this.publishState(manager, after);
      if (change.signatures?.includes('v1a') === true) {
        await this.secrets.create({ clientId, endpointId: id }, 'v1a', undefined, manager);
      }
      await recordAct(manager, actor, 'endpoint.changed', { endpoint_id: id, ...whatChanges(change, moved) });
      return moved;
    });
    if (url !== null) await this.prove(clientId, id, url);
    return this.get(clientId, id);
  }

  /** Removes it. What it was still to be sent ends within seconds (`DeliveryRepairsService`); its log stays. */
  async remove(actor: Actor, id: string): Promise<void> {
    const { clientId } = actor;
    await this.dataSource.transaction(async (manager) => {
      // What is being fanned out, claimed or stored for it ends before, or begins after.
      const { url } = await lockEndpoint(manager, clientId, id, 'UPDATE');
      // What a worker has under way just now ends with its outcome: it has no destination any more.
      await manager.delete(WebhookEndpointEntity, { id, client_id: clientId });
      await recordAct(manager, actor, 'endpoint.deleted', { endpoint_id: id, origin: new URL(url).origin });
    });
  }

  /**
   * Sends the challenge again.
   *
   * @throws AppError 429 when it was asked for a moment ago
   */
  async verify(actor: Actor, id: string): Promise<Endpoint> {
    const { clientId } = actor;
    const { url } = await this.dataSource.transaction(async (manager) => {
      const endpoint = await lockEndpoint(manager, clientId, id);
      await noteChallenge(manager, clientId, id);
      await recordAct(manager, actor, 'endpoint.challenged', { endpoint_id: id });
      return endpoint;
    });
    await this.prove(clientId, id, url);
    return this.get(clientId, id);
  }

  /** New keys of every scheme that it has; the old ones sign as well for a while. */
  async rotate(
    actor: Actor,
    id: string,
    overlapSeconds: number,
  ): Promise<{ endpoint: Endpoint; secret: string }> {
    const { clientId } = actor;
    const owner = { clientId, endpointId: id };
    const key = await this.dataSource.transaction(async (manager) => {
      const { secrets } = await lockEndpoint(manager, clientId, id);
      if (secrets.some(({ scheme }) => scheme === 'v1a'))
        await this.secrets.rotate(manager, owner, 'v1a', overlapSeconds);
      const made = await this.secrets.rotate(manager, owner, 'v1', overlapSeconds);
      await recordAct(manager, actor, 'secret.rotated', { endpoint_id: id, overlap_seconds: overlapSeconds });
      return made;
    });
    return { endpoint: await this.get(clientId, id), secret: secretText(key) };
  }

  private async prove(clientId: string, id: string, url: string): Promise<void> {
    try {
      await this.challenge.verify(clientId, id, url);
    } catch (error) {
      // One that was removed meanwhile has no secret to sign with.
      await this.get(clientId, id);
      throw error;
    }
  }

  private publishState(
    manager: EntityManager,
    { id, client_id, url, disabled_reason }: Endpoint,
  ): Promise<void> {
    const { address } = parseDestination(url);
    const destination = { client_id, endpoint_id: id, address, disabled_reason };
    return publishEndpointState(manager, destination, this.config.callbackRetrySchedule);
  }

  private sealed(id: string, { client_key, headers }: EndpointChange): SealedSettings {
    const seal = (text: string, owner: string): Buffer => this.box.seal(Buffer.from(text), owner);
    const own = toHeaders(headers ?? {});
    const headerNames = Object.keys(own).sort();
    return {
      clientKey: typeof client_key === 'string' ? seal(client_key, clientKeyOwner(id)) : null,
      headers: headerNames.length > 0 ? seal(JSON.stringify(own), headersOwner(id)) : null,
      headerNames,
    };
  }
}

/** Why it is disabled after a change. What its owner disabled stays so until he says otherwise; another URL is neither gone nor failing. */
function reasonAfter(
  { disabled_reason }: Endpoint,
  enabled: boolean | undefined,
  moved: boolean,
): DisabledReason | null {
  if (enabled !== undefined) return enabled ? null : DisabledReason.Owner;
  return moved && disabled_reason !== DisabledReason.Owner ? null : disabled_reason;
}

/**
 * Headers that nobody can read could be had by a key that moves the endpoint to a server of its own.
 *
 * @throws AppError 422
 */
function refuseToTakeHeaders({ url, header_names }: Endpoint, moved: string, change: EndpointChange): void {
  if (header_names.length === 0 || change.headers !== undefined) return;
  if (new URL(url).origin === new URL(moved).origin) return;
  throw invalidField('headers', 'headers must be given again with a url of another origin');
}

/** For the audit trail: values of settings may be secret, and so may the path of a URL. */
const whatChanges = (change: EndpointChange, url: string | null): Record<string, unknown> => ({
  fields: Object.entries(change)
    .flatMap(([field, value]) => (value === undefined ? [] : [field]))
    .sort(),
  ...(change.enabled !== undefined && { enabled: change.enabled }),
  ...(url !== null && { origin: new URL(url).origin }),
});

/** Until the transaction ends: what a client may have at most, and each URL once, is counted by one at a time. */
const oneAtATime = (manager: EntityManager, clientId: string): Promise<unknown> =>
  manager.query(`SELECT pg_advisory_xact_lock(hashtextextended('endpoints ' || $1, 0))`, [clientId]);
