import { Transform } from 'class-transformer';
import { IsBoolean, ValidateBy } from 'class-validator';
import ipaddr from 'ipaddr.js';

const UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `5s,5m,2h` to milliseconds. The text must have been validated. */
export function parseDurations(text: string): number[] {
  return text.split(',').map((part) => {
    const unit = UNIT_MS[part.slice(-1)];
    if (unit === undefined) throw new RangeError(`"${part}" is not a duration`);
    return Number(part.slice(0, -1)) * unit;
  });
}

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

const toBoolean = ({ value }: { value: unknown }): unknown =>
  value === 'true' || value === '1' ? true : value === 'false' || value === '0' ? false : value;

/** `true` or `1`, `false` or `0`. */
export const IsSwitch = (): PropertyDecorator => (target, property) => {
  Transform(toBoolean)(target, property);
  IsBoolean({ message: '$property must be true or false' })(target, property);
};

/** Addresses that other readers take for others (`10/8`, `010.0.0.0/8`) are refused, as are prefixes that are too long. */
function isCidr(text: string): boolean {
  const [, address = '', bits = ''] = /^([^/%]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) return Number(bits) <= 32;
  return address.includes(':') && ipaddr.IPv6.isValid(address) && Number(bits) <= 128;
}

/** Ranges of addresses as `10.0.0.0/8` or `fd00::/8`, separated by commas. */
export const IsCidrList = (): PropertyDecorator =>
  ValidateBy({
    name: 'isCidrList',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && value.split(',').every(isCidr),
      defaultMessage: () =>
        '$property must be a comma-separated list of CIDR ranges such as 10.0.0.0/8,fd00::/8',
    },
  });
