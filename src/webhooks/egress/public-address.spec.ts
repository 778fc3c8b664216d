import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { isInRanges, isPublicAddress } from './public-address';

const NOT_PUBLIC = [
  ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '10.255.255.255', '127.0.0.1', '127.254.254.254', '172.16.0.1'],
  ...['172.31.255.255', '192.168.1.1', '169.254.169.254', '169.254.170.2', '100.64.0.1', '100.127.255.255'],
  ...[
    '192.0.0.192',
    '192.0.2.1',
    '198.18.0.1',
    '198.19.255.255',
    '198.51.100.1',
    '203.0.113.1',
    '192.88.99.1',
  ],
  ...['224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', '168.63.129.16'],
  ...['::', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '::127.0.0.1', '::7f00:1', '::ffff:0:7f00:1'],
  ...[
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::1',
    '2002:7f00:1::',
    '2002:7f00:1::1',
    '2001::1',
    '2001:0:53aa:64c::1',
  ],
  ...[
    '2001:db8::1',
    '2001:10::1',
    '2001:20::1',
    '3fff::1',
    '3fff:fff::1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
  ],
  ...['fe80::1%eth0', 'fec0::1', 'ff02::1', '100::1', '5f00::1', '4000::1', '8000::1', 'not an address', ''],
];
const PUBLIC = [
  ...['8.8.8.8', '1.1.1.1', '93.184.216.34', '172.15.255.255', '172.32.0.1', '192.167.0.1', '100.63.255.255'],
  ...['100.128.0.1', '169.253.0.1', '223.255.255.254', '198.17.0.1', '168.63.129.15'],
  ...['2606:4700:4700::1111', '2001:4860:4860::8888', '2a00:1450::1', '::ffff:8.8.8.8'],
];

it.each(NOT_PUBLIC)('%j is not public', (address) => expect(isPublicAddress(address)).toBe(false));

it.each(PUBLIC)('%j is public', (address) => expect(isPublicAddress(address)).toBe(true));

it('takes an IPv4 address in IPv6 clothes for what it is, or refuses it', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      const octets = ipaddr.IPv4.parse(address).octets.map((octet) => octet.toString(16).padStart(2, '0'));
      const [a, b] = [octets.slice(0, 2).join(''), octets.slice(2).join('')];
      expect(isPublicAddress(`::ffff:${a}:${b}`)).toBe(isPublicAddress(address));
      for (const other of [`::${a}:${b}`, `::ffff:0:${a}:${b}`, `64:ff9b::${a}:${b}`, `2002:${a}:${b}::1`]) {
        expect(isPublicAddress(other)).toBe(false);
      }
    }),
  );
});

it('finds addresses in ranges of their own kind', () => {
  expect(isInRanges('127.1.2.3', ['127.0.0.0/8'])).toBe(true);
  expect(isInRanges('::ffff:127.1.2.3', ['127.0.0.0/8'])).toBe(true);
  expect(isInRanges('128.0.0.1', ['127.0.0.0/8'])).toBe(false);
  expect(isInRanges('::1', ['127.0.0.0/8'])).toBe(false);
  expect(isInRanges('fd00::5', ['10.0.0.0/8', 'fd00::/8'])).toBe(true);
  expect(isInRanges('nonsense', ['0.0.0.0/0'])).toBe(false);
});
