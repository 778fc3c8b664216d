import { ApiProperty } from '@nestjs/swagger';
import { MaxLength } from 'class-validator';
import { IsPlainText, PLAIN_TEXT_PATTERN } from '../common/plain-text';
import { ORDER_LIMITS } from '../orders/order-limits';

/** The body of `POST /v1/erasures`. */
export class ErasureBody {
  @ApiProperty({
    example: 'DK-13375',
    minLength: 1,
    pattern: PLAIN_TEXT_PATTERN,
    maxLength: ORDER_LIMITS.customerReferenceLength,
    description: 'Of the person, exactly as the orders have it: case counts. The space around it does not.',
  })
  @MaxLength(ORDER_LIMITS.customerReferenceLength)
  @IsPlainText()
  customer_reference: string;
}
