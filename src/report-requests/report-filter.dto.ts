import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsEnum,
  IsString,
  Length,
  ValidateBy,
} from 'class-validator';
import { CURRENCY_PATTERN } from '../common/currency';
import { decimalPattern, parseDecimal } from '../common/decimal';
import { STORABLE_PATTERN } from '../common/plain-text';
import { MayBeLeftOut } from '../common/validators';
import { AMOUNT_SCALE } from '../orders/order-amounts';
import { ORDER_LIMITS } from '../orders/order-limits';
import { OrderStatus } from '../orders/order-status';
import { IsCurrency, IsDecimal } from '../orders/order-validators';

const STATUS_COUNT = Object.keys(OrderStatus).length;
const MOST_CURRENCIES = 50;
const MOST_REFERENCES = 100;

/** One is as good as a list of one. */
const OneOrSeveral = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? [value] : value));

const oneOrSeveral = <Item extends object>(items: Item, maxItems: number) => [
  items,
  { type: 'array', items, minItems: 1, maxItems, uniqueItems: true },
];

/** Says nothing of what is no decimal: that has its own message. */
const IsNotBelow = (other: 'min_total'): PropertyDecorator =>
  ValidateBy({
    name: 'isNotBelow',
    validator: {
      validate: (value, args) => {
        const [amount, least] = [value, (args?.object as ReportFilterBody)[other]].map((text: unknown) =>
          typeof text === 'string' ? parseDecimal(text, AMOUNT_SCALE) : undefined,
        );
        return amount === undefined || least === undefined || amount >= least;
      },
      defaultMessage: () => `$property must not be below ${other}`,
    },
  });

/** Different statuses. Of what is wrong, the last rule that it breaks is said. */
export const AreStatuses = (description: string): PropertyDecorator =>
  applyDecorators(
    IsEnum(OrderStatus, { each: true }),
    ArrayUnique(),
    ArrayMaxSize(STATUS_COUNT),
    ArrayNotEmpty(),
    IsArray(),
    ApiPropertyOptional({
      enum: OrderStatus,
      enumName: 'OrderStatus',
      isArray: true,
      minItems: 1,
      maxItems: STATUS_COUNT,
      uniqueItems: true,
      description,
    }),
  );

/** Which orders of the period a report shows. */
export class ReportFilterBody {
  @MayBeLeftOut()
  @AreStatuses('Only orders with one of these.')
  status?: OrderStatus[];

  @ApiPropertyOptional({
    oneOf: oneOrSeveral({ type: 'string', pattern: CURRENCY_PATTERN }, MOST_CURRENCIES),
    example: 'EUR',
    description: 'Only orders in this currency (ISO 4217), or in one of these.',
  })
  @MayBeLeftOut()
  @OneOrSeveral()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(MOST_CURRENCIES)
  @ArrayUnique()
  @IsCurrency({ each: true })
  currency?: string[];

  @ApiPropertyOptional({
    oneOf: oneOrSeveral(
      {
        type: 'string',
        minLength: 1,
        maxLength: ORDER_LIMITS.customerReferenceLength,
        pattern: STORABLE_PATTERN,
      },
      MOST_REFERENCES,
    ),
    example: 'CG-12520',
    description: 'Only orders of the customer with this reference, or with one of these.',
  })
  @MayBeLeftOut()
  @OneOrSeveral()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(MOST_REFERENCES)
  @ArrayUnique()
  @IsString({ each: true })
  @Length(1, ORDER_LIMITS.customerReferenceLength, { each: true })
  customer_reference?: string[];

  @ApiPropertyOptional({
    example: '100.00',
    pattern: decimalPattern(AMOUNT_SCALE),
    description: 'Only orders whose total, in their own currency, is this or more; an exact decimal.',
  })
  @MayBeLeftOut()
  @IsDecimal(AMOUNT_SCALE)
  min_total?: string;

  @ApiPropertyOptional({
    example: '5000',
    pattern: decimalPattern(AMOUNT_SCALE),
    description: 'Only orders whose total is this or less.',
  })
  @MayBeLeftOut()
  @IsNotBelow('min_total')
  @IsDecimal(AMOUNT_SCALE)
  max_total?: string;
}
