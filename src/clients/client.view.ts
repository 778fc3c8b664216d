import { ApiProperty } from '@nestjs/swagger';
import type { ClientEntity } from './client.entity';

export class ClientView {
  @ApiProperty({ format: 'uuid', example: '0192f3a5-6c4e-7d51-9a43-3f0d5f6d2c11' })
  id: string;

  @ApiProperty({ example: 'Acme Web Shop' })
  name: string;

  @ApiProperty({ format: 'date-time', example: '2016-11-08T14:30:00.000Z' })
  created_at: string;
}

export class ClientPageView {
  @ApiProperty({ type: [ClientView] })
  data: ClientView[];

  @ApiProperty({ type: String, nullable: true })
  next_cursor: string | null;
}

export const viewClient = ({ id, name, created_at }: ClientEntity): ClientView => ({
  id,
  name,
  created_at: created_at.toISOString(),
});
