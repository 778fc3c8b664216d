import { buildMessage, ValidateBy, type ValidationOptions } from 'class-validator';
import { minorUnit } from '../common/currency';
import { parseDecimal } from '../common/decimal';
import { parseTimestamp } from '../common/timestamp';

const isText = (value: unknown): value is string => typeof value === 'string';

/**
 * An exact decimal as a string, as `parseDecimal` reads it; a JSON number would have been rounded on its way.
 *
 * @param scale digits that it may have after the point
 */
export const IsDecimal = (scale: number): PropertyDecorator =>
  ValidateBy({
    name: 'isDecimal',
    validator: {
      validate: (value: unknown) => isText(value) && parseDecimal(value, scale) !== undefined,
      defaultMessage: buildMessage(
        (prefix) =>
          `${prefix}$property must be a decimal in a string, with at most 15 digits before and ${scale} after the point`,
      ),
    },
  });

/** Says nothing of what is no decimal: that has its own message. */
export const IsNotZero = (): PropertyDecorator =>
  ValidateBy({
    name: 'isNotZero',
    validator: {
      validate: (value: unknown) => !isText(value) || !/^[+-]?0+(\.0+)?$/.test(value),
      defaultMessage: buildMessage((prefix) => `${prefix}$property must not be 0`),
    },
  });

/** A code of ISO 4217 that has a minor unit. */
export const IsCurrency = (options?: ValidationOptions): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isCurrency',
      validator: {
        validate: (value: unknown) => isText(value) && minorUnit(value) !== undefined,
        defaultMessage: buildMessage(
          (prefix) =>
            `${prefix}$property must be a code of ISO 4217 such as USD, in capitals, that has a minor unit`,
          options,
        ),
      },
    },
    options,
  );

/** A date or a time as `parseTimestamp` reads it. */
export const IsOrderTime = (): PropertyDecorator =>
  ValidateBy({
    name: 'isOrderTime',
    validator: {
      validate: (value: unknown) => isText(value) && parseTimestamp(value) !== undefined,
      defaultMessage: buildMessage(
        (prefix) =>
          `${prefix}$property must be an existing date such as 2016-11-08 or a time such as 2016-11-08T14:30:00Z`,
      ),
    },
  });
