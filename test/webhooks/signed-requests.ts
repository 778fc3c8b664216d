import {
  publicKeyOf,
  publicKeyText,
  secretText,
  signatureHeader,
  SigningKey,
} from '../../src/webhooks/signing/standard-webhooks';
import type { Attempt } from './verification-sample';

/** The golden vectors of Standard Webhooks 1.0. The samples know no clock but the machine's: to them these are old. */
export const GOLDEN = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1_614_265_330 };
export const BODY = Buffer.from('{"test": 2432232314}');
export const HMAC: SigningKey = {
  scheme: 'v1',
  key: Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64'),
};
export const ED25519: SigningKey = {
  scheme: 'v1a',
  key: Buffer.from('6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc=', 'base64'),
};
export const GOLDEN_V1 = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
export const GOLDEN_V1A =
  'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==';
const NO_UTF8 = Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x0d, 0x0a, 0x7d]);

const verifierOf = ({ scheme, key }: SigningKey): string =>
  scheme === 'v1' ? secretText(key) : publicKeyText(publicKeyOf(key));

const other = ({ scheme }: SigningKey): SigningKey => ({ scheme, key: Buffer.alloc(32, 9) });

/** What must be said of each request, by what it is; signed just now unless it says otherwise. */
export function signedRequests(
  key: SigningKey,
  golden: string,
): { what: string; genuine: boolean; attempt: Attempt }[] {
  const now = Math.floor(Date.now() / 1_000);
  const { id } = GOLDEN;
  const sign = (body = BODY, timestamp = now, keys = [key]): string =>
    signatureHeader(id, timestamp, body, keys);
  const signatures = sign();
  const good: Attempt = { key: verifierOf(key), id, timestamp: String(now), signatures, body: BODY };
  const at = (timestamp: number): Partial<Attempt> => ({
    timestamp: String(timestamp),
    signatures: sign(BODY, timestamp),
  });
  const flipped = Buffer.from(BODY);
  flipped[3]! ^= 1;
  const encoded = signatures.slice(key.scheme.length + 1);
  const both = signatureHeader(id, now, BODY, [HMAC, ED25519]);
  const genuine: Record<string, Partial<Attempt>> = {
    'a good one': {},
    'a body that is no UTF-8': { body: NO_UTF8, signatures: sign(NO_UTF8) },
    'an empty body': { body: Buffer.alloc(0), signatures: sign(Buffer.alloc(0)) },
    'a minute ago': at(now - 60),
    'in a minute': at(now + 60),
    'the old secret first': { signatures: sign(BODY, now, [other(key), key]) },
    'the old secret last': { signatures: sign(BODY, now, [key, other(key)]) },
    'both schemes': { signatures: both },
    'both schemes, the other way round': { signatures: both.split(' ').reverse().join(' ') },
    'after what is no signature': { signatures: `v1 v1, v1a, v9,AAAA nonsense ${signatures}` },
  };
  const forged: Record<string, Partial<Attempt>> = {
    'a flipped bit': { body: flipped },
    'a byte more': { body: Buffer.concat([BODY, Buffer.from(' ')]) },
    'another id': { id: `${id}x` },
    'a second later than signed': { timestamp: String(now + 1) },
    'the golden vector, which is old': { timestamp: String(GOLDEN.timestamp), signatures: golden },
    'ten minutes ago': at(now - 600),
    'in ten minutes': at(now + 600),
    'a wrong secret': { key: verifierOf(other(key)) },
    'a wrong secret, several signatures': { key: verifierOf(other(key)), signatures: both },
    'no id': { id: undefined },
    'no timestamp': { timestamp: undefined },
    'no signature': { signatures: undefined },
    'no header': { id: undefined, timestamp: undefined, signatures: undefined },
    'an empty id': { id: '' },
    'an empty timestamp': { timestamp: '' },
    'an empty signature': { signatures: '' },
    'a timestamp in words': { timestamp: 'now' },
    'a timestamp beyond all numbers': { timestamp: '9'.repeat(5_000) },
    'a signature without a scheme': { signatures: encoded },
    'a signature of another scheme': { signatures: `v2,${encoded}` },
    'half a signature': { signatures: signatures.slice(0, 20) },
    'a scheme alone': { signatures: `${key.scheme},` },
    'a signature that is no base64': { signatures: `${key.scheme},\xff\xfe*` },
  };
  return [
    ...Object.entries(genuine).map(([what, change]) => ({
      what,
      genuine: true,
      attempt: { ...good, ...change },
    })),
    ...Object.entries(forged).map(([what, change]) => ({
      what,
      genuine: false,
      attempt: { ...good, ...change },
    })),
  ];
}
