import { ApiProperty } from '@nestjs/swagger';

/** A signed link. */
export class ReportLinkView {
  @ApiProperty({ format: 'uri', description: 'Opens the file without an API key: treat it as a secret.' })
  url: string;

  @ApiProperty({ format: 'date-time' })
  expires_at: string;

  @ApiProperty({ description: 'The file that it opens, as in the job.' })
  sha256: string;
}
