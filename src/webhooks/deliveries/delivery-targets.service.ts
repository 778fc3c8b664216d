import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { PreparedStatement, runPrepared } from '../../database/prepared-statement';
import type { TlsProfile } from '../egress/tls-profile';
import { SealedBox } from '../signing/sealed-box';
import { SecretOwner, SigningSecrets } from '../signing/signing-secrets.service';
import type { SigningKey } from '../signing/standard-webhooks';

/** What is needed to call a destination, besides its URL. */
export interface DeliveryTarget {
  keys: SigningKey[];
  tls: TlsProfile;
  /** Changes when the TLS settings do, so that no connection outlives them. */
  profile: string;
}

interface EndpointTls {
  id: string;
  certificate_authority: string | null;
  client_certificate: string | null;
  client_key: Buffer | null;
  updated_at: Date;
}

const nameOf = ({ clientId, endpointId }: SecretOwner): string => `${clientId} ${endpointId ?? ''}`;

/** What a private key is sealed for. */
export const clientKeyOwner = (endpointId: string): string => `webhook_endpoint ${endpointId}`;

const TLS_OF_ENDPOINTS: PreparedStatement = {
  name: 'tls_of_endpoints',
  text: `
    SELECT id, certificate_authority, client_certificate, client_key, updated_at FROM webhook_endpoint
    WHERE id = ANY($1::uuid[])`,
};

/** Loads signing keys and TLS settings, for many deliveries at once. */
@Injectable()
export class DeliveryTargets {
  constructor(
    private readonly dataSource: DataSource,
    private readonly box: SealedBox,
    private readonly secrets: SigningSecrets,
  ) {}

  async load(owners: SecretOwner[]): Promise<(owner: SecretOwner) => DeliveryTarget> {
    const unique = [...new Map(owners.map((owner) => [nameOf(owner), owner])).values()];
    const [keysOf, tls] = await Promise.all([this.secrets.keysOf(unique), this.tlsOf(unique)]);
    const targets = new Map(
      unique.map((owner) => [
        nameOf(owner),
        {
          keys: keysOf(owner),
          ...(tls.get(owner.endpointId ?? '') ?? { tls: {}, profile: `client ${owner.clientId}` }),
        },
      ]),
    );
    return (owner) => {
      const target = targets.get(nameOf(owner));
      if (!target) throw new Error('A delivery has no target.');
      return target;
    };
  }

  private async tlsOf(owners: SecretOwner[]): Promise<Map<string, Pick<DeliveryTarget, 'tls' | 'profile'>>> {
    const ids = owners.flatMap(({ endpointId }) => endpointId ?? []);
    if (ids.length === 0) return new Map();
    const rows = await runPrepared<EndpointTls>(this.dataSource.manager, TLS_OF_ENDPOINTS, [ids]);
    return new Map(
      rows.map((row) => [
        row.id,
        {
          tls: {
            ...(row.certificate_authority !== null && { ca: row.certificate_authority }),
            ...(row.client_certificate !== null && { cert: row.client_certificate }),
            ...(row.client_key !== null && {
              key: this.box.open(row.client_key, clientKeyOwner(row.id)).toString('utf8'),
            }),
          },
          profile: `endpoint ${row.id} ${row.updated_at.getTime()}`,
        },
      ]),
    );
  }
}
