import type { FieldError } from '../app-error';

/** Deeper than any input of ours, and far from where those who walk it would run out of stack. */
const DEEPEST = 32;

/** A character that Postgres cannot store, and a half of a pair that UTF-8 cannot write. */
const UNWRITABLE = /\0|\p{Surrogate}/u;

/**
 * What no rule of a field would find, in parsed JSON or a parsed query: text that could not be stored as it was sent,
 * fields whose names mean something to objects and which therefore would be dropped silently, and nesting without end.
 */
export function unreadableFields(input: unknown): FieldError[] {
  const errors: FieldError[] = [];
  const walk = (value: unknown, field: string, depth: number): void => {
    if (typeof value === 'string') {
      if (UNWRITABLE.test(value))
        errors.push({ field, message: `${field} must be text without NUL and unpaired surrogates` });
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    if (depth > DEEPEST) {
      errors.push({ field, message: `${field} is nested too deeply` });
      return;
    }
    for (const [name, member] of Object.entries(value)) {
      const path = field === '' ? name : `${field}.${name}`;
      if (UNWRITABLE.test(name))
        errors.push({
          field,
          message: `a field of ${field || 'the body'} has NUL or an unpaired surrogate in its name`,
        });
      else if (name in Object.prototype)
        errors.push({ field: path, message: `${path} is not a known field` });
      else walk(member, path, depth + 1);
    }
  };
  walk(input, '', 0);
  return errors;
}
