import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { LogoMediaType } from './logo/logo';

/** A row of `brand_logo`. */
@Entity('brand_logo')
export class BrandLogoEntity {
  @PrimaryColumn('uuid')
  client_id: string;

  @Column('text')
  media_type: LogoMediaType;

  /** As it was cleaned. */
  @Column('bytea')
  content: Buffer;

  /** In units of its own: what counts is their ratio. */
  @Column('double precision')
  width: number;

  @Column('double precision')
  height: number;
}
