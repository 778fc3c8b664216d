import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ActorType, AuditAction } from './audit-entry';

/** A row of the audit trail. */
@Entity('audit_entry')
export class AuditEntryEntity {
  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  actor_type: ActorType;

  @Column('uuid', { nullable: true })
  actor_client_id: string | null;

  @Column('uuid', { nullable: true })
  actor_key_id: string | null;

  @Column('text', { nullable: true })
  request_id: string | null;

  @Column('text')
  action: AuditAction;

  @Column('uuid')
  client_id: string;

  @Column('uuid', { nullable: true })
  key_id: string | null;

  @Column('jsonb')
  details: object;

  @Column('timestamptz')
  occurred_at: Date;
}
