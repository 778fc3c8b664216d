import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Scope } from './scope';

/** A row of `api_key`. */
@Entity('api_key')
export class ApiKeyEntity {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid')
  client_id: string;

  @Column('text')
  name: string;

  /** Nobody but the recognition of keys reads it. */
  @Column('bytea', { select: false })
  hash: Buffer;

  /** The beginning of the key, which may be shown. */
  @Column('text')
  prefix: string;

  @Column('text', { array: true })
  scopes: Scope[];

  /** Issued by a start for the variable that it is named after. */
  @Column('boolean')
  configured: boolean;

  /** The key of the same client that made it; `null` for one of an operator's or of a start's. */
  @Column('uuid', { nullable: true })
  issued_by: string | null;

  @Column('timestamptz', { nullable: true })
  expires_at: Date | null;

  @Column('timestamptz', { nullable: true })
  revoked_at: Date | null;

  @Column('timestamptz')
  created_at: Date;
}
