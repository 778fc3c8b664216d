import { signatureHeader, SigningKey } from './standard-webhooks';

/** The headers of one attempt (Standard Webhooks 1.0): the id is that of the message; timestamp and signature
 * are those of the attempt. */
export function callbackHeaders(
  id: string,
  body: Buffer,
  keys: readonly SigningKey[],
  now: Date,
): Record<string, string> {
  const timestamp = Math.floor(now.getTime() / 1_000);
  return {
    'content-type': 'application/json',
    'user-agent': 'order-reports-callbacks/1',
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatureHeader(id, timestamp, body, keys),
  };
}
