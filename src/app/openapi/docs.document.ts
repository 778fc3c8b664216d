import { getSchemaPath, type OpenAPIObject } from '@nestjs/swagger';
import { Problem, PROBLEM_MEDIA_TYPE } from '../../common/http/problem';

type PathItem = OpenAPIObject['paths'][string];
type Operation = NonNullable<PathItem['get']>;
type Response = Exclude<NonNullable<Operation['responses'][string]>, { $ref: string }>;

const RATE_LIMIT_POLICIES = `How many requests (\`q\`) in how many seconds (\`w\`). For each API key: \`submit\`, \`poll\` (each job apart: its
status, stream, link and file), \`other\` (lists, and polls of what is not yours, among them). For each address: \`address\`
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
  Link: { description: 'The next page, `rel="next"` (RFC 8288).', schema: { type: 'string' } },
  'Retry-After': { description: 'Seconds.', schema: { type: 'integer', minimum: 1 } },
};

const OF_EVERY_OPERATION = { 500: 'Something went wrong on our side.' };
const OF_LIMITED_OPERATIONS = {
  429: 'Too many requests of a kind (`violated-policies` says which), too many jobs in flight, or no room left for your files (`storage_quota_exceeded`, with `used_bytes` and `max_bytes`): come back after `Retry-After`.',
  503: 'The database, or the store of files (`store_unavailable`, `store_full`), is away for a moment: come back after `Retry-After`.',
};
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
    for (const operation of Object.values(item) as Operation[]) complete(operation);
  }
}

function complete(operation: Operation): void {
  const problems = {
    ...OF_EVERY_OPERATION,
    ...(isLimited(operation) ? OF_LIMITED_OPERATIONS : {}),
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

/** The probes of the platform are not limited. */
const isLimited = ({ tags }: Operation): boolean => tags?.includes('health') !== true;

/** Whether it answers a list in pages. */
const isPaged = ({ parameters = [] }: Operation): boolean =>
  parameters.some((parameter) => 'name' in parameter && ['cursor', 'after'].includes(parameter.name));

function headersOf(status: string, operation: Operation): Response['headers'] {
  const names = [
    'X-Request-Id',
    ...(isLimited(operation) ? ['RateLimit', 'RateLimit-Policy'] : []),
    ...(status === '200' && isPaged(operation) ? ['Link'] : []),
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
