import { ValidateBy } from 'class-validator';
import ipaddr from 'ipaddr.js';

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
