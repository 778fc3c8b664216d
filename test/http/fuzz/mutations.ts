import fc from 'fast-check';
import type { OpenApi, Schema } from '../support/openapi';

type Json = unknown;

const isObject = (value: Json): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is mostly of another type, too large, too small or of no known letters. */
const JUNK: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(null, true, false, 0, -1, 1, 1.5, 1e300, '', ' ', '0', 'null', [], {}, [[]], [null]),
  fc.constantFrom(
    'x'.repeat(60),
    'x'.repeat(300),
    'x'.repeat(3_000),
    '9'.repeat(40),
    '\u0000',
    'a\nb',
    '\u200b',
    '💶',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.dictionary(fc.string({ maxLength: 5 }), fc.constant(1), { maxKeys: 3 }),
);

/** Makes bodies of the document's examples, and values of its schemas: mostly valid, and never surely so. */
export class Mutations {
  /** @param url of a receiver of ours: nothing else may be called */
  constructor(
    private readonly openApi: OpenApi,
    private readonly url: string,
  ) {}

  /** The example with up to three of its fields, known or not, left out, put or changed. */
  of(given: Schema, example: Json): fc.Arbitrary<Json> {
    const schema = this.branchOf(given, example);
    const properties = schema['properties'] as Record<string, Schema> | undefined;
    if (properties === undefined || !isObject(example)) return this.mutatedValue(schema, example);
    const shown = Object.keys(example).filter((name) => name in properties);
    // What the example has counts more: else most changes are about fields of which there are many.
    const name = fc.oneof(
      ...(shown.length > 0 ? [{ weight: 2, arbitrary: fc.constantFrom(...shown) }] : []),
      { weight: 1, arbitrary: fc.constantFrom(...Object.keys(properties)) },
    );
    const change = name.chain((member) =>
      fc.oneof(
        { weight: 1, arbitrary: fc.constant([member, undefined] as const) },
        {
          weight: 5,
          arbitrary: this.of(properties[member]!, example[member]).map((value) => [member, value] as const),
        },
      ),
    );
    const unknown = fc.tuple(fc.constantFrom('no_such_field', '__proto__', 'id', 'ID'), JUNK);
    return fc
      .array(fc.oneof({ weight: 12, arbitrary: change }, { weight: 1, arbitrary: unknown }), { maxLength: 3 })
      .map((changes) => merged(example, changes));
  }

  /** The text of a parameter. */
  parameter(schema: Schema): fc.Arbitrary<string[]> {
    const resolved = this.openApi.resolve(schema);
    const value = fc.oneof(
      { weight: 4, arbitrary: this.valid(resolved) },
      {
        weight: 1,
        arbitrary: fc.constantFrom('', 'x', '-1', '0', '1e3', 'null', 'x'.repeat(1_100), '2024-13-01', '💶'),
      },
    );
    return value.map((made) => (Array.isArray(made) ? made : [made]).map(String));
  }

  private mutatedValue(schema: Schema, example: Json): fc.Arbitrary<Json> {
    const items = schema['items'] as Schema | undefined;
    const kept =
      items !== undefined && Array.isArray(example) && example.length > 0
        ? [{ weight: 4, arbitrary: this.of(items, example[0]).map((first) => [first, ...example.slice(1)]) }]
        : [];
    return fc.oneof(...kept, { weight: 4, arbitrary: this.valid(schema) }, { weight: 2, arbitrary: JUNK });
  }

  /** Of a schema, without an example. */
  private valid(given: Schema): fc.Arbitrary<Json> {
    const schema = this.openApi.resolve(given);
    const { enum: values, oneOf, anyOf } = schema as { enum?: Json[]; oneOf?: Schema[]; anyOf?: Schema[] };
    if (values !== undefined) return fc.constantFrom(...values);
    const branches = oneOf ?? anyOf;
    if (branches !== undefined) return fc.oneof(...branches.map((branch) => this.valid(branch)));
    const types = [schema['type'] as string | string[]].flat();
    return fc.oneof(...types.map((type) => this.ofType(type, schema)));
  }

  private ofType(type: string, schema: Schema): fc.Arbitrary<Json> {
    switch (type) {
      case 'null':
        return fc.constant(null);
      case 'boolean':
        return fc.boolean();
      case 'integer':
        return fc.oneof(
          fc.constantFrom(schema['minimum'] ?? 0, schema['maximum'] ?? 2_147_483_647),
          fc.integer({ min: schema['minimum'] ?? 0, max: schema['maximum'] ?? 1_000 }),
        );
      case 'number':
        return fc.double({ noNaN: true, noDefaultInfinity: true });
      case 'array':
        return fc.array(this.valid(schema['items']), {
          minLength: schema['minItems'] ?? 0,
          maxLength: Math.max(schema['minItems'] ?? 0, Math.min(schema['maxItems'] ?? 3, 3)),
        });
      case 'object':
        return this.object(schema);
      default:
        return this.text(schema);
    }
  }

  private object({
    properties = {},
    required = [],
    additionalProperties,
    propertyNames,
  }: Schema): fc.Arbitrary<Json> {
    const named = fc.record(
      Object.fromEntries(
        Object.entries(properties as Record<string, Schema>)
          // Of many optional ones a few are enough.
          .filter(([name], at) => (required as string[]).includes(name) || at < 8)
          .map(([name, schema]) => [name, this.valid(schema)]),
      ),
      { requiredKeys: required as string[] },
    );
    if (!isObject(additionalProperties)) return named;
    const names =
      propertyNames === undefined ? fc.stringMatching(/^[a-z]{1,8}$/) : this.text(propertyNames as Schema);
    const free = fc.dictionary(names, this.valid(additionalProperties), { maxKeys: 3 });
    return fc.tuple(named, free).map(([known, others]) => ({ ...others, ...known }));
  }

  private text({ format, pattern, minLength = 0, maxLength }: Schema): fc.Arbitrary<string> {
    if (format === 'uri')
      return fc.constantFrom('', '/a', '/ä?b=c#d', `/${'x'.repeat(100)}`).map((path) => this.url + path);
    if (format === 'uuid') return fc.uuid();
    const time = fc
      .date({ min: new Date('1970-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString());
    if (format === 'date') return time.map((text) => text.slice(0, 10));
    if (format === 'date-time') return time;
    const longest = (maxLength ?? 100) as number;
    const bounds = fc.constantFrom(
      'x'.repeat(Math.max(minLength as number, 1)),
      'x'.repeat(Math.min(longest, 3_000)),
    );
    const any = fc.string({
      unit: 'grapheme',
      minLength: minLength as number,
      maxLength: Math.min(longest, 30),
    });
    if (pattern === undefined) return fc.oneof(any, bounds);
    const fitting = fc.stringMatching(new RegExp(pattern as string)).map((text) => text.slice(0, longest));
    return fc.oneof({ weight: 4, arbitrary: fitting }, { weight: 1, arbitrary: bounds });
  }

  /** Of alternatives by type, the one that the example is of. */
  branchOf(given: Schema, example: Json): Schema {
    const schema = this.openApi.resolve(given);
    const branches = schema['oneOf'] as Schema[] | undefined;
    if (branches === undefined || !isObject(example)) return schema;
    const found = branches
      .map((branch) => this.openApi.resolve(branch))
      .find(({ properties }) => properties?.type?.enum?.includes(example['type']));
    return found ?? schema;
  }
}

function merged(example: Record<string, Json>, changes: (readonly [string, Json])[]): Json {
  const body = new Map(Object.entries(example));
  for (const [name, value] of changes) {
    if (value === undefined) body.delete(name);
    else body.set(name, value);
  }
  return Object.fromEntries(body);
}
