import { ApiProperty } from '@nestjs/swagger';
import { IsString, Length, Matches } from 'class-validator';

const PLAIN_TEXT = /^\S(?:[^\p{Cc}]*\S)?$/u;

/** The body of `POST /v1/clients`. */
export class NewClientBody {
  @ApiProperty({ example: 'Acme Web Shop', minLength: 1, maxLength: 200, description: 'Unique.' })
  @IsString()
  @Length(1, 200)
  @Matches(PLAIN_TEXT, { message: 'name must be text without control characters, not framed by spaces' })
  name: string;
}
