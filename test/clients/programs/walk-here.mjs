// The walk in a runtime that can serve, with a receiver of the kind that suits it.
import { createServer } from 'node:http';
import { Receiver } from 'order-reports';
import { receiveEvents } from 'order-reports/express';
import { walk } from './walk.mjs';

const { Bun, Deno, process } = globalThis;
const { WALK_URLS, ORDER_REPORTS_KEY: key } = process.env;
const hostname = '127.0.0.1';

/** @returns the port */
function serve(options) {
  const fetch = (request) => new Receiver(options).fetch(request);
  if (Deno) return Deno.serve({ hostname, port: 0, onListen: () => undefined }, fetch).addr.port;
  if (Bun) return Bun.serve({ hostname, port: 0, fetch }).port;
  const server = createServer(receiveEvents(options));
  return new Promise((resolve) => server.listen(0, hostname, () => resolve(server.address().port)));
}

await walk({
  urls: JSON.parse(WALK_URLS),
  key,
  receive: async (secret) => {
    let take;
    const event = new Promise((resolve) => (take = resolve));
    const port = await serve({ keys: [secret], onEvent: ({ body }) => take(body) });
    return { url: `http://${hostname}:${port}/`, event: () => event };
  },
});
process.exit(0);
