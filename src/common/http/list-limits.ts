import type { Type } from '@nestjs/common';
import { ARRAY_MAX_SIZE, getMetadataStorage } from 'class-validator';
import type { FieldError } from '../app-error';

/**
 * The lists that are longer than the `ArrayMaxSize` of their field. Class-validator checks the elements of a list whatever
 * its length, also for being unique, which takes the square of it: this is asked before.
 */
export function tooLongLists(type: Type, input: object): FieldError[] {
  return getMetadataStorage()
    .getTargetValidationMetadatas(type, '', false, false)
    .filter(({ name }) => name === ARRAY_MAX_SIZE)
    .flatMap(({ propertyName, constraints }) => {
      const list = (input as Record<string, unknown>)[propertyName];
      const most = (constraints as [number])[0];
      return Array.isArray(list) && list.length > most
        ? [{ field: propertyName, message: `${propertyName} must have at most ${most} elements` }]
        : [];
    });
}
