import { ApiProperty } from '@nestjs/swagger';
import type { BrandLogoEntity } from './brand-logo.entity';
import type { Brand } from './brands.service';
import { type CleanedLogo, LOGO_MEDIA_TYPES } from './logo/logo';

class LogoView {
  @ApiProperty({ enum: LOGO_MEDIA_TYPES })
  media_type: string;

  @ApiProperty({ type: 'integer', example: 5_120, description: 'As it is kept: cleaned.' })
  bytes: number;

  @ApiProperty({ example: 320, description: 'In units of its own.' })
  width: number;

  @ApiProperty({ example: 80 })
  height: number;
}

export class CleanedLogoView extends LogoView {
  @ApiProperty({
    type: String,
    isArray: true,
    example: ['text'],
    description:
      'What the file had and the logo has not, by the names of its elements: it may not look as before without. ' +
      'Metadata, comments and the editor’s own are not named.',
  })
  removed: string[];
}

export class BrandView {
  @ApiProperty({ type: String, nullable: true, example: 'Acme Web Shop GmbH' })
  name: string | null;

  @ApiProperty({ type: [String], example: ['Hauptstraße 1', '10115 Berlin'] })
  address: string[];

  @ApiProperty({
    type: String,
    nullable: true,
    example: '#0b7285',
    description:
      'As you gave it, in lower case. One that is too light to be read on white is printed darker.',
  })
  accent_color: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'Acme Web Shop GmbH · VAT DE123456789' })
  footer: string | null;

  @ApiProperty({ type: LogoView, nullable: true })
  logo: LogoView | null;
}

/** A brand with its logo; a client may have neither. */
export const viewBrand = ({ brand, logo }: Brand): BrandView => ({
  name: brand?.name ?? null,
  address: brand?.address ?? [],
  accent_color: brand?.accent_color ?? null,
  footer: brand?.footer ?? null,
  logo: logo && viewLogo(logo),
});

const viewLogo = ({ media_type, content, width, height }: BrandLogoEntity): LogoView => ({
  media_type,
  bytes: content.length,
  width,
  height,
});

export const viewCleanedLogo = ({
  mediaType,
  content,
  width,
  height,
  removed,
}: CleanedLogo): CleanedLogoView => ({
  media_type: mediaType,
  bytes: content.length,
  width,
  height,
  removed,
});
