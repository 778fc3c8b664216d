import { validateHeaderName } from 'node:http';

/** Headers of an endpoint as they are sent: lower-case names to values. */
export type EndpointHeaders = Record<string, string>;

export const MOST_HEADERS = 10;
export const NAME_CHARACTERS = 64;
export const VALUE_CHARACTERS = 2_048;
/** Of names and values together: common servers refuse more than 8 kB, and ours are among them. */
const ALL_CHARACTERS = 6_000;
/** Visible ASCII, with blanks inside: no line end, and nothing that two ends read differently. */
const VALUE = /^[\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?$/;
/** The same, and that of names (RFC 9110, section 5.6.2), in what JSON Schema shares with all languages. */
export const VALUE_PATTERN = '^[!-~]([ -~\\t]*[!-~])?$';
export const NAME_PATTERN = "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$";
/** What frames the message or belongs to one connection (RFC 9110, sections 7.6 and 10.1), and what we ourselves say. */
const NOT_THEIRS = new Set([
  'connection',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const NOT_THEIRS_FROM = ['content-', 'webhook-', 'proxy-'];

/** Names are the same in any case: they are kept in lower case. */
export const toHeaders = (given: Record<string, string>): EndpointHeaders =>
  Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]));

/**
 * Says what is wrong with headers that a client wants to have sent, never with a value in it: that may be a secret.
 *
 * @returns `undefined` where nothing is
 */
export function headersProblem(given: unknown): string | undefined {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return 'headers must be an object of names and values';
  const entries = Object.entries(given);
  if (entries.length > MOST_HEADERS) return `headers must be at most ${MOST_HEADERS}`;
  const seen = new Set<string>();
  let characters = 0;
  for (const [name, value] of entries as [string, unknown][]) {
    if (name.length > NAME_CHARACTERS || !isToken(name))
      return `headers must have names of 1 to ${NAME_CHARACTERS} letters, digits or signs such as -`;
    const key = name.toLowerCase();
    if (NOT_THEIRS.has(key) || NOT_THEIRS_FROM.some((start) => key.startsWith(start)))
      return `headers must not have ${name}`;
    if (seen.has(key)) return `headers must have ${name} once: case makes no difference`;
    seen.add(key);
    if (typeof value !== 'string' || value.length > VALUE_CHARACTERS || !VALUE.test(value))
      return `headers must have for ${name} 1 to ${VALUE_CHARACTERS} visible characters of ASCII, with blanks only between them`;
    characters += name.length + value.length;
  }
  return characters > ALL_CHARACTERS
    ? `headers must have at most ${ALL_CHARACTERS} characters in all`
    : undefined;
}

function isToken(name: string): boolean {
  try {
    validateHeaderName(name);
    return true;
  } catch {
    return false;
  }
}
