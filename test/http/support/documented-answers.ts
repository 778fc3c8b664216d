import type { Answer } from '../../support/http-call';
import type { OpenApi, Operation } from './openapi';
import { nameOf } from './routes';
import { validatorsOf } from './schema-validators';

/** Headers of the connection and of the representation, which HTTP itself documents, and those that browsers obey. */
const OF_THE_TRANSPORT =
  /^(connection|keep-alive|transfer-encoding|date|vary|content-(type|length|encoding|security-policy)|x-.*|(cross-)?origin-.*|referrer-policy)$/;

/**
 * Holds an answer against the document: its status, headers and body.
 *
 * @throws Error that says all that differs
 */
export function documentedAnswers(openApi: OpenApi): (operation: Operation, answer: Answer) => void {
  const compile = validatorsOf(openApi);
  return (operation, answer) => {
    const response = operation.responses[answer.status];
    const where = `${nameOf(operation)} -> ${answer.status}`;
    if (response === undefined) throw new Error(`${where} is not documented: ${JSON.stringify(answer.body)}`);
    const type = answer.headers.get('content-type')?.split(';')[0];
    const [media, shape] =
      Object.entries(response.content ?? {}).find(([name]) => name.split(';')[0] === type) ?? [];
    if (answer.body !== undefined && shape === undefined) {
      throw new Error(
        `${where} has ${type}, documented is ${Object.keys(response.content ?? {}).join() || 'nothing'}`,
      );
    }
    if (media?.includes('json')) {
      const validate = compile(shape!.schema);
      if (!validate(answer.body)) {
        throw new Error(`${where}: ${JSON.stringify(validate.errors)} in ${JSON.stringify(answer.body)}`);
      }
    }
    for (const [name, header] of Object.entries(response.headers ?? {})) {
      const value = answer.headers.get(name);
      const required = openApi.resolve(header)['required'] === true;
      if (required && value === null) throw new Error(`${where} lacks ${name}`);
      if (value !== null && openApi.resolve(header)['schema']?.type === 'integer' && !/^\d+$/.test(value))
        throw new Error(`${where}: ${name} is ${value}`);
    }
    const documented = Object.keys(response.headers ?? {}).map((header) => header.toLowerCase());
    for (const name of answer.headers.keys()) {
      if (!documented.includes(name) && !OF_THE_TRANSPORT.test(name))
        throw new Error(`${where} sends ${name} undocumented`);
    }
  };
}
