import { invalidField } from '../app-error';

const NAME = 'Idempotency-Key';
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
  if (key === undefined && header !== '') throw invalidField(NAME, `${NAME} ${faultOf(header)}`);
  if (!key || key.length > MAX_LENGTH)
    throw invalidField(NAME, `${NAME} must have 1 to ${MAX_LENGTH} characters`);
  return key;
}

/** What is wrong with one that is in neither form. */
function faultOf(header: string): string {
  if (/[^\x20-\x7e]/.test(header)) return 'must be of printable ASCII characters';
  if (header.startsWith('"'))
    return 'must be one string in quotes, with \\" and \\\\ for what it has of both';
  return 'must be in quotes where it has blanks or quotes: "orders of 2016"';
}
