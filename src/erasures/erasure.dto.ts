import { ApiProperty } from '@nestjs/swagger';
import { IsString, Length } from 'class-validator';
import { ORDER_LIMITS } from '../orders/order-limits';

/** The body of `POST /v1/erasures`. */
export class ErasureBody {
  @ApiProperty({
    example: 'DK-13375',
    minLength: 1,
    maxLength: ORDER_LIMITS.customerReferenceLength,
    description: 'Of the person, exactly as the orders have it.',
  })
  @IsString()
  @Length(1, ORDER_LIMITS.customerReferenceLength)
  customer_reference: string;
}
