import { Receiver, type ReceiverOptions } from './receiver.ts';

/** A handler for Hono: `app.post('/hooks', receiveEvents({ keys, onEvent }))`. */
export function receiveEvents(
  options: ReceiverOptions,
): (context: { req: { raw: Request } }) => Promise<Response> {
  const receiver = new Receiver(options);
  return ({ req }) => receiver.fetch(req.raw);
}
