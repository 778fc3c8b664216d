import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsUUID } from 'class-validator';
import { PageQuery } from '../common/pagination';
import { ACTOR_TYPES, AUDIT_ACTIONS } from './audit-entry';
import type { AuditEntryEntity } from './audit-entry.entity';

export class AuditQuery extends PageQuery {
  @ApiPropertyOptional({ format: 'uuid', description: 'Only what was done to this client.' })
  @IsOptional()
  @IsUUID()
  client_id?: string;
}

class AuditActorView {
  @ApiProperty({
    enum: ACTOR_TYPES,
    description: '`key`: a request. `start`: the start of a process, by its configuration.',
  })
  type: string;

  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: '`null` for a start.' })
  client_id: string | null;

  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: '`null` for a start.' })
  key_id: string | null;
}

export class AuditEntryView {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({
    enum: AUDIT_ACTIONS,
    example: 'key.issued',
  })
  action: string;

  @ApiProperty({ type: AuditActorView, description: 'Whose key it was done with, or that it was a start.' })
  actor: AuditActorView;

  @ApiProperty({ format: 'uuid', description: 'The client that it was done to.' })
  client_id: string;

  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'The key that it was done to.' })
  key_id: string | null;

  @ApiProperty({ type: 'object', additionalProperties: true, example: { name: 'nightly export' } })
  details: object;

  @ApiProperty({
    type: String,
    nullable: true,
    example: '0192f3a5-6c4e-7d51-9a43-3f0d5f6d2c11',
    description: '`null` for a start.',
  })
  request_id: string | null;

  @ApiProperty({ format: 'date-time' })
  occurred_at: string;
}

export class AuditPageView {
  @ApiProperty({ type: [AuditEntryView] })
  data: AuditEntryView[];

  @ApiProperty({ type: String, nullable: true })
  next_cursor: string | null;
}

export const viewAuditEntry = (entry: AuditEntryEntity): AuditEntryView => ({
  id: entry.id,
  action: entry.action,
  actor: { type: entry.actor_type, client_id: entry.actor_client_id, key_id: entry.actor_key_id },
  client_id: entry.client_id,
  key_id: entry.key_id,
  details: entry.details,
  request_id: entry.request_id,
  occurred_at: entry.occurred_at.toISOString(),
});
