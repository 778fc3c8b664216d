import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A row of `brand`; a client without one has plain reports. */
@Entity('brand')
export class BrandEntity {
  @PrimaryColumn('uuid')
  client_id: string;

  @Column('text', { nullable: true })
  name: string | null;

  @Column('text', { array: true })
  address: string[];

  /** `#rrggbb` as its owner gave it, in lower case. */
  @Column('text', { nullable: true })
  accent_color: string | null;

  @Column('text', { nullable: true })
  footer: string | null;
}
