import { Column, Entity, PrimaryColumn } from 'typeorm';

export enum UnregisteredCallbacks {
  Allowed = 'allowed',
  VerifiedOrigins = 'verified_origins',
}

/** A row of `webhook_settings`; a client without one has the defaults. */
@Entity('webhook_settings')
export class WebhookSettingsEntity {
  @PrimaryColumn('uuid')
  client_id: string;

  @Column('text')
  unregistered_callbacks: UnregisteredCallbacks;
}
