import { getSchemaPath, type OpenAPIObject } from '@nestjs/swagger';
import { JobCallback } from '../../jobs/http/job-callback.view';
import {
  DeliveryExhaustedCallback,
  EndpointRecoveredCallback,
  EndpointStateCallback,
  EndpointTestCallback,
  EndpointVerificationAnswer,
  EndpointVerificationCallback,
} from '../../webhooks/endpoints/endpoint-callback.view';

type PathItem = OpenAPIObject['paths'][string];
type Operation = NonNullable<PathItem['post']>;
type Components = NonNullable<OpenAPIObject['components']>;

/** The bodies of what we send, which no route of ours refers to. */
export const CALLBACK_BODIES = [
  JobCallback,
  DeliveryExhaustedCallback,
  EndpointRecoveredCallback,
  EndpointStateCallback,
  EndpointTestCallback,
  EndpointVerificationCallback,
  EndpointVerificationAnswer,
];

const PARAMETERS: NonNullable<Components['parameters']> = {
  'webhook-id': {
    name: 'webhook-id',
    in: 'header',
    required: true,
    description: 'Of the event: the same at every attempt and every receiver. Drop what you have had.',
    schema: { type: 'string', format: 'uuid' },
    example: '0192f3a5-6c4e-7d51-9a43-3f0d5f6d2c11',
  },
  'webhook-timestamp': {
    name: 'webhook-timestamp',
    in: 'header',
    required: true,
    description: 'Unix seconds of the attempt. Refuse what is older than five minutes.',
    schema: { type: 'string', pattern: '^[0-9]+$' },
    example: '1767225600',
  },
  'webhook-signature': {
    name: 'webhook-signature',
    in: 'header',
    required: true,
    description:
      'Signatures over `webhook-id.webhook-timestamp.body`, separated by spaces; one that matches is enough. `v1`: ' +
      'HMAC-SHA256 with the secret; `v1a`: Ed25519, by the keys of `/.well-known/jwks.json`.',
    schema: { type: 'string', pattern: '^v1a?,[A-Za-z0-9+/]+=*( v1a?,[A-Za-z0-9+/]+=*)*$' },
    example: 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
  },
};

/**
 * Says what we send: the same of the URL that comes with a request (`callbacks`) and of those that are registered
 * (`webhooks`).
 *
 * @param timeoutSeconds that an attempt may take
 */
export function describeCallbacks(document: OpenAPIObject, timeoutSeconds: number): void {
  document.components = { ...document.components, parameters: PARAMETERS };
  for (const item of Object.values(document.paths)) {
    for (const { callbacks } of Object.values(item) as Operation[]) {
      for (const callback of Object.values(callbacks ?? {})) {
        for (const { post } of Object.values(callback) as PathItem[]) {
          if (post) Object.assign(post, JOB_ENDED, signed(timeoutSeconds));
        }
      }
    }
  }
  document.webhooks = {
    jobEnded: webhook('JobEnd', JobCallback, { ...JOB_ENDED, ...signed(timeoutSeconds) }),
    deliveryExhausted: webhook('DeliveryExhausted', DeliveryExhaustedCallback, {
      summary: 'A delivery was given up',
      description:
        'To your other endpoints that want the type, and the tags of the job. None of a delivery that ends because its endpoint is ' +
        'disabled, gone or removed.',
      ...signed(timeoutSeconds),
    }),
    endpointRecovered: webhook('EndpointRecovered', EndpointRecoveredCallback, {
      summary: 'One of your endpoints works again, after its circuit was open',
      description: 'To your other endpoints that want the type.',
      ...signed(timeoutSeconds),
    }),
    endpointState: webhook('EndpointState', EndpointStateCallback, {
      summary: 'One of your endpoints was disabled, or works again',
      description: 'To your other endpoints that want the type.',
      ...signed(timeoutSeconds),
    }),
    endpointTest: webhook('EndpointTest', EndpointTestCallback, {
      summary: 'A test that you asked for',
      description: 'To that endpoint alone, whatever types it wants.',
      ...signed(timeoutSeconds),
    }),
    endpointVerification: webhook('EndpointVerification', EndpointVerificationCallback, {
      summary: 'Proof that a URL is yours',
      description: 'While it is registered, when its URL changes, and when you ask for it. Tried once.',
      ...signed(timeoutSeconds),
      responses: {
        '2XX': {
          description: 'Within 10 seconds, with the challenge: verified.',
          content: {
            'application/json': { schema: { $ref: getSchemaPath(EndpointVerificationAnswer) } },
            'text/plain': { schema: { type: 'string', description: 'The challenge alone.' } },
          },
        },
        default: { description: 'Not verified: the endpoint gets nothing.' },
      },
    }),
  };
}

const JOB_ENDED = {
  summary: 'A job has ended',
  description:
    'Sent until it is answered 2xx, for each round of the job. Its order among others is not promised.',
};

/** What is true of all that we send. It is signed, and needs no key of ours. */
const signed = (timeoutSeconds: number): Pick<Operation, 'security' | 'parameters' | 'responses'> => ({
  security: [{}],
  parameters: Object.keys(PARAMETERS).map((name) => ({ $ref: `#/components/parameters/${name}` })),
  responses: {
    '2XX': { description: `Within ${timeoutSeconds} seconds: got it. The body does not matter.` },
    '410': { description: 'No more, please: an endpoint is disabled.' },
    '429': {
      description: 'Less, please; so do 502, 503 and 504. `Retry-After` says from when on, up to 24 hours.',
    },
    default: {
      description:
        `Anything else, or nothing within ${timeoutSeconds} seconds: tried again, with the same id and bytes. ` +
        'Redirects are not followed.',
    },
  },
});

const webhook = (name: string, body: (typeof CALLBACK_BODIES)[number], operation: Operation): PathItem => ({
  post: {
    operationId: `receive${name}`,
    tags: ['webhooks'],
    requestBody: {
      required: true,
      content: { 'application/json': { schema: { $ref: getSchemaPath(body) } } },
    },
    ...operation,
  },
});
