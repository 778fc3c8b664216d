import { signEd25519 } from '../signing/standard-webhooks';

/** What became of an event at an endpoint. */
export enum ProvenOutcome {
  Delivered = 'delivered',
  /** Given up. */
  Failed = 'failed',
  /** To be tried, or under way. */
  Pending = 'pending',
  /** The endpoint would get it today, and it was never to be delivered to it. */
  Missing = 'missing',
  /** Not of the endpoint's types, or of none of its tags. */
  NotSelected = 'not_selected',
  /** Before it was delivered, a person that it was about was erased. */
  Erased = 'erased',
}

export interface ProvenEvent {
  id: string;
  outcome: ProvenOutcome;
  /** When the delivery ended, ISO 8601; `null` of one that has not. */
  at: string | null;
}

/** What the signature covers: a claim set (RFC 7519) whose subject is the endpoint. */
export interface DeliveryProof {
  /** Where this service is. */
  iss: string;
  /** The endpoint. */
  sub: string;
  /** Unix seconds. */
  iat: number;
  /** Of the endpoint, without its query. */
  url: string;
  event_types: string[];
  tags: string[];
  since: string;
  until: string;
  /** Whether every event that the endpoint wants was delivered, or erased before. */
  complete: boolean;
  counts: Record<ProvenOutcome, number>;
  /** Every event of the window, in the order of the feed. */
  events: ProvenEvent[];
}

const PROOF_TYPE = 'delivery-proof+jwt';

const DONE = [ProvenOutcome.Delivered, ProvenOutcome.NotSelected, ProvenOutcome.Erased];

/** What events come to. */
export function summaryOf(events: ProvenEvent[]): Pick<DeliveryProof, 'complete' | 'counts'> {
  const counts = Object.fromEntries(Object.values(ProvenOutcome).map((outcome) => [outcome, 0])) as Record<
    ProvenOutcome,
    number
  >;
  for (const { outcome } of events) counts[outcome] += 1;
  return { complete: events.every(({ outcome }) => DONE.includes(outcome)), counts };
}

/** A JWS in its compact form (RFC 7515) by an Ed25519 key (RFC 8037). */
export function signedProof(proof: DeliveryProof, { id, key }: { id: string; key: Buffer }): string {
  const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const content = `${encoded({ alg: 'EdDSA', typ: PROOF_TYPE, kid: id })}.${encoded(proof)}`;
  return `${content}.${signEd25519(Buffer.from(content), key).toString('base64url')}`;
}
