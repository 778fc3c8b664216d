import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsDefined,
  IsEnum,
  IsISO4217CurrencyCode,
  IsObject,
  IsUppercase,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { MayBeLeftOut } from '../common/validators';
import type { NewOrder } from './order';
import { ORDER_LIMITS } from './order-limits';
import { OrderStatus } from './order-status';
import { parseTimestamp } from '../common/timestamp';
import { IsDecimal, IsOrderTime, IsPlainText, IsPositiveDecimal } from './order-validators';

export class NewOrderLineBody {
  @ApiProperty({ example: 'FUR-BO-10001798', maxLength: ORDER_LIMITS.skuLength })
  @MaxLength(ORDER_LIMITS.skuLength)
  @IsPlainText()
  sku: string;

  @ApiProperty({ example: 'Bush Somerset Collection Bookcase', maxLength: ORDER_LIMITS.descriptionLength })
  @MaxLength(ORDER_LIMITS.descriptionLength)
  @IsPlainText()
  description: string;

  @ApiProperty({ example: '2', description: 'Exact decimal, more than 0, at most 4 decimals.' })
  @IsPositiveDecimal()
  quantity: string;

  @ApiProperty({
    example: '130.98',
    description: 'Exact decimal, at most 4 decimals; negative for a discount.',
  })
  @IsDecimal()
  unit_price: string;
}

/** The body of `POST /v1/orders`. Totals are computed. */
export class NewOrderBody {
  @ApiProperty({
    example: 'CA-2016-152156',
    maxLength: ORDER_LIMITS.numberLength,
    description: 'Unique among your orders.',
  })
  @MaxLength(ORDER_LIMITS.numberLength)
  @IsPlainText()
  number: string;

  @ApiProperty({
    example: '2016-11-08T14:30:00Z',
    description: 'A date (its midnight in UTC) or an ISO 8601 time; UTC where it has no offset.',
  })
  @IsOrderTime()
  ordered_at: string;

  @ApiPropertyOptional({ enum: OrderStatus, enumName: 'OrderStatus', default: OrderStatus.Pending })
  @MayBeLeftOut()
  @IsEnum(OrderStatus)
  status?: OrderStatus;

  @ApiProperty({ example: 'USD', description: 'ISO 4217.' })
  @IsUppercase()
  @IsISO4217CurrencyCode()
  currency: string;

  @ApiProperty({ example: 'Claire Gute', maxLength: ORDER_LIMITS.customerNameLength })
  @MaxLength(ORDER_LIMITS.customerNameLength)
  @IsPlainText()
  customer_name: string;

  @ApiPropertyOptional({
    example: 'CG-12520',
    maxLength: ORDER_LIMITS.customerReferenceLength,
    description: "The customer's number in your own books.",
  })
  @MayBeLeftOut()
  @MaxLength(ORDER_LIMITS.customerReferenceLength)
  @IsPlainText()
  customer_reference?: string;

  @ApiProperty({
    type: [NewOrderLineBody],
    minItems: 1,
    maxItems: ORDER_LIMITS.linesPerRequest,
    description: `More than ${ORDER_LIMITS.linesPerRequest} lines, up to ${ORDER_LIMITS.linesPerOrder}, are imported.`,
  })
  @IsDefined()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(ORDER_LIMITS.linesPerRequest)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => NewOrderLineBody)
  lines: NewOrderLineBody[];
}

export function toNewOrder(body: NewOrderBody): NewOrder {
  const orderedAt = parseTimestamp(body.ordered_at);
  if (orderedAt === undefined) throw new RangeError('The time was not validated.');
  return {
    number: body.number,
    orderedAt,
    status: body.status ?? OrderStatus.Pending,
    currency: body.currency,
    customerName: body.customer_name,
    customerReference: body.customer_reference ?? null,
    lines: body.lines.map(({ sku, description, quantity, unit_price }) => ({
      sku,
      description,
      quantity,
      unitPrice: unit_price,
    })),
  };
}
