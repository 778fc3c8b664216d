import { ValidateBy, type ValidationError } from 'class-validator';
import type { FieldError } from '../app-error';

/** Fields of the errors are what follows the name of the validated one: `.colour`, `[3]`, or nothing for the whole. */
type FaultsOf = (value: unknown) => FieldError[];

interface RuleContext {
  faultsOf?: FaultsOf;
}

/** A rule that says what in a value is wrong with it: the problem names each part. */
export const namesFaults = (name: string, faultsOf: FaultsOf): PropertyDecorator =>
  ValidateBy(
    {
      name,
      validator: {
        validate: (value: unknown) => faultsOf(value).length === 0,
        defaultMessage: () => '$property is not valid',
      },
    },
    { context: { faultsOf } satisfies RuleContext },
  );

/**
 * The parts of a value that broke such a rule.
 *
 * @param field the name of the validated one
 * @returns `undefined` where the rule names none
 */
export function namedFaults(error: ValidationError, rule: string, field: string): FieldError[] | undefined {
  const { faultsOf } = ((error.contexts ?? {}) as Record<string, RuleContext>)[rule] ?? {};
  return faultsOf?.(error.value).map((fault) => ({
    field: field + fault.field,
    message: `${field}${fault.field} ${fault.message}`,
  }));
}
