import { MAX_BODY_BYTES } from './raw-body.ts';
import { Receiver, type ReceiverOptions } from './receiver.ts';

interface FastifyRequest {
  method: string;
  headers: Record<string, string | string[] | undefined>;
  body: unknown;
}

interface FastifyReply {
  code(status: number): { headers(headers: Record<string, string>): { send(body: string): unknown } };
}

/** As much of an instance of Fastify as is used. */
interface Fastify {
  removeAllContentTypeParsers(): unknown;
  addContentTypeParser(
    type: string,
    options: { parseAs: 'buffer'; bodyLimit: number },
    parse: (request: never, body: Uint8Array, done: (error: null, body: Uint8Array) => void) => void,
  ): unknown;
  post(path: string, handler: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>): unknown;
}

/**
 * A plugin for Fastify: `app.register(receiveEvents, { prefix: '/hooks', keys, onEvent })`. Its own route alone keeps the
 * bytes of the body; those of the rest of the application are parsed as before.
 */
export function receiveEvents(app: unknown, options: ReceiverOptions, done: (error?: Error) => void): void {
  const fastify = app as Fastify;
  const receiver = new Receiver(options);
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(
    '*',
    { parseAs: 'buffer', bodyLimit: MAX_BODY_BYTES },
    (_request, body, parsed) => parsed(null, body),
  );
  fastify.post('/', async ({ method, headers, body }, reply) => {
    const bytes = body instanceof Uint8Array ? body : new Uint8Array();
    const answer = await receiver.handle({ method, headers, body: () => bytes });
    return reply.code(answer.status).headers(answer.headers).send(answer.body);
  });
  done();
}
