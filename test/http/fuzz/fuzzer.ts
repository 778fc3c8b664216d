import fc from 'fast-check';
import type { ValidateFunction } from 'ajv/dist/2020';
import { randomUUID } from 'node:crypto';
import { Scope } from '../../../src/clients/scope';
import type { Answer, Callable } from '../../support/http-call';
import type { TestReceiver } from '../../webhooks/test-receiver';
import { documentedAnswers } from '../support/documented-answers';
import { OpenApi, type Operation, type Schema } from '../support/openapi';
import { nameOf } from '../support/routes';
import { validatorsOf } from '../support/schema-validators';
import { addressOf, exampleCall, issueKey, newTenant, type Tenant, TENANT_SETTINGS } from '../support/tenant';
import { Mutations } from './mutations';
import { ACCEPTED_ALL_THE_SAME, REFUSED_ALL_THE_SAME } from './answered-otherwise';

/** What the service must know, so that nothing is refused for how much was sent. Its jobs are not worked on. */
export const FUZZED_SETTINGS = {
  ...TENANT_SETTINGS,
  ROLE: 'api',
  CALLBACK_ALLOWED_ADDRESSES: '127.0.0.0/8',
  MAX_JOBS_IN_FLIGHT: '1000000',
  RATE_LIMIT_SUBMIT: '1000000',
  RATE_LIMIT_OTHER: '1000000',
  RATE_LIMIT_POLL: '1000000',
  RATE_LIMIT_ADDRESS: '1000000',
};

/** Requests that are under way at once. */
const AT_ONCE = 4;
const JSON_TYPE = 'application/json';

/** Values of headers; none that makes the service wait. */
const HEADERS: Record<string, readonly string[]> = {
  Prefer: ['wait=0', 'respond-async', 'respond-async, wait=0', 'wait=x', 'nonsense'],
  'Idempotency-Key': ['"a-key"', 'a-key', '"open', 'x'.repeat(256)],
  'If-None-Match': ['*', '"1"', 'W/"1"', 'nonsense'],
  'If-Match': ['*', '"1"', 'nonsense'],
  Range: ['bytes=0-0', 'bytes=9999999999-', 'nonsense'],
};

interface Fault {
  field: string;
  /** Of the schema. */
  keyword: string;
}

interface Case {
  operation: Operation;
  address: string;
  body?: unknown;
  headers: Record<string, string>;
  /** What is not valid by the document. */
  faults: Fault[];
}

export interface FuzzReport {
  sent: number;
  /** Of them, by the document. */
  valid: number;
  /** What was not as it has to be, with the request. */
  wrong: string[];
}

/** Sends what the document's examples and schemas become by chance, and holds every answer against the document. */
export class Fuzzer {
  private readonly mutations: Mutations;
  private readonly validatorOf: (schema: Schema) => ValidateFunction;
  private readonly check: (operation: Operation, answer: Answer) => void;

  private constructor(
    private readonly service: Callable,
    private readonly openApi: OpenApi,
    private readonly tenant: Tenant,
    private readonly key: string,
    private readonly receiver: TestReceiver,
  ) {
    this.mutations = new Mutations(openApi, receiver.url(''));
    this.validatorOf = validatorsOf(openApi);
    this.check = documentedAnswers(openApi);
  }

  /**
   * @param service with `FUZZED_SETTINGS`
   * @param receiver of all callbacks
   */
  static async of(service: Callable, receiver: TestReceiver): Promise<Fuzzer> {
    const openApi = await OpenApi.of(service);
    const tenant = await newTenant(service, openApi, receiver);
    const { key } = await issueKey(service, tenant.id, Object.values(Scope));
    return new Fuzzer(service, openApi, tenant, key, receiver);
  }

  /**
   * @param requests how many
   * @param seed the same gives the same requests, but for what the service made up
   */
  async run(requests: number, seed: number): Promise<FuzzReport> {
    const cases = this.cases(requests, seed);
    const report: FuzzReport = { sent: 0, valid: 0, wrong: [] };
    const sendAll = async (): Promise<void> => {
      // Shared by all that send.
      for (const one of cases) {
        report.sent += 1;
        if (one.faults.length === 0) report.valid += 1;
        await this.send(one).catch((error: unknown) => report.wrong.push(said(one, error)));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, sendAll));
    return report;
  }

  private async send({ operation, address, body, headers, faults }: Case): Promise<void> {
    const answer = await this.service.call(operation.method, address, { key: this.key, body, headers });
    // A worker outside said that its task failed; who asks for the result gets just that.
    const isSaid = answer.body?.code === 'job_failed';
    if (answer.status >= 500 && !isSaid) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`);
    this.check(operation, answer);
    if (!faults.every(isTolerated) && answer.status < 400)
      throw new Error(`accepted with ${answer.status}: ${JSON.stringify(faults)}`);
    if (faults.length === 0 && [400, 422].includes(answer.status) && !isExplained(answer))
      throw new Error(`valid, and refused: ${JSON.stringify(answer.body)}`);
  }

  /** One of each kind, over and over, so that all see the service in every state. */
  private *cases(requests: number, seed: number): Generator<Case> {
    const arbitraries = this.openApi.operations.flatMap((operation) => this.arbitrariesOf(operation));
    for (let at = 0; at < requests; at += 1) {
      const [made] = fc.sample(arbitraries[at % arbitraries.length]!, { seed: seed + at, numRuns: 1 });
      yield made!;
    }
  }

  private arbitrariesOf(operation: Operation): fc.Arbitrary<Case>[] {
    const json = operation.requestBody?.content[JSON_TYPE];
    const hasQuery = operation.parameters.some((one) => one.in === 'query');
    const isStream = operation.responses['200']?.content?.['text/event-stream'] !== undefined;
    if (json === undefined)
      return operation.method === 'GET' && hasQuery && !isStream ? [this.read(operation)] : [];
    return this.openApi.exampleNames(operation).map((name) => this.write(operation, json.schema, name));
  }

  private read(operation: Operation): fc.Arbitrary<Case> {
    const parameters = operation.parameters.filter((one) => one.in === 'query');
    const query = fc.tuple(
      ...parameters.map(({ name, schema, required }) =>
        fc
          .option(this.mutations.parameter(schema), { freq: required === true ? 9 : 1, nil: [] })
          .map((texts) => ({
            name,
            texts,
            faults: this.faultsOf(name, schema, texts, required === true),
          })),
      ),
    );
    return fc.tuple(query, headersFor(operation)).map(([chosen, headers]) => {
      const search = new URLSearchParams(
        chosen.flatMap(({ name, texts }) => texts.map((text): [string, string] => [name, text])),
      );
      const address = `${addressOf(operation.path, this.tenant.ids)}?${search.toString()}`;
      return { operation, address, headers, faults: chosen.flatMap(({ faults }) => faults) };
    });
  }

  private write(operation: Operation, schema: Schema, exampleName: string): fc.Arbitrary<Case> {
    const { body: example } = exampleCall(this.openApi, operation, this.receiver, exampleName) as {
      body: Body;
    };
    if (example.parameters?.id !== undefined) example.parameters.id = this.tenant.ids['/v1/orders/']!;
    const address = addressOf(operation.path, this.tenant.ids);
    return fc.tuple(this.mutations.of(schema, example), headersFor(operation)).map(([body, headers]) => {
      // It stands for many requests, whose numbers and names would all be the same.
      for (const name of ['number', 'name'] as const)
        if ((body as Body)[name] !== undefined && (body as Body)[name] === example[name])
          (body as Body)[name] = randomUUID();
      return {
        operation,
        address,
        headers,
        body,
        faults: faultsIn(this.validatorOf(this.mutations.branchOf(schema, body)), body),
      };
    });
  }

  /** Of a parameter by its schema, as what its text is read as. */
  private faultsOf(name: string, given: Schema, texts: string[], isRequired: boolean): Fault[] {
    if (texts.length === 0) return isRequired ? [{ field: name, keyword: 'required' }] : [];
    const schema = this.openApi.resolve(given);
    const isList = schema['type'] === 'array';
    const { type } = isList ? this.openApi.resolve(schema['items']) : schema;
    const values = texts.map((text) => readAs(type as string, text));
    return faultsIn(this.validatorOf(schema), isList ? values : values[0], name);
  }
}

function faultsIn(validate: ValidateFunction, value: unknown, name = ''): Fault[] {
  if (validate(value)) return [];
  return validate.errors!.map(({ instancePath, keyword }) => ({ field: name + instancePath, keyword }));
}

/** What a body may have that the fuzzer has to know of. */
interface Body {
  number?: unknown;
  name?: unknown;
  parameters?: { id?: string };
}

function readAs(type: string, text: string): unknown {
  if (type === 'integer' && /^\d+$/.test(text)) return Number(text);
  if (type === 'boolean' && /^(true|false)$/.test(text)) return text === 'true';
  return text;
}

function headersFor({ parameters }: Operation): fc.Arbitrary<Record<string, string>> {
  const known = parameters.filter(({ in: place, name }) => place === 'header' && name in HEADERS);
  return fc
    .tuple(
      ...known.map(({ name }) =>
        fc.option(fc.constantFrom(...HEADERS[name]!), { freq: 1 }).map((value) => [name, value]),
      ),
    )
    .map((all) => Object.fromEntries(all.filter(([, value]) => value !== null)) as Record<string, string>);
}

const isTolerated = ({ field, keyword }: Fault): boolean =>
  ACCEPTED_ALL_THE_SAME.some((one) => one.keyword === keyword && one.field.test(field));

function isExplained({ body }: Answer): boolean {
  const { code, errors = [] } = body as { code: string; errors?: { field: string; message: string }[] };
  const known = REFUSED_ALL_THE_SAME.filter((one) => one.code === code);
  if (errors.length === 0) return known.some(({ field }) => field === undefined);
  return errors.every(({ field, message }) =>
    known.some((one) => one.field?.test(field) === true && one.message?.test(message) !== false),
  );
}

function said({ operation, address, body, headers }: Case, error: unknown): string {
  const sent = body === undefined ? '' : JSON.stringify(body).slice(0, 1_500);
  const { message, cause } = error as Error;
  const why = cause instanceof Error ? `${message}: ${cause.message}` : message;
  return `${nameOf(operation)} ${address.slice(0, 300)} ${JSON.stringify(headers)} ${sent}\n  ${why}`;
}
