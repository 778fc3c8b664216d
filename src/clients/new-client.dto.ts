import { ApiProperty } from '@nestjs/swagger';
import { IsString, Length, Matches } from 'class-validator';

const UNFRAMED_TEXT =
  // eslint-disable-next-line no-control-regex -- control characters are what it refuses
  /^[^\s\u0000-\u001F\u007F-\u009F](?:[^\u0000-\u001F\u007F-\u009F]*[^\s\u0000-\u001F\u007F-\u009F])?$/u;

/** The body of `POST /v1/clients`. */
export class NewClientBody {
  @ApiProperty({
    example: 'Acme Web Shop',
    minLength: 1,
    maxLength: 200,
    pattern: UNFRAMED_TEXT.source,
    description: 'Unique.',
  })
  @IsString()
  @Length(1, 200)
  @Matches(UNFRAMED_TEXT, { message: 'name must be text without control characters, not framed by spaces' })
  name: string;
}
