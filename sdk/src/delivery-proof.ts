import { fromBase64 } from './base64.ts';
import { VerificationError } from './errors.ts';

/** What became of an event at an endpoint. */
export type ProvenOutcome = 'delivered' | 'failed' | 'pending' | 'missing' | 'not_selected' | 'erased';

/** What the service proves: the payload of `GET /v1/webhooks/endpoints/{id}/proof`. */
export interface DeliveryProof {
  /** Where the service is. */
  iss: string;
  /** The endpoint. */
  sub: string;
  /** Unix seconds of its making. */
  iat: number;
  url: string;
  event_types: string[];
  tags: string[];
  since: string;
  until: string;
  /** Whether all that the endpoint wants was delivered. */
  complete: boolean;
  counts: Record<ProvenOutcome, number>;
  /** Every event of the window, in the order of the feed. */
  events: { id: string; outcome: ProvenOutcome; at: string | null }[];
}

/** A JSON Web Key Set: what `/.well-known/jwks.json?endpoint_id=…` answers. Keep it with the proof: keys are rotated. */
export interface KeySet {
  keys: readonly { kid?: string; kty?: string; crv?: string; x?: string }[];
}

/** What the proof is expected to be about. */
export interface ExpectedProof {
  endpointId: string;
  since?: string | Date;
  until?: string | Date;
}

/**
 * Verifies a proof of deliveries by the public keys of its endpoint.
 *
 * @param proof the compact JWS
 * @returns its payload
 * @throws VerificationError when it is not signed by one of the keys, or is about something else
 */
export async function verifyDeliveryProof(
  proof: string,
  { keys }: KeySet,
  { endpointId, since, until }: ExpectedProof,
): Promise<DeliveryProof> {
  const [head = '', body = '', signature = '', ...rest] = proof.trim().split('.');
  const { alg, kid } = Object(jsonOf(head)) as { alg?: unknown; kid?: unknown };
  if (alg !== 'EdDSA' || rest.length > 0) throw new VerificationError('This is no proof of deliveries.');
  const key = keys.find((each) => each.kid === kid && each.kty === 'OKP' && each.crv === 'Ed25519');
  if (key?.x === undefined) throw new VerificationError('The proof is by a key that is not known.');
  if (!(await isSigned(key.x, bytesOf(signature), new TextEncoder().encode(`${head}.${body}`))))
    throw new VerificationError('The signature of the proof is not genuine.');
  const payload = jsonOf(body) as DeliveryProof;
  const isOther = (given: string, wanted: string | Date | undefined): boolean =>
    wanted !== undefined && Date.parse(given) !== timeOf(wanted);
  if (payload.sub !== endpointId || isOther(payload.since, since) || isOther(payload.until, until))
    throw new VerificationError('The proof is about another endpoint, or another window.');
  return payload;
}

/** As the service reads it: a time without an offset is of UTC, wherever we are. */
function timeOf(time: string | Date): number {
  if (typeof time !== 'string') return time.getTime();
  return Date.parse(/[t ][\d:.]+$/i.test(time) ? `${time}Z` : time);
}

async function isSigned(
  x: string,
  signature: Uint8Array<ArrayBuffer>,
  content: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const key = await crypto.subtle.importKey('jwk', { kty: 'OKP', crv: 'Ed25519', x }, 'Ed25519', false, [
    'verify',
  ]);
  return crypto.subtle.verify('Ed25519', key, signature, content);
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = fromBase64(text.replaceAll('-', '+').replaceAll('_', '/'));
  if (bytes === undefined) throw new VerificationError('This is no proof of deliveries.');
  return bytes;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytesOf(text)));
  } catch {
    throw new VerificationError('This is no proof of deliveries.');
  }
}
