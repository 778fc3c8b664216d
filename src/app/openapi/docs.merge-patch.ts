import type { OpenAPIObject } from '@nestjs/swagger';

type Schema = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];

/**
 * In a merge patch (RFC 7396) `null` stands for what is left out: each field may be `null` that may be left out of what is
 * patched.
 *
 * @param whole the component that describes what is patched
 */
export function describeMergePatch(document: OpenAPIObject, patch: string, whole: string): void {
  const { [patch]: patched, [whole]: complete } = document.components?.schemas ?? {};
  // An application of a part of the modules has neither.
  if (patched === undefined || complete === undefined || '$ref' in patched || '$ref' in complete) return;
  patched.properties = Object.fromEntries(
    Object.entries(patched.properties ?? {}).map(([name, property]) => [
      name,
      complete.required?.includes(name) === true ? property : orNull(property),
    ]),
  );
}

function orNull(schema: Schema): Schema {
  if ('$ref' in schema) {
    const { $ref, ...described } = schema;
    return { ...described, anyOf: [{ $ref }, { type: 'null' as 'string' }] };
  }
  return { ...schema, type: [schema.type, 'null'].flat() as unknown as 'string' };
}
