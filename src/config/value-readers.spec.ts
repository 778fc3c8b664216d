import fc from 'fast-check';
import { parseDurations } from './value-readers';
import { InvalidConfigurationError, readEnvironment } from './app-config';

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

describe('parseDurations', () => {
  it('reads the schedule of the callbacks', () => {
    expect(parseDurations('5s,5m,2h,1d')).toEqual([5_000, 300_000, 7_200_000, 86_400_000]);
  });

  it('reads any list of amounts and units, in order', () => {
    const part = fc.tuple(fc.nat(10_000), fc.constantFrom(...(Object.keys(UNITS) as (keyof typeof UNITS)[])));
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 20 }), (parts) => {
        const text = parts.map(([amount, unit]) => `${amount}${unit}`).join(',');
        expect(parseDurations(text)).toEqual(parts.map(([amount, unit]) => amount * UNITS[unit]));
      }),
    );
  });

  it.each(['5', '5x', '', '5s,', '5 s,5w'])('refuses "%s"', (text) => {
    expect(() => parseDurations(text)).toThrow(RangeError);
  });
});

const REFUSED = [
  '127.0.0.0/33',
  '10/8',
  '010.0.0.0/8',
  '10.0.0/8',
  '0x7f.0.0.0/8',
  '256.0.0.0/8',
  '10.0.0.0/08',
  '10.0.0.0',
  'fd00::/129',
  'fd00::/8/8',
  'fe80::1%eth0/64',
  '10.0.0.0/8,',
  '10.0.0.0/8, 127.0.0.0/8',
  'localhost/8',
];

describe.each(['CALLBACK_ALLOWED_ADDRESSES', 'TRUSTED_PROXIES'])('%s', (variable) => {
  it.each(REFUSED)('refuses %j', (value) => {
    expect(() => readEnvironment({ [variable]: value })).toThrow(InvalidConfigurationError);
  });

  it.each(['127.0.0.0/8', '0.0.0.0/0', '10.0.0.1/32,fd00::/8', '::1/128', '::/0'])('takes %j', (value) => {
    expect(readEnvironment({ [variable]: value })).toHaveProperty(variable, value);
  });
});
