import { createHmac, createPrivateKey, createPublicKey, KeyObject, randomBytes, sign } from 'node:crypto';

/** `v1` is HMAC-SHA256 with a shared secret, `v1a` Ed25519. */
export type SignatureScheme = 'v1' | 'v1a';

/** A key that signs: 24 to 64 random bytes for `v1`, the 32 bytes of the seed for `v1a`. */
export interface SigningKey {
  scheme: SignatureScheme;
  key: Buffer;
}

const SECRET_BYTES = 32;
const SECRET = /^whsec_([A-Za-z0-9+/]+={0,2})$/;
/**
 * The same as `parseSecret` reads, in what JSON Schema shares with all languages: groups of three bytes, and one or two more whose
 * last letter has no bits beyond them.
 */
export const SECRET_PATTERN =
  '^whsec_([A-Za-z0-9+/]{4}){8}(([A-Za-z0-9+/]{4}){0,12}([A-Za-z0-9+/][AQgw]|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048])?' +
  '|([A-Za-z0-9+/]{4}){13}([A-Za-z0-9+/][AQgw])?)={0,2}$';
/** PKCS #8 of an Ed25519 seed (RFC 8410) up to the seed itself. */
const PKCS8_OF_SEED = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * The value of `webhook-signature` (Standard Webhooks 1.0): each key's signature over `id.timestamp.body`, separated
 * by spaces, so that a receiver finds the one it knows while keys are rotated.
 *
 * @param timestamp unix seconds of the attempt
 * @param body the exact bytes that are sent
 */
export function signatureHeader(
  id: string,
  timestamp: number,
  body: Buffer,
  keys: readonly SigningKey[],
): string {
  const content = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  return keys.map((key) => `${key.scheme},${signatureOf(content, key).toString('base64')}`).join(' ');
}

export const newSigningKey = (scheme: SignatureScheme): SigningKey => ({
  scheme,
  key: randomBytes(SECRET_BYTES),
});

/** A secret as its owner keeps it: `whsec_` and base64. */
export const secretText = (key: Buffer): string => `whsec_${key.toString('base64')}`;

/** A secret that a client brings along, 24 to 64 bytes in proper base64; `null` when it is none. */
export function parseSecret(text: string): Buffer | null {
  const encoded = SECRET.exec(text)?.[1]?.replace(/=+$/, '');
  if (encoded === undefined) return null;
  const key = Buffer.from(encoded, 'base64');
  // A receiver that decodes strictly must come to the same bytes.
  const isProper = key.toString('base64').replace(/=+$/, '') === encoded;
  return isProper && key.length >= 24 && key.length <= 64 ? key : null;
}

/** The raw 32 bytes of the public key that belongs to an Ed25519 seed. */
export function publicKeyOf(seed: Buffer): Buffer {
  const { x = '' } = createPublicKey(privateKeyOf(seed)).export({ format: 'jwk' });
  return Buffer.from(x, 'base64url');
}

/** `whpk_` and base64, as Standard Webhooks writes a public key. */
export const publicKeyText = (publicKey: Buffer): string => `whpk_${publicKey.toString('base64')}`;

/** @param seed the 32 bytes of an Ed25519 key */
export const signEd25519 = (content: Buffer, seed: Buffer): Buffer => sign(null, content, privateKeyOf(seed));

const privateKeyOf = (seed: Buffer): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PKCS8_OF_SEED, seed]), format: 'der', type: 'pkcs8' });

function signatureOf(content: Buffer, { scheme, key }: SigningKey): Buffer {
  return scheme === 'v1' ? createHmac('sha256', key).update(content).digest() : signEd25519(content, key);
}
