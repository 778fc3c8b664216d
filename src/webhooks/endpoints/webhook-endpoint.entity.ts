import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { SignatureScheme } from '../signing/standard-webhooks';

/** A row of `webhook_endpoint`. Its health is that of its destination. */
@Entity('webhook_endpoint')
export class WebhookEndpointEntity {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid')
  client_id: string;

  @Column('text')
  url: string;

  @Column('text')
  description: string;

  @Column('text', { array: true })
  event_types: string[];

  @Column('text', { array: true })
  tags: string[];

  @Column('text', { array: true })
  signatures: SignatureScheme[];

  @Column('timestamptz', { nullable: true })
  verified_at: Date | null;

  /** Why the last challenge did not verify it. */
  @Column('text', { nullable: true })
  verification_failure: string | null;

  @Column('timestamptz', { nullable: true })
  challenge_asked_at: Date | null;

  @Column('text', { nullable: true })
  certificate_authority: string | null;

  @Column('text', { nullable: true })
  client_certificate: string | null;

  /** Sealed under a master key. */
  @Column('bytea', { nullable: true })
  client_key: Buffer | null;

  /** Sealed under a master key: a JSON object of names and values. */
  @Column('bytea', { nullable: true })
  headers: Buffer | null;

  @Column('text', { array: true })
  header_names: string[];

  @Column('timestamptz')
  created_at: Date;

  @Column('timestamptz')
  updated_at: Date;
}
