import type { Type } from '@nestjs/common';
import { ARRAY_MAX_SIZE, getMetadataStorage } from 'class-validator';

/**
 * A query in which the lists of its type (what has an `ArrayMaxSize`) may be named with brackets, `status[]=paid`, as axios, PHP and Rails
 * write them. Other names stay as they are.
 */
export function withBracketedLists(type: Type, query: object): object {
  const given = new Map(Object.entries(query));
  for (const { name, propertyName } of getMetadataStorage().getTargetValidationMetadatas(
    type,
    '',
    false,
    false,
  )) {
    const bracketed = `${propertyName}[]`;
    if (name !== ARRAY_MAX_SIZE || !given.has(bracketed)) continue;
    given.set(propertyName, [given.get(propertyName) ?? [], given.get(bracketed)].flat());
    given.delete(bracketed);
  }
  return Object.fromEntries(given);
}
