import { ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsOptional, Matches, MaxLength } from 'class-validator';
import { IsPlainText, PLAIN_TEXT_PATTERN } from '../common/plain-text';
import { BRAND_LIMITS } from './brand-limits';

/** The body of `PUT /v1/brand`. */
export class BrandBody {
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    minLength: 1,
    maxLength: BRAND_LIMITS.nameLength,
    pattern: PLAIN_TEXT_PATTERN,
    example: 'Acme Web Shop GmbH',
    description: 'Whose report it is.',
  })
  @IsOptional()
  @IsPlainText()
  @MaxLength(BRAND_LIMITS.nameLength)
  name?: string | null;

  @ApiPropertyOptional({
    type: 'array',
    items: {
      type: 'string',
      minLength: 1,
      maxLength: BRAND_LIMITS.addressLineLength,
      pattern: PLAIN_TEXT_PATTERN,
    },
    nullable: true,
    maxItems: BRAND_LIMITS.addressLines,
    example: ['Hauptstraße 1', '10115 Berlin'],
    description: 'Line by line.',
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(BRAND_LIMITS.addressLines)
  @IsPlainText({ each: true })
  @MaxLength(BRAND_LIMITS.addressLineLength, { each: true })
  address?: string[] | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    pattern: '^#[0-9a-fA-F]{6}$',
    example: '#0b7285',
    description: 'Of the chart and the rules. One that is too light to be read on white is printed darker.',
  })
  @IsOptional()
  @Matches(/^#[0-9a-f]{6}$/i, { message: 'accent_color must be a colour such as #0b7285' })
  accent_color?: string | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    minLength: 1,
    maxLength: BRAND_LIMITS.footerLength,
    pattern: PLAIN_TEXT_PATTERN,
    example: 'Acme Web Shop GmbH · Register court Berlin HRB 1234 · VAT DE123456789',
    description: 'At the foot of every page.',
  })
  @IsOptional()
  @IsPlainText()
  @MaxLength(BRAND_LIMITS.footerLength)
  footer?: string | null;
}
