import { ApiProperty } from '@nestjs/swagger';
import { ERASED_KINDS, ErasureStatus, type ErasureSubject } from './erasure';
import type { ErasureEntity } from './erasure.entity';

export class ErasedCountsView {
  @ApiProperty({ type: 'integer', description: 'Of a person: made nobody’s. Of a client: deleted.' })
  orders: number;

  @ApiProperty({
    type: 'integer',
    description: 'Jobs that lost what they were about, or their file. Of a client: deleted.',
  })
  jobs: number;

  @ApiProperty({ type: 'integer', description: 'Files that were deleted from the store.' })
  files: number;

  @ApiProperty({ type: 'integer', description: 'Uploads that imports had left.' })
  uploads: number;

  @ApiProperty({ type: 'integer', description: 'Events that lost their body. Of a client: deleted.' })
  messages: number;

  @ApiProperty({ type: 'integer', description: 'Callbacks that were still to be delivered, and are not.' })
  deliveries: number;
}

/** The record of an erasure. It names no person. */
export class ErasureView {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ enum: ['person', 'client'], example: 'person' })
  subject: ErasureSubject;

  @ApiProperty({ format: 'uuid', description: 'Whose customer the person is, or who is erased.' })
  client_id: string;

  @ApiProperty({ enum: ErasureStatus, enumName: 'ErasureStatus' })
  status: ErasureStatus;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'Jobs that were accepted before and have to end first.',
  })
  waiting_for_jobs: number | null;

  @ApiProperty({ type: ErasedCountsView, description: 'What went until now.' })
  erased: ErasedCountsView;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'store_unavailable',
    description: 'Why the last try did not come further; it is tried again until all is gone.',
  })
  error: string | null;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  started_at: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  finished_at: string | null;
}

export const viewErasure = (erasure: ErasureEntity): ErasureView => ({
  id: erasure.id,
  subject: erasure.subject,
  client_id: erasure.client_id,
  status: statusOf(erasure),
  waiting_for_jobs: erasure.waiting_for,
  erased: Object.fromEntries(
    ERASED_KINDS.map((kind) => [kind, erasure.counts[kind] ?? 0]),
  ) as unknown as ErasedCountsView,
  error: erasure.error,
  created_at: erasure.created_at.toISOString(),
  started_at: erasure.started_at?.toISOString() ?? null,
  finished_at: erasure.finished_at?.toISOString() ?? null,
});

function statusOf({ started_at, finished_at }: ErasureEntity): ErasureStatus {
  if (finished_at !== null) return ErasureStatus.Completed;
  return started_at === null ? ErasureStatus.Pending : ErasureStatus.InProgress;
}
