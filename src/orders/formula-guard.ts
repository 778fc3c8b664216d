// The full-width signs too: some programs read them as the plain ones. White space before a sign is skipped by some. A
// text with apostrophes of its own before a sign gets one more, so that reading takes off no other than ours.
const FORMULA = /^'*(?:\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])/;

/** Somebody's text that no spreadsheet runs as a formula: an apostrophe makes it text. */
export const guarded = (text: string): string => (FORMULA.test(text) ? `'${text}` : text);

/** The text that `guarded` was given. */
export const unguarded = (text: string): string =>
  text.startsWith("'") && FORMULA.test(text) ? text.slice(1) : text;
