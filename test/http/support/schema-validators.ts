import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import type { OpenApi, Schema } from './openapi';

/**
 * The document's schemas, each closed: a member that an answer has and its schema does not is as untrue as one that is
 * missing. A problem may have further members (RFC 9457).
 */
export function validatorsOf(openApi: OpenApi): (schema: Schema) => ValidateFunction {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- any JSON
  const closed = (value: any, name?: string): any => {
    if (Array.isArray(value)) return value.map((item) => closed(item));
    if (typeof value !== 'object' || value === null) return value;
    const copy = Object.fromEntries(
      Object.entries(value).map(([member, item]) => [member, closed(item, member)]),
    );
    return 'properties' in copy &&
      name !== 'Problem' &&
      typeof copy['properties'] === 'object' &&
      copy['type'] === 'object'
      ? { additionalProperties: false, ...copy }
      : copy;
  };
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats(ajv);
  ajv.addFormat('binary', true);
  ajv.addSchema({ $id: 'openapi', components: closed(openApi.document['components']) });
  const compiled = new Map<string, ValidateFunction>();
  return (schema) => {
    const text = JSON.stringify(closed(schema)).replaceAll('"#/', '"openapi#/');
    const validate = compiled.get(text) ?? ajv.compile(JSON.parse(text) as object);
    compiled.set(text, validate);
    return validate;
  };
}
