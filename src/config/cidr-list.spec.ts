import { InvalidConfigurationError, readEnvironment } from './app-config';

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
