import type { Type } from '@nestjs/common';
import { ARRAY_MAX_SIZE, getMetadataStorage, ValidationTypes } from 'class-validator';
import type { FieldError } from '../app-error';

/** A field that holds a list of so many at the most, or an object with such fields. */
type Limit = { field: string; most: number } | { field: string; inner: Type };

/** Read from the decorators once: for each request it would be a fifteenth of what accepting a report costs. */
const limits = new WeakMap<Type, Limit[]>();

/**
 * The lists that are longer than the `ArrayMaxSize` of their field, at any depth of objects. Class-validator checks the
 * elements of a list whatever its length, also for being unique, which takes the square of it: this is asked before.
 *
 * @param path of the fields, with a dot at its end
 */
export function tooLongLists(type: Type, input: object, path = ''): FieldError[] {
  return limitsOf(type).flatMap((limit) => {
    const { field } = limit;
    const value = (input as Record<string, unknown>)[field];
    if ('inner' in limit) return isObject(value) ? tooLongLists(limit.inner, value, `${path}${field}.`) : [];
    return Array.isArray(value) && value.length > limit.most
      ? [{ field: path + field, message: `${field} must have at most ${limit.most} elements` }]
      : [];
  });
}

function limitsOf(type: Type): Limit[] {
  const known = limits.get(type);
  if (known !== undefined) return known;
  const found = getMetadataStorage()
    .getTargetValidationMetadatas(type, '', false, false)
    .flatMap(({ name, type: kind, propertyName: field, constraints }): Limit[] => {
      if (name === ARRAY_MAX_SIZE) return [{ field, most: (constraints as [number])[0] }];
      const inner = Reflect.getMetadata('design:type', type.prototype as object, field) as unknown;
      return kind === ValidationTypes.NESTED_VALIDATION && typeof inner === 'function'
        ? [{ field, inner: inner as Type }]
        : [];
    });
  limits.set(type, found);
  return found;
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
