import type { DisabledReason } from '../deliveries/destination';
import type { SignatureScheme } from '../signing/standard-webhooks';

export enum EndpointStatus {
  /** It has not echoed the challenge yet, and gets nothing. */
  Unverified = 'unverified',
  Enabled = 'enabled',
  Disabled = 'disabled',
}

/** An endpoint with the health of its destination, as the database has both. */
export interface Endpoint {
  id: string;
  client_id: string;
  url: string;
  description: string;
  event_types: string[];
  tags: string[];
  signatures: SignatureScheme[];
  verified_at: Date | null;
  verification_failure: string | null;
  certificate_authority: string | null;
  client_certificate: string | null;
  /** Of the headers of its own; their values are sealed. */
  header_names: string[];
  max_concurrency: number;
  max_per_second: number;
  failures: number;
  failing_since: Date | null;
  paused_until: Date;
  disabled_reason: DisabledReason | null;
  disabled_at: Date | null;
  created_at: Date;
  updated_at: Date;
  /** Current or in the overlap of a rotation, newest first. */
  secrets: {
    id: string;
    scheme: SignatureScheme;
    public_key: string | null;
    created_at: string;
    expires_at: string | null;
  }[];
}

export const SELECT_ENDPOINT = `
  SELECT e.id, e.client_id, e.url, e.description, e.event_types, e.tags, e.signatures, e.verified_at, e.verification_failure,
    e.certificate_authority, e.client_certificate, e.header_names, t.max_concurrency, t.max_per_second, t.failures, t.failing_since, t.paused_until,
    t.disabled_reason, t.disabled_at, e.created_at, e.updated_at,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('id', s.id, 'scheme', s.scheme,
        'public_key', encode(s.public_key, 'base64'), 'created_at', s.created_at, 'expires_at', s.expires_at)
        ORDER BY s.created_at DESC), '[]')
     FROM webhook_secret s WHERE s.endpoint_id = e.id AND (s.expires_at IS NULL OR s.expires_at > now())) AS secrets
  FROM webhook_endpoint e JOIN webhook_destination t ON t.endpoint_id = e.id`;

export function statusOf({ disabled_reason, verified_at }: Endpoint): EndpointStatus {
  if (disabled_reason !== null) return EndpointStatus.Disabled;
  return verified_at === null ? EndpointStatus.Unverified : EndpointStatus.Enabled;
}
