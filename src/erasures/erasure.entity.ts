import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ErasedCounts, ErasureSubject } from './erasure';

/** A row of `erasure`, for reading: the record of what went, and until then how far it is. */
@Entity('erasure')
export class ErasureEntity {
  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  subject: ErasureSubject;

  @Column('uuid')
  client_id: string;

  @Column('text', { nullable: true })
  customer_reference: string | null;

  @Column('uuid')
  asked_by_client_id: string;

  @Column('uuid')
  asked_by_key_id: string;

  @Column('text')
  step: string;

  @Column('jsonb', { nullable: true })
  cursor: unknown;

  /** Jobs. */
  @Column('integer', { nullable: true })
  waiting_for: number | null;

  @Column('jsonb')
  counts: ErasedCounts;

  @Column('text', { nullable: true })
  error: string | null;

  @Column('integer')
  attempt: number;

  @Column('timestamptz', { nullable: true })
  lease_until: Date | null;

  @Column('timestamptz')
  run_at: Date;

  @Column('timestamptz')
  created_at: Date;

  @Column('timestamptz', { nullable: true })
  started_at: Date | null;

  @Column('timestamptz', { nullable: true })
  finished_at: Date | null;
}
