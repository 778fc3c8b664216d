/** The preferences that this API knows (RFC 7240, sections 4.1 and 4.3). */
export interface Preferences {
  /** Rather 202 at once than the answer later. */
  respondAsync: boolean;
  /** Whole seconds that the caller will wait for an answer. */
  waitSeconds: number | undefined;
}

/** Longer waits are cut to this: proxies commonly give up on an answer after 60 seconds, and the caller then has no job id. */
export const MAX_WAIT_SECONDS = 50;

/** Nobody needs more; what is longer only costs time. */
const MAX_LENGTH = 1_024;
const OPTIONAL_SPACE = String.raw`[ \t]*`;
const TOKEN = String.raw`[!#$%&'*+.^_${'`'}|~0-9A-Za-z-]+`;
const QUOTED = String.raw`"(?:[^"\\]|\\.)*"`;
/** One `name`, `name=word`, or nothing, and what ends it: `;` its parameters, `,` the next preference. */
const ITEM = new RegExp(
  `${OPTIONAL_SPACE}(?:(${TOKEN})(?:${OPTIONAL_SPACE}=${OPTIONAL_SPACE}(${TOKEN}|${QUOTED})?)?)?${OPTIONAL_SPACE}(;|,|$)`,
  'y',
);
/** The rest of a preference that does not read. */
const REST = new RegExp(`(?:${QUOTED}|[^,"]|")*?(?:,|$)`, 'y');

/**
 * Reads `Prefer` (RFC 7240): the preferences by name in lower case, with their value or ''. The first of several of the
 * same name counts, parameters are dropped, and what does not read is ignored, as the RFC asks.
 */
export function parsePrefer(header: string | undefined): Map<string, string> {
  const preferences = new Map<string, string>();
  if (header === undefined || header.length > MAX_LENGTH) return preferences;
  let isParameter = false;
  let at = 0;
  while (at < header.length) {
    ITEM.lastIndex = at;
    const match = ITEM.exec(header);
    if (match === null) {
      REST.lastIndex = at;
      REST.exec(header);
      at = Math.max(at + 1, REST.lastIndex);
      isParameter = false;
      continue;
    }
    const [whole, name, word = '', end] = match;
    const key = name?.toLowerCase();
    if (key !== undefined && !isParameter && !preferences.has(key)) preferences.set(key, unquoted(word));
    isParameter = end === ';';
    at += Math.max(1, whole.length);
  }
  return preferences;
}

/** What a request prefers of what this API can do; `wait` is cut to `MAX_WAIT_SECONDS`. */
export function preferencesOf(header: string | undefined): Preferences {
  const preferences = parsePrefer(header);
  const wait = preferences.get('wait');
  return {
    respondAsync: preferences.has('respond-async'),
    waitSeconds:
      wait !== undefined && /^\d+$/.test(wait) ? Math.min(Number(wait), MAX_WAIT_SECONDS) : undefined,
  };
}

/** The value of `Preference-Applied` for what was honoured (RFC 7240, section 3); '' for nothing. */
export const appliedPreferences = ({ respondAsync, waitSeconds }: Preferences): string =>
  [
    ...(respondAsync ? ['respond-async'] : []),
    ...(waitSeconds === undefined ? [] : [`wait=${waitSeconds}`]),
  ].join(', ');

const unquoted = (word: string): string =>
  word.startsWith('"') ? word.slice(1, -1).replace(/\\(.)/g, '$1') : word;
