import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { DataSource, Repository } from 'typeorm';
import { Actor, actorParameters, writeAudit } from '../clients/audit-entry';
import { BrandEntity } from './brand.entity';
import { BrandLogoEntity } from './brand-logo.entity';
import type { CleanedLogo } from './logo/logo';
import { readableAccent } from './readable-accent';
import type { ReportBrand } from './report-brand';

/** What a client's reports are dressed in; `null` where there is none. */
export interface Brand {
  brand: BrandEntity | null;
  logo: BrandLogoEntity | null;
}

/**
 * Keeps the brands of clients. The audit trail says that one was changed and not to what: it outlives the client, whose
 * name and address these are.
 */
@Injectable()
export class BrandsService {
  constructor(
    private readonly dataSource: DataSource,
    @InjectRepository(BrandEntity) private readonly brands: Repository<BrandEntity>,
    @InjectRepository(BrandLogoEntity) private readonly logos: Repository<BrandLogoEntity>,
  ) {}

  async get(clientId: string): Promise<Brand> {
    const [brand, logo] = await Promise.all([
      this.brands.findOneBy({ client_id: clientId }),
      this.logos.findOneBy({ client_id: clientId }),
    ]);
    return { brand, logo };
  }

  /** @returns what its reports show; `null` where they are plain */
  async of(clientId: string): Promise<ReportBrand | null> {
    const { brand, logo } = await this.get(clientId);
    if (brand === null && logo === null) return null;
    const color = brand?.accent_color ?? null;
    return {
      name: brand?.name ?? null,
      address: brand?.address ?? [],
      accentColor: color === null ? null : readableAccent(color),
      footer: brand?.footer ?? null,
      logo: logo && {
        dataUri: `data:${logo.media_type};base64,${logo.content.toString('base64')}`,
        width: logo.width,
        height: logo.height,
      },
    };
  }

  /** Replaces all but the logo. */
  async put(
    actor: Actor,
    { name, address, accent_color, footer }: Omit<BrandEntity, 'client_id'>,
  ): Promise<void> {
    await this.dataSource.query(
      `WITH changed AS (
         INSERT INTO brand AS b (client_id, name, address, accent_color, footer) VALUES ($1::uuid, $4, $5, $6, $7)
         ON CONFLICT (client_id) DO UPDATE SET name = excluded.name, address = excluded.address,
           accent_color = excluded.accent_color, footer = excluded.footer
         WHERE (b.name, b.address, b.accent_color, b.footer)
           IS DISTINCT FROM (excluded.name, excluded.address, excluded.accent_color, excluded.footer)
         RETURNING client_id
       ), ${writeAudit('brand.changed', `client_id, NULL::uuid, '{}'::jsonb FROM changed`)}
       SELECT FROM changed`,
      [...actorParameters(actor), name, address, accent_color, footer],
    );
  }

  async putLogo(actor: Actor, { mediaType, content, width, height }: CleanedLogo): Promise<void> {
    await this.dataSource.query(
      `WITH changed AS (
         INSERT INTO brand_logo AS l (client_id, media_type, content, width, height) VALUES ($1::uuid, $4, $5, $6, $7)
         ON CONFLICT (client_id) DO UPDATE SET media_type = excluded.media_type, content = excluded.content,
           width = excluded.width, height = excluded.height
         WHERE l.content <> excluded.content
         RETURNING client_id, media_type, length(content) AS bytes
       ), ${writeAudit(
         'logo.changed',
         `client_id, NULL::uuid, jsonb_build_object('media_type', media_type, 'bytes', bytes) FROM changed`,
       )}
       SELECT FROM changed`,
      [...actorParameters(actor), mediaType, content, width, height],
    );
  }

  /** Does nothing where there is none. */
  async deleteLogo(actor: Actor): Promise<void> {
    await this.dataSource.query(
      `WITH deleted AS (
         DELETE FROM brand_logo WHERE client_id = $1::uuid RETURNING client_id
       ), ${writeAudit('logo.deleted', `client_id, NULL::uuid, '{}'::jsonb FROM deleted`)}
       SELECT FROM deleted`,
      actorParameters(actor),
    );
  }
}
