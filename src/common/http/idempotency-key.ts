import { invalidField } from '../app-error';

const QUOTED = /^"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/;
const BARE = /^[\x21\x23-\x7e]+$/;
const MAX_LENGTH = 255;

/**
 * Reads `Idempotency-Key`: a structured-field string (`"8e03978e-…"`, draft-ietf-httpapi-idempotency-key-header-07), and
 * the bare form that many clients send.
 *
 * @throws AppError that names the header
 */
export function parseIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const key =
    QUOTED.exec(header)?.[1]?.replace(/\\(["\\])/g, '$1') ?? (BARE.test(header) ? header : undefined);
  if (key === undefined || key === '' || key.length > MAX_LENGTH) {
    throw invalidField(
      'Idempotency-Key',
      `Idempotency-Key must be a string of 1 to ${MAX_LENGTH} printable characters`,
    );
  }
  return key;
}
