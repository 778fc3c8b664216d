import { ApiProperty } from '@nestjs/swagger';
import { IsString, Length, Matches } from 'class-validator';

const PLAIN_TEXT = /^\S(?:[^\p{Cc}]*\S)?$/u;
/** For the documents: the same, in what JSON Schema shares with all languages. */
const FRAMED_TEXT_PATTERN =
  '^[^\\s\\u0000-\\u001F\\u007F-\\u009F]([^\\u0000-\\u001F\\u007F-\\u009F]*[^\\s\\u0000-\\u001F\\u007F-\\u009F])?$';

/** The body of `POST /v1/clients`. */
export class NewClientBody {
  @ApiProperty({
    example: 'Acme Web Shop',
    minLength: 1,
    maxLength: 200,
    pattern: FRAMED_TEXT_PATTERN,
    description: 'Unique.',
  })
  @IsString()
  @Length(1, 200)
  @Matches(PLAIN_TEXT, { message: 'name must be text without control characters, not framed by spaces' })
  name: string;
}
