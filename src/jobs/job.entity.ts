import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Job, JobFailure, JobRequest, JobState } from './job';

/** A row of `job`, for reading: every change of one is a transition (`job-transitions.ts`). */
@Entity('job')
export class JobEntity implements Job {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid')
  client_id: string;

  @Column('text')
  type: string;

  @Column('text')
  state: JobState;

  @Column('json')
  request: JobRequest;

  @Column('json')
  metadata: Record<string, string>;

  @Column('text', { array: true })
  tags: string[];

  @Column('jsonb')
  parameters: object;

  @Column('text', { nullable: true })
  callback_url: string | null;

  @Column('integer')
  attempt: number;

  @Column('smallint')
  failures: number;

  @Column('smallint')
  crashes: number;

  @Column('smallint')
  outages: number;

  @Column('smallint')
  max_failures: number;

  @Column('smallint')
  max_crashes: number;

  @Column('smallint')
  round: number;

  @Column('text', { array: true })
  steps: string[];

  @Column('smallint')
  step: number;

  @Column('smallint')
  progress: number;

  @Column('bigint', { nullable: true })
  size: string | null;

  @Column('jsonb', { nullable: true })
  result: object | null;

  @Column('jsonb', { nullable: true })
  error: JobFailure | null;

  @Column('timestamptz')
  run_at: Date;

  @Column('timestamptz')
  deadline_at: Date;

  @Column('double precision')
  outage_seconds: number;

  @Column('timestamptz', { nullable: true })
  outage_counted_until: Date | null;

  @Column('timestamptz', { nullable: true })
  estimated_end_at: Date | null;

  @Column('text', { nullable: true })
  lease_owner: string | null;

  @Column('timestamptz', { nullable: true })
  lease_until: Date | null;

  @Column('timestamptz', { nullable: true })
  cancel_requested_at: Date | null;

  @Column('timestamptz')
  created_at: Date;

  @Column('timestamptz', { nullable: true })
  started_at: Date | null;

  @Column('timestamptz', { nullable: true })
  finished_at: Date | null;

  @Column('timestamptz', { nullable: true })
  expires_at: Date | null;

  @Column('timestamptz', { nullable: true })
  erased_at: Date | null;

  /** Of the HTTP request that submitted it. */
  @Column('text', { nullable: true })
  request_id: string | null;
}
