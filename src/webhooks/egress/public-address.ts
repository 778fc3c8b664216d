import ipaddr from 'ipaddr.js';

/** The only part of IPv6 that is handed out for the public Internet (RFC 4291, IANA). */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/** What ipaddr.js takes for ordinary addresses, but nobody on the public Internet answers there. */
const SPECIAL_V4 = [
  '168.63.129.16/32',
  '192.0.0.0/24',
  '192.88.99.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.175.48.0/24',
].map((range) => ipaddr.IPv4.parseCIDR(range));
const SPECIAL_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20'].map(
  (range) => ipaddr.IPv6.parseCIDR(range),
);

/**
 * Whether an address belongs to the public Internet. Anything that is not surely public is not: private, loopback,
 * link-local, metadata services, transition mechanisms that carry another address inside, documentation, multicast,
 * and what is not allocated.
 *
 * @param text an IPv4 or IPv6 address; anything else is not public
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text);
  if (address.range() !== 'unicast') return false;
  if (address instanceof ipaddr.IPv4) return !SPECIAL_V4.some((range) => address.match(range));
  return address.match(GLOBAL_UNICAST) && !SPECIAL_V6.some((range) => address.match(range));
}

/** Whether an address lies in one of the ranges (CIDR). An IPv4 address in IPv6 clothes counts as what it is. */
export function isInRanges(text: string, ranges: readonly string[]): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text);
  return ranges.some((range) => {
    const [base, bits] = ipaddr.parseCIDR(range);
    return address.kind() === base.kind() && address.match(base, bits);
  });
}
