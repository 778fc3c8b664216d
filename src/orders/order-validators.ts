import { Transform } from 'class-transformer';
import { buildMessage, ValidateBy } from 'class-validator';
import { parseDecimal } from '../common/decimal';
import { parseTimestamp } from '../common/timestamp';

const isText = (value: unknown): value is string => typeof value === 'string';

/** An exact decimal as a string, as `parseDecimal` reads it; a JSON number would have been rounded on its way. */
export const IsDecimal = (): PropertyDecorator =>
  ValidateBy({
    name: 'isDecimal',
    validator: {
      validate: (value: unknown) => isText(value) && parseDecimal(value) !== undefined,
      defaultMessage: buildMessage(
        (prefix) =>
          `${prefix}$property must be a decimal in a string, with at most 15 digits before and 4 after the point`,
      ),
    },
  });

export const IsPositiveDecimal = (): PropertyDecorator =>
  ValidateBy({
    name: 'isPositiveDecimal',
    validator: {
      validate: (value: unknown) => isText(value) && (parseDecimal(value) ?? 0n) > 0n,
      defaultMessage: buildMessage(
        (prefix) => `${prefix}$property must be a decimal in a string, more than 0`,
      ),
    },
  });

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

/** Text of one line, so without control characters, that has something to see. The space around it is taken off. */
export const IsPlainText =
  (): PropertyDecorator =>
  (target, property): void => {
    Transform(({ value }: { value: unknown }) => (isText(value) ? value.trim() : value))(target, property);
    ValidateBy({
      name: 'isPlainText',
      validator: {
        validate: (value: unknown) => isText(value) && isVisible(value) && !hasControlCharacters(value),
        defaultMessage: buildMessage(
          (prefix) => `${prefix}$property must be text without control characters`,
        ),
      },
    })(target, property);
  };

/** Whether there is anything to see: not white space alone, nor characters without a shape such as U+200B. */
export const isVisible = (text: string): boolean => /[^\p{Z}\p{C}]/u.test(text);

/** Whether there is anything that breaks a line or steers a terminal: C0, DEL and C1, tabs and line ends included. */
export const hasControlCharacters = (text: string): boolean => /\p{Cc}/u.test(text);
