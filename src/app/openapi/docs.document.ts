import { getSchemaPath, type OpenAPIObject } from '@nestjs/swagger';
import { Problem, PROBLEM_MEDIA_TYPE } from '../../common/http/problem';
import { ACCEPTED_HEADERS } from '../../jobs/http/acceptance';

type PathItem = OpenAPIObject['paths'][string];
type Operation = NonNullable<PathItem['get']>;
type Body = Extract<NonNullable<Operation['requestBody']>, { content: object }>;
type Schema = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];
type SecurityRequirement = NonNullable<Operation['security']>[number];
type Response = Exclude<NonNullable<Operation['responses'][string]>, { $ref: string }>;

const RATE_LIMIT_POLICIES = `How many requests (\`q\`) in how many seconds (\`w\`). For each API key: \`submit\`, \`poll\` (each job apart: its
status, stream, link, tokens and file), \`other\` (lists, and polls of what is not yours, among them). For each address: \`address\`
(without a good key), \`link\` (signed links), \`jwks\`, \`docs\`, \`page\`, \`unknown\` (404 and 405 where no route is).`;

const HEADERS = {
  'X-Request-Id': {
    description: 'The id that you sent, or a new one. Name it when you ask for help.',
    schema: { type: 'string' },
  },
  RateLimit: {
    description: 'What is left (`r`) of the policy, and in how many seconds all of it is back (`t`).',
    schema: { type: 'string' },
    example: '"poll";r=50;t=30',
  },
  'RateLimit-Policy': {
    description: RATE_LIMIT_POLICIES,
    schema: { type: 'string' },
    example: '"poll";q=90;w=60',
  },
  ETag: { description: 'Of this page: send it as `If-None-Match`.', schema: { type: 'string' } },
  Link: { description: 'The next page, `rel="next"` (RFC 8288).', schema: { type: 'string' } },
  'Cache-Control': {
    description:
      'Mostly `no-store`: what is answered to one key is for nobody else. Lists and files may be kept, and are asked for again.',
    schema: { type: 'string' },
    example: 'no-store',
  },
  'WWW-Authenticate': {
    description: 'What is wrong with the key or the token (RFC 6750).',
    schema: { type: 'string' },
    example: 'Bearer error="insufficient_scope", scope="reports"',
  },
  'Preference-Applied': {
    description: 'Which preferences of `Prefer` were honoured (RFC 7240).',
    schema: { type: 'string' },
    example: 'wait=10',
  },
  'Idempotency-Replayed': ACCEPTED_HEADERS['Idempotency-Replayed'],
  'Retry-After': { description: 'Seconds.', schema: { type: 'integer', minimum: 1 } },
};

const OF_EVERY_OPERATION = { 500: 'Something went wrong on our side.' };
const OF_LIMITED_OPERATIONS = {
  429: 'Too many requests of a kind (`violated-policies` says which), too many jobs in flight, or no room left for your files (`storage_quota_exceeded`, with `used_bytes` and `max_bytes`): come back after `Retry-After`.',
  503: 'The database, or the store of files (`store_unavailable`, `store_full`), is away for a moment: come back after `Retry-After`.',
};
const OF_OPERATIONS_WITH_AN_ANSWER = { 406: 'What it answers is of none of the types in `Accept`.' };
const OF_OPERATIONS_WITH_BODY = {
  400: 'The body is not JSON.',
  413: 'The body is too large.',
  415: 'The body has another media type, or is compressed.',
};

/** Says once what is true of all operations, or of all of a kind: their headers and their common problems. */
export function completeDocument(document: OpenAPIObject): void {
  document.components = { ...document.components, headers: HEADERS };
  unwrapReferences(document);
  for (const item of Object.values(document.paths)) {
    for (const operation of Object.values(item) as Operation[]) {
      complete(operation);
      for (const { schema } of Object.values(bodyOf(operation)?.content ?? {})) close(schema, document);
    }
  }
}

const bodyOf = ({ requestBody }: Operation): Body | undefined => requestBody as Body | undefined;

/** Unknown fields of a body are refused, at any depth. */
function close(schema: Schema | undefined, document: OpenAPIObject): void {
  if (schema === undefined) return;
  if ('$ref' in schema) {
    const name = schema.$ref.slice(getSchemaPath('').length);
    const referred = document.components?.schemas?.[name];
    if (referred === undefined || isClosed(referred)) return;
    if (referred.properties !== undefined) referred.additionalProperties = false;
    close(referred, document);
    return;
  }
  const { properties = {}, items, oneOf = [] } = schema;
  for (const member of [...Object.values(properties), items, ...oneOf]) close(member, document);
}

const isClosed = (schema: Schema): schema is { $ref: string } =>
  '$ref' in schema || schema.additionalProperties === false;

function complete(operation: Operation): void {
  if (operation.security !== undefined) operation.security = withoutRepetition(operation.security);
  if (isPaged(operation)) describeRevalidation(operation);
  const problems = {
    ...OF_EVERY_OPERATION,
    ...(isLimited(operation) ? OF_LIMITED_OPERATIONS : {}),
    ...(isLimited(operation) && hasAnswer(operation) ? OF_OPERATIONS_WITH_AN_ANSWER : {}),
    ...(operation.requestBody === undefined ? {} : OF_OPERATIONS_WITH_BODY),
  };
  for (const [status, description] of Object.entries(problems)) {
    operation.responses[status] ??= {
      description,
      content: { [PROBLEM_MEDIA_TYPE]: { schema: { $ref: getSchemaPath(Problem) } } },
    };
  }
  for (const [status, response] of Object.entries(operation.responses)) {
    if (response === undefined || '$ref' in response) continue;
    response.headers = { ...headersOf(status, operation), ...response.headers };
  }
}

/** A route that says whose it is, in a class that says so, too, has it twice. */
const withoutRepetition = (alternatives: SecurityRequirement[]): SecurityRequirement[] => [
  ...new Map(alternatives.map((each) => [JSON.stringify(each), each])).values(),
];

/** Statuses of requests that come no further than to the door. */
const OF_REFUSALS = ['400', '401', '403', '406', '413', '415', '429', '503'];
const NEEDS_KEY = ['401', '403'];

const isGuarded = ({ responses }: Operation): boolean => responses['401'] !== undefined;

/** The probes of the platform are not limited. */
const isLimited = ({ tags }: Operation): boolean => tags?.includes('health') !== true;

/** Whether its success has a body. */
const hasAnswer = ({ responses }: Operation): boolean =>
  Object.keys(responses).some((status) => /^2/.test(status) && status !== '204');

function describeRevalidation(operation: Operation): void {
  (operation.parameters ??= []).push({
    name: 'If-None-Match',
    in: 'header',
    required: false,
    description: 'The `ETag` of the page that you have.',
    schema: { type: 'string' },
  });
  operation.responses['304'] = { description: 'The page is as you have it.' };
}

/** Whether it answers a list in pages. */
const isPaged = ({ parameters = [] }: Operation): boolean =>
  parameters.some((parameter) => 'name' in parameter && ['cursor', 'after'].includes(parameter.name));

/** Whether it honours a header of the request that may have had its effect before this was answered. */
const hasHonoured = (header: string, status: string, { parameters = [] }: Operation): boolean =>
  !OF_REFUSALS.includes(status) &&
  parameters.some((parameter) => 'name' in parameter && parameter.name === header);

function headersOf(status: string, operation: Operation): Response['headers'] {
  const names = [
    'X-Request-Id',
    ...(NEEDS_KEY.includes(status) && isGuarded(operation) ? ['WWW-Authenticate'] : []),
    ...(hasHonoured('Prefer', status, operation) ? ['Preference-Applied'] : []),
    ...(hasHonoured('Idempotency-Key', status, operation) ? ['Idempotency-Replayed'] : []),
    ...(isLimited(operation) ? ['Cache-Control', 'RateLimit', 'RateLimit-Policy'] : []),
    ...(status === '200' && isPaged(operation) ? ['ETag', 'Link'] : []),
    ...(status === '304' && isPaged(operation) ? ['ETag'] : []),
    ...(['429', '503'].includes(status) ? ['Retry-After'] : []),
  ];
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

/** `allOf` of one reference is how OpenAPI 3.0 put a description beside it; in 3.1 they stand side by side. */
function unwrapReferences(node: unknown): void {
  if (typeof node !== 'object' || node === null) return;
  const schema = node as { allOf?: unknown; $ref?: string };
  if (Array.isArray(schema.allOf) && schema.allOf.length === 1) {
    const [only] = schema.allOf as { $ref?: string }[];
    if (only?.$ref !== undefined) {
      delete schema.allOf;
      schema.$ref = only.$ref;
    }
  }
  for (const member of Object.values(node)) unwrapReferences(member);
}
