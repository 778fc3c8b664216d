import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { prepared } from '../../database/prepared';
import type { TlsProfile } from '../egress/guarded-connector';
import { SealedBox } from '../signing/sealed-box';
import { keyOfOwner, SecretOwner, SigningSecretsService } from '../signing/signing-secrets.service';
import type { SigningKey } from '../signing/standard-webhooks';

/** What is needed to call a destination, besides its URL. */
export interface DeliveryTarget {
  keys: SigningKey[];
  tls: TlsProfile;
  /** Of its own, in lower case, beside ours. */
  headers: Record<string, string>;
  /** Changes when the TLS settings do, so that no connection outlives them. */
  profile: string;
}

/** Throws for an owner whose keys are not there or cannot be opened; it has those of the others. */
export type TargetOf = (owner: SecretOwner) => DeliveryTarget;

interface EndpointSettings {
  id: string;
  certificate_authority: string | null;
  client_certificate: string | null;
  client_key: Buffer | null;
  headers: Buffer | null;
  updated_at: Date;
}

/** What a private key is sealed for, and what headers are: neither opens in the place of the other. */
export const clientKeyOwner = (endpointId: string): string => `webhook_endpoint ${endpointId}`;
export const headersOwner = (endpointId: string): string => `webhook_endpoint.headers ${endpointId}`;

const SETTINGS_OF_ENDPOINTS = prepared(
  'settings_of_endpoints',
  `
    SELECT id, certificate_authority, client_certificate, client_key, headers, updated_at FROM webhook_endpoint
    WHERE id = ANY($1::uuid[])`,
);

/** Loads signing keys, TLS settings and headers, for many deliveries at once. */
@Injectable()
export class DeliveryTargetsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly box: SealedBox,
    private readonly secrets: SigningSecretsService,
  ) {}

  async load(owners: SecretOwner[]): Promise<TargetOf> {
    const unique = [...new Map(owners.map((owner) => [keyOfOwner(owner), owner])).values()];
    const [keysOf, settingsOf] = await Promise.all([this.secrets.keysOf(unique), this.settingsOf(unique)]);
    const targets = new Map<string, DeliveryTarget | Error>();
    for (const owner of unique) {
      try {
        targets.set(keyOfOwner(owner), { keys: keysOf(owner), ...settingsOf(owner) });
      } catch (error) {
        targets.set(keyOfOwner(owner), error as Error);
      }
    }
    return (owner) => {
      const target = targets.get(keyOfOwner(owner));
      if (target === undefined) throw new Error('This owner was not asked for.');
      if (target instanceof Error) throw target;
      return target;
    };
  }

  private async settingsOf(
    owners: SecretOwner[],
  ): Promise<(owner: SecretOwner) => Omit<DeliveryTarget, 'keys'>> {
    const ids = owners.flatMap(({ endpointId }) => endpointId ?? []);
    const rows =
      ids.length === 0
        ? []
        : await this.dataSource.manager.query<EndpointSettings[]>(SETTINGS_OF_ENDPOINTS, [ids]);
    const found = new Map(rows.map((row) => [row.id, row]));
    return ({ clientId, endpointId }) => {
      if (endpointId === null) return { tls: {}, headers: {}, profile: `client ${clientId}` };
      const row = found.get(endpointId);
      if (row === undefined) throw new Error('The endpoint was removed.');
      return {
        tls: this.tlsProfile(row),
        headers: this.headersOf(row),
        profile: `endpoint ${row.id} ${row.updated_at.getTime()}`,
      };
    };
  }

  private tlsProfile({
    id,
    certificate_authority,
    client_certificate,
    client_key,
  }: EndpointSettings): TlsProfile {
    return {
      ...(certificate_authority !== null && { ca: certificate_authority }),
      ...(client_certificate !== null && { cert: client_certificate }),
      ...(client_key !== null && { key: this.box.open(client_key, clientKeyOwner(id)).toString('utf8') }),
    };
  }

  private headersOf({ id, headers }: EndpointSettings): Record<string, string> {
    if (headers === null) return {};
    return JSON.parse(this.box.open(headers, headersOwner(id)).toString('utf8')) as Record<string, string>;
  }
}
