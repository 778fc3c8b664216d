import fc from 'fast-check';
import {
  parseSecret,
  publicKeyOf,
  publicKeyText,
  SECRET_PATTERN,
  secretText,
  signatureHeader,
} from './standard-webhooks';

const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const TIMESTAMP = 1_614_265_330;
const BODY = Buffer.from('{"test": 2432232314}');
const SECRET = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
/** The seed, and the public key behind it. */
const ED25519 = Buffer.from(
  '6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==',
  'base64',
);

describe('the golden vectors of Standard Webhooks', () => {
  it('are met by HMAC', () => {
    expect(signatureHeader(ID, TIMESTAMP, BODY, [{ scheme: 'v1', key: SECRET }])).toBe(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    );
  });

  it('are met by Ed25519', () => {
    const seed = ED25519.subarray(0, 32);
    expect(publicKeyOf(seed)).toEqual(ED25519.subarray(32));
    expect(signatureHeader(ID, TIMESTAMP, BODY, [{ scheme: 'v1a', key: seed }])).toBe(
      'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==',
    );
  });
});

it('signs with every key, so that old and new both verify during a rotation', () => {
  const header = signatureHeader(ID, TIMESTAMP, BODY, [
    { scheme: 'v1', key: SECRET },
    { scheme: 'v1', key: Buffer.alloc(32, 7) },
  ]);
  expect(header.split(' ')).toHaveLength(2);
});

it('writes and reads secrets of 24 to 64 bytes', () => {
  expect(parseSecret(secretText(SECRET))).toEqual(SECRET);
  expect(parseSecret(secretText(Buffer.alloc(23)))).toBeNull();
  expect(parseSecret(secretText(Buffer.alloc(65)))).toBeNull();
  expect(parseSecret('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')).toBeNull();
  // No multiple of eight bits.
  expect(parseSecret(`whsec_${'A'.repeat(33)}`)).toBeNull();
  expect(parseSecret(`whsec_${'A'.repeat(42)}B`)).toBeNull();
  expect(publicKeyText(ED25519.subarray(32))).toMatch(/^whpk_/);
});

it('describes secrets to clients as it reads them', () => {
  const pattern = new RegExp(SECRET_PATTERN);
  const bytes = fc.uint8Array({ minLength: 20, maxLength: 68 }).map((key) => secretText(Buffer.from(key)));
  const spoiled = fc
    .tuple(bytes, fc.nat(90), fc.constantFrom('', 'A', 'B', '=', '-'))
    .map(([text, at, letter]) => {
      const place = Math.min(at, text.length);
      return text.slice(0, place) + letter + text.slice(place + 1);
    });
  fc.assert(
    fc.property(fc.oneof(bytes, spoiled), (text) => {
      expect(pattern.test(text)).toBe(parseSecret(text) !== null);
    }),
    { numRuns: 2_000 },
  );
});
