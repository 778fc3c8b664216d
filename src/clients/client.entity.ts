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
}
