import type { Callable } from '../../support/http-call';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- any JSON
export type Schema = Record<string, any>;

interface Media {
  schema: Schema;
  /** By name. */
  examples?: Record<string, { summary: string; value: Schema }>;
}

export interface Operation {
  operationId: string;
  method: string;
  path: string;
  parameters: { name: string; in: string; required?: boolean; example?: unknown; schema: Schema }[];
  requestBody?: { required?: boolean; content: Record<string, Media> };
  responses: Record<
    string,
    { headers?: Record<string, Schema>; content?: Record<string, { schema: Schema }> }
  >;
  security?: object[];
}

/** The document that the running application serves. */
export class OpenApi {
  private constructor(readonly document: Schema) {}

  static async of(app: Callable): Promise<OpenApi> {
    return new OpenApi((await app.call('GET', '/openapi.json', { key: null })).body);
  }

  get operations(): Operation[] {
    return Object.entries(this.document['paths'] as Record<string, Schema>).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({
        parameters: [],
        ...operation,
        method: method.toUpperCase(),
        path,
      })),
    );
  }

  resolve(schema: Schema): Schema {
    const reference = schema['$ref'] as string | undefined;
    if (reference === undefined) return schema;
    return this.resolve(
      reference
        .slice(2)
        .split('/')
        .reduce((at, part) => at[part.replaceAll('~1', '/').replaceAll('~0', '~')], this.document),
    );
  }

  /** The names of the components that a schema is made of. */
  referredBy(schema: unknown, names = new Set<string>()): Set<string> {
    if (typeof schema !== 'object' || schema === null) return names;
    const name = (schema as Schema)['$ref']?.slice('#/components/schemas/'.length) as string | undefined;
    if (name !== undefined && !names.has(name)) {
      names.add(name);
      this.referredBy(this.resolve(schema), names);
    }
    for (const member of Object.values(schema)) this.referredBy(member, names);
    return names;
  }

  /** The same schema with all that it refers to in place. */
  inlined(schema: Schema): Schema {
    const walk = (node: unknown): unknown => {
      if (typeof node !== 'object' || node === null) return node;
      if (Array.isArray(node)) return node.map(walk);
      return Object.fromEntries(
        Object.entries(this.resolve(node)).map(([name, member]) => [name, walk(member)]),
      );
    };
    return walk(schema) as Schema;
  }

  /** The names of the bodies that the document shows for JSON. */
  exampleNames({ requestBody }: Operation): string[] {
    return Object.keys(requestBody?.content['application/json']?.examples ?? {});
  }

  /**
   * A request body that the document shows, as its media type and its text or object; undefined without one.
   *
   * @param named the first without it
   */
  exampleBody(
    { requestBody }: Operation,
    named?: string,
  ): { type: string; body: Schema | string } | undefined {
    const [entry] = Object.entries(requestBody?.content ?? {});
    if (entry === undefined) return undefined;
    const [type, { schema, examples = {} }] = entry;
    const shown = named === undefined ? Object.values(examples)[0] : examples[named];
    const body = shown?.value ?? (this.example(schema) as Schema | string);
    return { type, body };
  }

  /** The parameters that the address must have, as the document shows them. */
  exampleQuery({ parameters }: Operation): string {
    const required = parameters.filter((parameter) => parameter.in === 'query' && parameter.required);
    const query = new URLSearchParams(
      required.map(({ name, example, schema }): [string, string] => [
        name,
        String(example ?? this.example(schema)),
      ]),
    );
    return query.size === 0 ? '' : `?${query.toString()}`;
  }

  /** What the examples of a schema add up to: what has one, and what is required. */
  example(given: Schema): unknown {
    const schema = this.resolve(given);
    const shown = schema['example'] ?? schema['examples']?.[0] ?? schema['default'];
    if (shown !== undefined) return shown;
    if (schema['allOf'])
      return Object.assign({}, ...schema['allOf'].map((part: Schema) => this.example(part)));
    if (schema['enum']) return schema['enum'][0];
    if (schema['items']) return [this.example(schema['items'])];
    const required: string[] = schema['required'] ?? [];
    const shownOnes = Object.entries((schema['properties'] ?? {}) as Record<string, Schema>).filter(
      ([name, property]) => required.includes(name) || this.resolve(property)['example'] !== undefined,
    );
    return Object.fromEntries(shownOnes.map(([name, property]) => [name, this.example(property)]));
  }
}
