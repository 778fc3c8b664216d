import type { FieldError } from '../app-error';
import { INPUT_LIMITS } from './unreadable-fields';

/** Of characters: names and messages repeat what the caller sent. */
const LONGEST_FIELD = 200;
const LONGEST_MESSAGE = 500;
/** Far below 64 KB with all that a problem has besides. */
const MOST_BYTES = 48 * 1024;

/** As many of the errors as a problem names, each cut to a length that people read. */
export function boundedErrors(errors: readonly FieldError[]): FieldError[] {
  const named: FieldError[] = [];
  let bytes = 0;
  for (const { field, message } of errors.slice(0, INPUT_LIMITS.errors)) {
    const error = { field: cut(field, LONGEST_FIELD), message: cut(message, LONGEST_MESSAGE) };
    bytes += Buffer.byteLength(JSON.stringify(error));
    if (bytes > MOST_BYTES) break;
    named.push(error);
  }
  return named;
}

/** The start of a text, with `…` for the rest. */
export const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1).replace(/\p{Surrogate}$/u, '')}…`;
