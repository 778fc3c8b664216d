import type { Type } from '@nestjs/common';
import { ARRAY_MAX_SIZE, getMetadataStorage, ValidationTypes } from 'class-validator';
import type { FieldError } from '../app-error';

/**
 * The lists that are longer than the `ArrayMaxSize` of their field, at any depth of objects. Class-validator checks the
 * elements of a list whatever its length, also for being unique, which takes the square of it: this is asked before.
 *
 * @param path of the fields, with a dot at its end
 */
export function tooLongLists(type: Type, input: object, path = ''): FieldError[] {
  return getMetadataStorage()
    .getTargetValidationMetadatas(type, '', false, false)
    .flatMap(({ name, type: kind, propertyName, constraints }) => {
      const value = (input as Record<string, unknown>)[propertyName];
      if (name === ARRAY_MAX_SIZE) {
        const most = (constraints as [number])[0];
        return Array.isArray(value) && value.length > most
          ? [{ field: path + propertyName, message: `${propertyName} must have at most ${most} elements` }]
          : [];
      }
      const inner = Reflect.getMetadata('design:type', type.prototype as object, propertyName) as unknown;
      return kind === ValidationTypes.NESTED_VALIDATION && isObject(value) && typeof inner === 'function'
        ? tooLongLists(inner as Type, value, `${path}${propertyName}.`)
        : [];
    });
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
