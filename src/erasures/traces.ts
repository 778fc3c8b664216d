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

/** JSON has it everywhere without quotes: it is a value of somebody only as the whole of a text, or of a part of an address. */
const JSON_LITERAL = /^(-?\d+(\.\d+)?(e[+-]?\d+)?|true|false|null)$/i;
const IN_QUOTES: readonly [string, string] = ['"', '\\\\*"'];
const ALONE: readonly [string, string] = ['(^|\\n)', '($|\\n)'];
const IN_QUERY: readonly [string, string] = ['[?&][^=&#"\\s]*=', '($|[&#"\\\\\\s])'];
const IN_PATH: readonly [string, string] = [
  '(^|[^0-9A-Za-z])([a-z]+:/)?/([^?#"\\\\\\s]*/)?',
  '($|[/?#"\\\\\\s])',
];

const UUID = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}';

const WORD = '"[A-Za-z0-9_.-]*"';

/** Names of our own fields, as bodies and as parameters of jobs have them, with what we write there. */
const OWN_FIELDS: readonly (readonly [names: string, values: string])[] = [
  ['(start|end)_?[dD]ate|changed_?[sS]ince|timestamp|[a-z_]+_at|[a-z]+At', '"[0-9TZ:.+-]*"'],
  ['time_?[zZ]one', '"[A-Za-z0-9_+/-]*"'],
  [
    'status(es)?|type|formats?|locale|paper|columns|sort|group_?[bB]y|[a-z]*[cC]urrenc(y|ies)',
    `(${WORD}|\\[(${WORD}(, ?)?)*\\])`,
  ],
  ['sha256', '"[0-9a-f]*"'],
  ['quantity|[a-z_]*(price|total)|m(in|ax)Total', '"[0-9.-]*"'],
];

/**
 * A regular expression of Postgres (`~`) that finds what is ours in JSON: names of properties, and fields that no text of
 * a caller is in. Inside a text quotes are escaped, so nothing is found there.
 */
const OWN = ['"[a-z][A-Za-z_]*": ?', ...OWN_FIELDS.map(([names, values]) => `"(${names})": ?${values}`)].join(
  '|',
);

/**
 * A text without what is ours, in SQL. Ids are ours unless the person is known by one. What is taken out leaves a mark, so that
 * nothing becomes whole by it. `$1` and `$2` are the traces'.
 */
const callersPart = (text: string): string =>
  `regexp_replace(${text}, CASE WHEN concat($1::text, $2::text) ~* '${UUID}' THEN '${OWN}' ELSE '${OWN}|${UUID}' END, '~', 'g')`;

/** Whether what callers wrote in a text has a trace, in SQL. Most texts have none at all, which is quicker to see. */
const matches = (text: string, trace: string): string =>
  `(${text} ~* ${trace} AND ${callersPart(text)} ~* ${trace})`;

/**
 * Whether a text is about the person, in SQL. Where it gives a reference, a name alone says nothing: it is another's.
 * `$1` and `$2` are the traces'.
 */
export const isAbout = (text: string): string =>
  `(${matches(text, '$1')} OR ($2::text IS NOT NULL AND ${matches(text, '$2')} AND ${text} !~ '"customer_reference": ?"'))`;

/**
 * Labels of a job as texts of their own, in SQL: what callers name as they like would else be taken for fields of ours. A quote
 * inside a text is escaped, so this one ends a name.
 *
 * @param labels SQL of what `JSON.stringify` makes of metadata, and of tags
 */
export const labelTexts = (...labels: string[]): string => {
  const text = `concat_ws(E'\\n', ${labels.join(', ')})`;
  return `concat_ws(E'\\n', ${text}, replace(${text}, '":"', '","'))`;
};

/** Whether a text has a trace of the person, in SQL. */
export const hasTrace = (text: string): string =>
  `(${matches(text, '$1')} OR coalesce(${matches(text, '$2')}, false))`;

export const tracesParameters = ({ byReference, byName }: Traces): [string, string | null] => [
  byReference,
  byName,
];

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
  if (JSON_LITERAL.test(text))
    return [IN_QUOTES, ALONE, IN_QUERY, IN_PATH]
      .map(([before, after]) => `${before}(${forms})${after}`)
      .join('|');
  return text.length < shortestPart(text)
    ? `${BEFORE_WHOLE}(${forms})${AFTER_WHOLE}`
    : `${BEFORE}(${forms})${AFTER}`;
}

/** As it is, in JSON, and in the path and the query of an address. */
function formsOf(text: string): string[] {
  const inQuery = encodeURIComponent(text);
  return [text, JSON.stringify(text).slice(1, -1), encodeURI(text), inQuery, inQuery.replaceAll('%20', '+')];
}

/**
 * The four letters that have three cases each, one after the other: Ǆ ǅ ǆ, Ǉ ǈ ǉ, Ǌ ǋ ǌ, Ǳ ǲ ǳ. Without regard to case
 * Postgres looks for the lower and the upper one alone, also where the text has the one between; of a range it finds all.
 */
const IN_THREE_CASES = /[\u01c4-\u01cc\u01f1-\u01f3]/g;

function inAnyCase(letter: string): string {
  const code = letter.charCodeAt(0);
  const first = code - ((code - (code < 0x01f1 ? 0x01c4 : 0x01f1)) % 3);
  return `[${String.fromCharCode(first)}-${String.fromCharCode(first + 2)}]`;
}

const escaped = (text: string): string =>
  text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replace(IN_THREE_CASES, inAnyCase);
