import type { Type } from '@nestjs/common';
import { getSchemaPath, type OpenAPIObject } from '@nestjs/swagger';
import { jobSchema, jobSchemaName, type JobSchema } from '../../jobs/http/job-schemas';
import type { JobType } from '../../jobs/job-type';

type Schema = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];
type ObjectSchema = Exclude<Schema, { $ref: string }>;

const ANY_OBJECT = { type: 'object', additionalProperties: true };

/** What the types' jobs take and result in, which no route of ours refers to. */
export const jobTypeModels = (types: JobType[]): Type[] =>
  types
    .flatMap(({ input, resultView }) => [input?.requestClass, resultView])
    .filter((model): model is Type<object> => model !== undefined && model !== null);

/**
 * Puts a `oneOf` of the types in the place of what all jobs have in common. Each has its fields flat, and a `type` of its
 * own: that is what generators make a discriminated union of.
 */
export function describeJobTypes(document: OpenAPIObject, types: JobType[]): void {
  const result = ({ resultView }: JobType, common: ObjectSchema): Schema => ({
    description: common.description ?? '',
    anyOf: [resultView ? { $ref: getSchemaPath(resultView) } : ANY_OBJECT, { type: 'null' }],
  });
  const parameters = ({ input }: JobType): Schema =>
    input?.requestClass ? { $ref: getSchemaPath(input.requestClass) } : ANY_OBJECT;
  const submittable = types.filter(({ input }) => input !== undefined);
  split(document, 'JobView', types, 'result', result);
  split(document, 'TaskView', types, 'result', result);
  split(document, 'JobSubmissionBody', submittable, 'parameters', parameters);
}

function split(
  document: OpenAPIObject,
  schema: JobSchema,
  types: JobType[],
  field: string,
  schemaOf: (type: JobType, common: ObjectSchema) => Schema,
): void {
  const schemas = document.components?.schemas ?? {};
  const common = schemas[schema] as ObjectSchema | undefined;
  // An application that is composed of a part of the modules has a part of the routes.
  if (common === undefined) return;
  const external = types.filter((type) => type.external).map(({ name }) => name);
  for (const type of types) {
    schemas[jobSchemaName(type, schema)] = {
      ...common,
      properties: {
        ...common.properties,
        type: { type: 'string', enum: type.external ? external : [type.name] },
        [field]: schemaOf(type, common.properties?.[field] as ObjectSchema),
      },
    };
  }
  const references = new Map(types.map((type) => [type.name, jobSchema(type, schema).$ref]));
  schemas[schema] = {
    ...(common.description !== undefined && { description: common.description }),
    oneOf: [...new Set(references.values())].map(($ref) => ({ $ref })),
    discriminator: { propertyName: 'type', mapping: Object.fromEntries(references) },
  };
}
