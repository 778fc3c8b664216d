import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { DataSource, Repository } from 'typeorm';
import { Actor, actorParameters, recordAct, writeAudit } from '../../clients/audit-entry';
import { SecretOwner, SigningSecretsService } from '../signing/signing-secrets.service';
import { secretText } from '../signing/standard-webhooks';
import { UnregisteredCallbacks, WebhookSettingsEntity } from './webhook-settings.entity';

const ownerOf = (clientId: string): SecretOwner => ({ clientId, endpointId: null });

/** What holds for all callbacks of a client. */
@Injectable()
export class WebhookSettingsService {
  constructor(
    private readonly dataSource: DataSource,
    @InjectRepository(WebhookSettingsEntity) private readonly settings: Repository<WebhookSettingsEntity>,
    private readonly secrets: SigningSecretsService,
  ) {}

  async unregisteredCallbacks(clientId: string): Promise<UnregisteredCallbacks> {
    const settings = await this.settings.findOneBy({ client_id: clientId });
    return settings?.unregistered_callbacks ?? UnregisteredCallbacks.Allowed;
  }

  async setUnregisteredCallbacks(actor: Actor, policy: UnregisteredCallbacks): Promise<void> {
    await this.dataSource.query(
      `WITH changed AS (
         INSERT INTO webhook_settings AS s (client_id, unregistered_callbacks) VALUES ($1::uuid, $4)
         ON CONFLICT (client_id) DO UPDATE SET unregistered_callbacks = excluded.unregistered_callbacks
           WHERE s.unregistered_callbacks <> excluded.unregistered_callbacks
         RETURNING *
       ), ${writeAudit(
         'settings.changed',
         `client_id, NULL::uuid, jsonb_build_object('unregistered_callbacks', unregistered_callbacks) FROM changed`,
       )}
       SELECT FROM changed`,
      [...actorParameters(actor), policy],
    );
  }

  /** The secrets that sign for URLs that are no endpoint; never the secrets themselves. */
  async describeSecrets(clientId: string): Promise<{ created_at: Date; expires_at: Date | null }[]> {
    return this.secrets.describe(ownerOf(clientId));
  }

  /** @returns the new secret, which is never shown again */
  async rotateSecret(actor: Actor, overlapSeconds: number): Promise<string> {
    return this.dataSource.transaction(async (manager) => {
      const key = await this.secrets.rotate(manager, ownerOf(actor.clientId), 'v1', overlapSeconds);
      await recordAct(manager, actor, 'secret.rotated', { overlap_seconds: overlapSeconds });
      return secretText(key);
    });
  }
}
