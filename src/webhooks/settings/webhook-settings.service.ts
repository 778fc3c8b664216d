import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { SecretOwner, SigningSecrets } from '../signing/signing-secrets.service';
import { secretText } from '../signing/standard-webhooks';

export enum UnregisteredCallbacks {
  Allowed = 'allowed',
  VerifiedOrigins = 'verified_origins',
}

const ownerOf = (clientId: string): SecretOwner => ({ clientId, endpointId: null });

/** What holds for all callbacks of a client. */
@Injectable()
export class WebhookSettings {
  constructor(
    private readonly dataSource: DataSource,
    private readonly secrets: SigningSecrets,
  ) {}

  async unregisteredCallbacks(clientId: string): Promise<UnregisteredCallbacks> {
    const rows = await this.dataSource.query<{ unregistered_callbacks: UnregisteredCallbacks }[]>(
      'SELECT unregistered_callbacks FROM webhook_settings WHERE client_id = $1',
      [clientId],
    );
    return rows[0]?.unregistered_callbacks ?? UnregisteredCallbacks.Allowed;
  }

  async setUnregisteredCallbacks(clientId: string, policy: UnregisteredCallbacks): Promise<void> {
    await this.dataSource.query(
      `INSERT INTO webhook_settings (client_id, unregistered_callbacks) VALUES ($1, $2)
       ON CONFLICT (client_id) DO UPDATE SET unregistered_callbacks = excluded.unregistered_callbacks`,
      [clientId, policy],
    );
  }

  /** The secrets that sign for URLs that are no endpoint; never the secrets themselves. */
  async describeSecrets(clientId: string): Promise<{ created_at: Date; expires_at: Date | null }[]> {
    return this.secrets.describe(ownerOf(clientId));
  }

  /** @returns the new secret, which nobody is told again */
  async rotateSecret(clientId: string, overlapSeconds: number): Promise<string> {
    return this.dataSource.transaction(async (manager) =>
      secretText(await this.secrets.rotate(manager, ownerOf(clientId), 'v1', overlapSeconds)),
    );
  }
}
