import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A row of `client`. */
@Entity('client')
export class ClientEntity {
  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  name: string;

  @Column('timestamptz')
  created_at: Date;

  /** Since when it is being erased: it has no keys, and gets none. */
  @Column('timestamptz', { nullable: true })
  erased_at: Date | null;
}
