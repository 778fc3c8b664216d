import { ApiProperty } from '@nestjs/swagger';
import type { ApiKeyRow, IssuedApiKey } from './api-keys.service';
import { Scope } from './scope';

export class ApiKeyView {
  @ApiProperty({ format: 'uuid', example: '0192f3a5-6c4e-7d51-9a43-3f0d5f6d2c11' })
  id: string;

  @ApiProperty({ format: 'uuid', example: '0192f3a5-6c4e-7d51-9a43-3f0d5f6d2c10' })
  client_id: string;

  @ApiProperty({ example: 'nightly export' })
  name: string;

  @ApiProperty({
    example: 'ork_4fGh…',
    description: 'The beginning of the key, by which keys are distinguished.',
  })
  prefix: string;

  @ApiProperty({ enum: Scope, enumName: 'Scope', isArray: true, example: [Scope.Reports] })
  scopes: Scope[];

  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    description: "The key of the same client that made it; `null` for one of an operator's.",
  })
  issued_by: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  expires_at: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  revoked_at: string | null;

  @ApiProperty({ format: 'date-time' })
  created_at: string;
}

export class IssuedApiKeyView extends ApiKeyView {
  @ApiProperty({
    example: 'ork_4fGhV1lQX0aZ7mC2sKpT9bNwYdRuJeO365f0b1c2',
    description: 'The key itself, shown this once.',
  })
  key: string;
}

export class ApiKeyPageView {
  @ApiProperty({ type: [ApiKeyView] })
  data: ApiKeyView[];

  @ApiProperty({ type: String, nullable: true })
  next_cursor: string | null;
}

export const viewApiKey = (row: ApiKeyRow): ApiKeyView => ({
  id: row.id,
  client_id: row.client_id,
  name: row.name,
  prefix: row.prefix,
  scopes: row.scopes,
  issued_by: row.issued_by,
  expires_at: row.expires_at?.toISOString() ?? null,
  revoked_at: row.revoked_at?.toISOString() ?? null,
  created_at: row.created_at.toISOString(),
});

export const viewIssuedApiKey = ({ row, key }: IssuedApiKey): IssuedApiKeyView =>
  Object.assign(viewApiKey(row), { key });
