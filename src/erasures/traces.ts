/** Regular expressions of Postgres (`~*`) that find a person in texts: JSON, addresses, and what receivers answered. */
export interface Traces {
  byReference: string;
  /** By names and e-mail addresses; `null` where none says enough. */
  byName: string | null;
}

/** More than a person has; whoever has more is no person, and an expression of all would take long to compile. */
export const MOST_NAMES = 50;

/** A shorter text is searched as the whole of a value alone: it stands in too many others. */
const shortestPart = (text: string): number => (/^[ -~]*$/.test(text) ? 4 : 2);

/** What may stand before and after: no other letter or digit, but what JSON and addresses write with letters and digits. */
const BEFORE = '(^|[^0-9A-Za-z]|\\\\[bfnrt]|\\\\u[0-9a-f]{4}|%[0-9a-f]{2})';
const AFTER = '($|[^0-9A-Za-z])';
const BEFORE_WHOLE = '["=]';
const AFTER_WHOLE = '(["&#]|$)';

const EMAIL = /[^\s<>()[\]",;:]+@[^\s<>()[\]",;:]+/g;

/** Two letters: `-`, which stands for a missing name, is nobody's. */
const isName = (text: string): boolean => /\p{L}.*\p{L}/u.test(text);

/** @param names that the orders of the person have, the most frequent first */
export function tracesOf(reference: string, names: readonly string[]): Traces {
  const wanted = names.map((name) => name.trim()).filter(isName);
  const emails = [reference, ...wanted].flatMap((text) => text.match(EMAIL) ?? []);
  const byName = [...new Set([...wanted.slice(0, MOST_NAMES), ...emails.slice(0, MOST_NAMES)])];
  return {
    byReference: expressionOf([reference]),
    byName: byName.length === 0 ? null : expressionOf(byName),
  };
}

const expressionOf = (texts: string[]): string => texts.map(partOrWhole).join('|');

function partOrWhole(text: string): string {
  const forms = [...new Set(formsOf(text))].map(escaped).join('|');
  return text.length < shortestPart(text)
    ? `${BEFORE_WHOLE}(${forms})${AFTER_WHOLE}`
    : `${BEFORE}(${forms})${AFTER}`;
}

/** As it is, in JSON, and in the path and the query of an address. */
function formsOf(text: string): string[] {
  const inQuery = encodeURIComponent(text);
  return [text, JSON.stringify(text).slice(1, -1), encodeURI(text), inQuery, inQuery.replaceAll('%20', '+')];
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
