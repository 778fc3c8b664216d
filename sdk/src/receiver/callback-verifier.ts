import { fromBase64 } from '../base64.ts';
import { VerificationError } from '../errors.ts';
import { callbackHeaders, type HeadersLike } from './callback-headers.ts';
import { PublishedKeys } from './published-keys.ts';
import { signedContent, SigningKey } from './signing-key.ts';

export interface VerifierOptions {
  /** Secrets (`whsec_…`, for `v1`) and public keys (`whpk_…`, for `v1a`): the new one and the old one while they change. */
  keys?: readonly string[];
  /** Where the service publishes the public keys of your endpoint: `https://…/.well-known/jwks.json?endpoint_id=…`. */
  jwks?: string | URL;
  /** How far a timestamp may be from now; 300 without it. */
  toleranceSeconds?: number;
  /** For `jwks`, instead of the global one. */
  fetch?: typeof fetch;
}

const TOLERANCE_SECONDS = 300;

/** Verifies callbacks (Standard Webhooks 1.0): one signature by one of the keys is enough. */
export class CallbackVerifier {
  private readonly keys: readonly SigningKey[];
  private readonly published: PublishedKeys | undefined;
  private readonly toleranceSeconds: number;

  /** @throws TypeError for keys that are none */
  constructor({
    keys = [],
    jwks,
    toleranceSeconds = TOLERANCE_SECONDS,
    fetch = globalThis.fetch,
  }: VerifierOptions) {
    // Without a key nothing would be genuine, and nobody would see why.
    if (keys.length === 0 && jwks === undefined)
      throw new TypeError('Callbacks are verified by `keys`, by `jwks`, or both.');
    this.keys = keys.map((key) => SigningKey.of(key));
    this.published = jwks === undefined ? undefined : new PublishedKeys(jwks, fetch);
    this.toleranceSeconds = toleranceSeconds;
  }

  /**
   * @param body the bytes as they came, before any JSON parser
   * @returns the id of the event, the same each time that it comes
   * @throws VerificationError
   * @throws ConnectionError when the published keys cannot be had
   */
  async verify(headers: HeadersLike, body: Uint8Array): Promise<string> {
    const given = callbackHeaders(headers);
    if (given === undefined) throw new VerificationError('A webhook header is missing, or is none.');
    const { id, timestamp, signatures } = given;
    if (!(Math.abs(Date.now() / 1_000 - timestamp) <= this.toleranceSeconds))
      throw new VerificationError('The timestamp is too old, or from the future.');
    const content = signedContent(id, timestamp, body);
    const isSignedByOneOf = async (keys: readonly SigningKey[]): Promise<boolean> => {
      for (const key of keys)
        for (const { scheme, encoded } of signatures) {
          const signature = scheme === key.scheme ? fromBase64(encoded) : undefined;
          if (signature !== undefined && (await key.verify(signature, content))) return true;
        }
      return false;
    };
    if (await isSignedByOneOf(this.keys)) return id;
    if (this.published !== undefined && signatures.some(({ scheme }) => scheme === 'v1a')) {
      if (await isSignedByOneOf(await this.published.current())) return id;
      if (await isSignedByOneOf((await this.published.newer()) ?? [])) return id;
    }
    throw new VerificationError('No signature is by a key that is known.');
  }
}
