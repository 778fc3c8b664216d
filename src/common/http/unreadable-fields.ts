import type { FieldError } from '../app-error';

/**
 * What a body or a query may have at most. Validating costs up to 20 µs for each value and 40 µs for each that is
 * wrong, while nothing else of the process runs, and 100 KB of JSON may be 50,000 values: so they are counted first, in
 * one pass of some milliseconds.
 */
export const INPUT_LIMITS = {
  /** Of one list. */
  elements: 2_000,
  /** Of one object. */
  fields: 500,
  /** Of all lists and objects together, themselves included. */
  values: 5_000,
  /** Deeper than any input of ours, and far from where those who walk it would run out of stack. */
  depth: 32,
  /** Errors that are named, here and in a problem. */
  errors: 100,
} as const;

/** A character that Postgres cannot store, and a half of a pair that UTF-8 cannot write. */
const UNWRITABLE = /\0|\p{Surrogate}/u;

/** Whether a text can be stored as it is. */
export const isWritable = (text: string): boolean => !UNWRITABLE.test(text);

/**
 * What no rule of a field would find, in parsed JSON or a parsed query: more than is validated, text that could not be
 * stored as it was sent, fields whose names mean something to objects and which therefore would be dropped silently, and
 * nesting without end.
 *
 * @returns one error alone where there is more than is validated, else up to `INPUT_LIMITS.errors`
 */
export function unreadableFields(input: unknown): FieldError[] {
  const walk = new Walk();
  walk.into(input, '', 0);
  return walk.excess ?? walk.errors;
}

class Walk {
  readonly errors: FieldError[] = [];
  excess: FieldError[] | undefined;
  private values = 0;

  into(value: unknown, field: string, depth: number): void {
    if (typeof value === 'string') {
      if (!isWritable(value))
        this.refuse(field, `${shown(field)} must be text without NUL and unpaired surrogates`);
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    if (depth > INPUT_LIMITS.depth) {
      this.refuse(field, `${shown(field)} is nested too deeply`);
      return;
    }
    const names = this.namesOf(value, field);
    for (const name of names) {
      if (this.excess !== undefined || this.errors.length >= INPUT_LIMITS.errors) return;
      const path = field === '' ? name : `${field}.${name}`;
      if (!isWritable(name))
        this.refuse(field, `a field of ${shown(field)} has NUL or an unpaired surrogate in its name`);
      else if (name in Object.prototype) this.refuse(path, `${path} is not a known field`);
      else this.into((value as Record<string, unknown>)[name], path, depth + 1);
    }
  }

  /** The members of a list or an object; none of one that has too many. */
  private namesOf(value: object, field: string): string[] {
    if (Array.isArray(value) && value.length > INPUT_LIMITS.elements)
      return this.exceed(field, `must have at most ${INPUT_LIMITS.elements} elements`);
    const names = Object.keys(value);
    if (!Array.isArray(value) && names.length > INPUT_LIMITS.fields)
      return this.exceed(field, `must have at most ${INPUT_LIMITS.fields} fields`);
    this.values += names.length;
    if (this.values > INPUT_LIMITS.values)
      return this.exceed('', `must have at most ${INPUT_LIMITS.values} values in all`);
    return names;
  }

  private exceed(field: string, rule: string): [] {
    this.excess = [{ field, message: `${shown(field)} ${rule}` }];
    return [];
  }

  private refuse(field: string, message: string): void {
    this.errors.push({ field, message });
  }
}

const shown = (field: string): string => field || 'the body';
