import { BodyGoneError, readBody } from './raw-body.ts';
import { Receiver, type ReceiverOptions } from './receiver.ts';

/** What the servers of Node have of a request, Express's among them. */
export interface NodeRequest extends AsyncIterable<Uint8Array> {
  method?: string | undefined;
  headers: Record<string, string | string[] | undefined>;
  readableEnded: boolean;
  /** What a parser made of the body. */
  body?: unknown;
  /** What Nest keeps with `rawBody: true`, and other parsers by convention. */
  rawBody?: unknown;
}

export interface NodeResponse {
  writeHead(status: number, headers: Record<string, string>): { end(body: string): unknown };
}

/**
 * A handler of callbacks.
 *
 * @throws TypeError for keys that are none
 */
export function receiveEvents(
  options: ReceiverOptions,
): (request: NodeRequest, response: NodeResponse) => Promise<void> {
  const receiver = new Receiver(options);
  return async (request, response) => {
    const { method = '', headers } = request;
    const { status, ...answer } = await receiver.handle({ method, headers, body: () => bodyOf(request) });
    response.writeHead(status, answer.headers).end(answer.body);
  };
}

function bodyOf(request: NodeRequest): Promise<Uint8Array | undefined> | Uint8Array {
  for (const kept of [request.rawBody, request.body]) if (kept instanceof Uint8Array) return kept;
  if (request.readableEnded) throw new BodyGoneError();
  return readBody(request);
}
