import { applyDecorators, type Type as ClassType } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, type ApiPropertyOptions } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsBoolean,
  IsDefined,
  IsEnum,
  IsObject,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { IsPlainText, PLAIN_TEXT_PATTERN } from '../common/plain-text';
import { MayBeLeftOut } from '../common/validators';
import type { NewOrder, NewOrderLine, OrderHead } from './order';
import { AMOUNT_SCALE, PRICE_SCALE, QUANTITY_SCALE } from './order-amounts';
import { ORDER_LIMITS } from './order-limits';
import { OrderStatus } from './order-status';
import { parseTimestamp, TIMESTAMP_PATTERN } from '../common/timestamp';
import { CURRENCY_PATTERN } from '../common/currency';
import { decimalPattern, ZERO_PATTERN } from '../common/decimal';
import { IsCurrency, IsDecimal, IsNotZero, IsOrderTime } from './order-validators';

const plainText = (maxLength: number): ApiPropertyOptions => ({
  minLength: 1,
  maxLength,
  pattern: PLAIN_TEXT_PATTERN,
});

export class NewOrderLineBody {
  @ApiProperty({ example: 'FUR-BO-10001798', ...plainText(ORDER_LIMITS.skuLength) })
  @MaxLength(ORDER_LIMITS.skuLength)
  @IsPlainText()
  sku: string;

  @ApiProperty({
    example: 'Bush Somerset Collection Bookcase',
    ...plainText(ORDER_LIMITS.descriptionLength),
  })
  @MaxLength(ORDER_LIMITS.descriptionLength)
  @IsPlainText()
  description: string;

  @ApiProperty({
    example: '2',
    pattern: decimalPattern(QUANTITY_SCALE),
    not: { pattern: ZERO_PATTERN },
    description: `Exact decimal, not 0, at most ${QUANTITY_SCALE} decimals; negative for a return.`,
  })
  @IsNotZero()
  @IsDecimal(QUANTITY_SCALE)
  quantity: string;

  @ApiProperty({
    example: '130.98',
    pattern: decimalPattern(PRICE_SCALE),
    description: `Exact decimal, at most ${PRICE_SCALE} decimals, which may be finer than the currency's; negative for a discount.`,
  })
  @IsDecimal(PRICE_SCALE)
  unit_price: string;
}

const NUMBER: ApiPropertyOptions = {
  example: 'CA-2016-152156',
  ...plainText(ORDER_LIMITS.numberLength),
  description: 'Unique among your orders.',
};

const amount = (
  description: string,
  example: string,
  sign: 'signed' | 'unsigned' = 'signed',
): ApiPropertyOptions => ({
  example,
  pattern: decimalPattern(AMOUNT_SCALE, sign),
  description: `Exact decimal, with no more digits than the currency has (ISO 4217). ${description} Left out: 0.`,
});

/** An order without its number and lines. */
export class OrderHeadBody {
  @ApiProperty({
    example: '2016-11-08T14:30:00Z',
    pattern: TIMESTAMP_PATTERN,
    description: 'A date (its midnight in UTC) or an ISO 8601 time; UTC where it has no offset.',
  })
  @IsOrderTime()
  ordered_at: string;

  @ApiPropertyOptional({ enum: OrderStatus, enumName: 'OrderStatus', description: 'Left out: `pending`.' })
  @MayBeLeftOut()
  @IsEnum(OrderStatus)
  status?: OrderStatus;

  @ApiProperty({
    example: 'USD',
    pattern: CURRENCY_PATTERN,
    description: 'ISO 4217, in capitals; not the codes that have no minor unit, such as XAU.',
  })
  @IsCurrency()
  currency: string;

  @ApiProperty({ example: 'Claire Gute', ...plainText(ORDER_LIMITS.customerNameLength) })
  @MaxLength(ORDER_LIMITS.customerNameLength)
  @IsPlainText()
  customer_name: string;

  @ApiPropertyOptional({
    example: 'CG-12520',
    ...plainText(ORDER_LIMITS.customerReferenceLength),
    description: "The customer's number in your own books.",
  })
  @MayBeLeftOut()
  @MaxLength(ORDER_LIMITS.customerReferenceLength)
  @IsPlainText()
  customer_reference?: string;

  @ApiPropertyOptional(amount('Of the whole order, taken off the lines; not negative.', '5.00', 'unsigned'))
  @MayBeLeftOut()
  @IsDecimal(AMOUNT_SCALE)
  discount_total?: string;

  @ApiPropertyOptional(amount('Not negative.', '4.90', 'unsigned'))
  @MayBeLeftOut()
  @IsDecimal(AMOUNT_SCALE)
  shipping_total?: string;

  @ApiPropertyOptional(amount('Added to the total, unless it is included in the prices.', '12.35'))
  @MayBeLeftOut()
  @IsDecimal(AMOUNT_SCALE)
  tax_total?: string;

  @ApiPropertyOptional({
    example: false,
    description:
      'Whether prices contain the tax: `tax_total` is then shown, and not added. Left out: `false`.',
  })
  @MayBeLeftOut()
  @IsBoolean()
  tax_included?: boolean;

  @ApiPropertyOptional(
    amount(
      "What the source's own total has beyond these: tips, duties, cash rounding; may be negative.",
      '0.05',
    ),
  )
  @MayBeLeftOut()
  @IsDecimal(AMOUNT_SCALE)
  adjustment_total?: string;

  @ApiPropertyOptional({
    example: '0.00',
    pattern: decimalPattern(AMOUNT_SCALE, 'unsigned'),
    description:
      'Exact decimal between 0 and the total. Left out: 0; the whole total when the status `refunded` is written.',
  })
  @MayBeLeftOut()
  @IsDecimal(AMOUNT_SCALE)
  refunded_total?: string;
}

/** The lines of an order, as many as are validated together. Of what is wrong, the last rule that it breaks is said. */
export const AreLines = (line: () => ClassType): PropertyDecorator =>
  applyDecorators(
    Type(line),
    ValidateNested({ each: true }),
    IsObject({ each: true }),
    ArrayMaxSize(ORDER_LIMITS.linesPerRequest),
    ArrayNotEmpty(),
    IsArray(),
    IsDefined(),
  );

export class OrderWithLinesBody extends OrderHeadBody {
  @ApiProperty({
    type: [NewOrderLineBody],
    minItems: 1,
    maxItems: ORDER_LIMITS.linesPerRequest,
    description: `More than ${ORDER_LIMITS.linesPerRequest} lines, up to ${ORDER_LIMITS.linesPerOrder}, are imported.`,
  })
  @AreLines(() => NewOrderLineBody)
  lines: NewOrderLineBody[];
}

/** The body of `PUT /v1/orders/by-number/{number}`: as of `POST /v1/orders`. */
export class OrderReplacementBody extends OrderWithLinesBody {
  @ApiPropertyOptional({ ...NUMBER, description: 'If it is given, it is that of the address.' })
  @MayBeLeftOut()
  @MaxLength(ORDER_LIMITS.numberLength)
  @IsPlainText()
  number?: string;
}

/** Whose number is in the address. */
export class OrderNumberParams {
  @ApiProperty(NUMBER)
  @MaxLength(ORDER_LIMITS.numberLength)
  @IsPlainText()
  number: string;
}

/** The body of `POST /v1/orders`. Totals are computed. */
export class NewOrderBody extends OrderWithLinesBody {
  @ApiProperty(NUMBER)
  @MaxLength(ORDER_LIMITS.numberLength)
  @IsPlainText()
  number: string;
}

export function toHead(body: OrderHeadBody): OrderHead {
  const orderedAt = parseTimestamp(body.ordered_at);
  if (orderedAt === undefined) throw new RangeError('The time was not validated.');
  return {
    orderedAt,
    status: body.status ?? OrderStatus.Pending,
    currency: body.currency,
    customerName: body.customer_name,
    customerReference: body.customer_reference ?? null,
    discountTotal: body.discount_total ?? '0',
    shippingTotal: body.shipping_total ?? '0',
    taxTotal: body.tax_total ?? '0',
    taxIncluded: body.tax_included ?? false,
    adjustmentTotal: body.adjustment_total ?? '0',
    refundedTotal: body.refunded_total,
  };
}

export const toLines = (lines: NewOrderLineBody[]): NewOrderLine[] =>
  lines.map(({ sku, description, quantity, unit_price }) => ({
    sku,
    description,
    quantity,
    unitPrice: unit_price,
  }));

export const toNewOrder = (body: OrderWithLinesBody, number: string): NewOrder => ({
  ...toHead(body),
  number,
  lines: toLines(body.lines),
});
