import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';

const toNumber = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;

/** A whole number in decimal digits, within bounds that are included. */
export const IsWholeNumber =
  (min: number, max: number): PropertyDecorator =>
  (target, property) => {
    Transform(toNumber)(target, property);
    ValidateBy({
      name: 'isWholeNumber',
      validator: {
        validate: (value: unknown) => Number.isInteger(value) && Number(value) >= min && Number(value) <= max,
        defaultMessage: () => `$property must be a whole number from ${min} to ${max}`,
      },
    })(target, property);
  };
