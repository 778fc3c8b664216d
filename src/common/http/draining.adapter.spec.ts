import type { Request, Response } from 'express';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage, type RequestOptions } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { DrainingAdapter } from './draining.adapter';

/** More than the buffers of both sides take. */
const MUCH = 32 * 1024 * 1024;

let adapter: DrainingAdapter;
let port: number;
let answerHeld: (() => void) | undefined;

beforeEach(async () => {
  adapter = new DrainingAdapter();
  adapter.initHttpServer({});
  adapter.get('/much', (_request: Request, response: Response) => response.end(Buffer.alloc(MUCH)));
  adapter.get('/short', (_request: Request, response: Response) => response.end('short'));
  adapter.get('/held', (_request: Request, response: Response) => {
    answerHeld = () => response.end('held');
  });
  adapter.get('/begun', (_request: Request, response: Response) => {
    response.write('begun ');
    answerHeld = () => response.end('and ended');
  });
  adapter.post('/bytes', async (request: Request, response: Response) => {
    response.end(String((await text(request)).length));
  });
  adapter.listen(0);
  await once(adapter.getHttpServer(), 'listening');
  port = (adapter.getHttpServer().address() as AddressInfo).port;
});

afterEach(async () => {
  adapter.getHttpServer().closeAllConnections();
  await adapter.close();
});

async function answer(options: RequestOptions): Promise<IncomingMessage> {
  const [response] = (await once(get({ port, ...options }), 'response')) as [IncomingMessage];
  return response;
}

async function raw(start: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(start);
  return socket;
}

const held = async (): Promise<void> => {
  while (answerHeld === undefined) await turn();
};

/** Kept connections, and what each carries at this moment. */
const keeping = (): Agent => new Agent({ keepAlive: true, maxSockets: 1 });

it('serves on during the delay, on new connections too, with answers that end their connections', async () => {
  const agent = keeping();
  expect((await answer({ path: '/short', agent })).resume().headers.connection).toBe('keep-alive');
  answerHeld = undefined;
  const under = answer({ path: '/held' });
  await held();
  const closed = adapter.drain(500);
  expect(adapter.isDraining).toBe(true);
  const [kept, fresh] = await Promise.all([answer({ path: '/short', agent }), answer({ path: '/short' })]);
  for (const response of [kept, fresh]) {
    expect(response.headers.connection).toBe('close');
    expect(await text(response)).toBe('short');
  }
  answerHeld!();
  expect((await under).headers.connection).toBe('close');
  await closed;
  await expect(answer({ path: '/short' })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  agent.destroy();
});

it('closes idle connections at once, and is done then', async () => {
  const agent = keeping();
  await text(await answer({ path: '/short', agent }));
  const untouched = await raw('');
  const startedAt = performance.now();
  await adapter.close();
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  await once(untouched.resume(), 'close');
  agent.destroy();
});

it('waits for a request whose head is half sent, and for a body', async () => {
  const head = await raw('GET /short HTTP/1.1\r\nHost: a\r\n');
  const body = await raw('POST /bytes HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345');
  // Whoever is answered on a later connection shows that the bytes before have been read.
  await text(await answer({ path: '/short' }));
  await adapter.drain(0);
  const closed = adapter.close();
  head.write('\r\n');
  body.write('67890');
  expect(await text(head)).toMatch(/^HTTP\/1.1 200 OK[^]*Connection: close[^]*short$/);
  expect(await text(body)).toMatch(/^HTTP\/1.1 200 OK[^]*Connection: close[^]*10$/);
  await closed;
});

it('lets an answer end that was begun as one that keeps its connection', async () => {
  answerHeld = undefined;
  const begun = await answer({ path: '/begun', agent: keeping() });
  expect(begun.headers.connection).toBe('keep-alive');
  const closed = adapter.close();
  await adapter.drain(0);
  answerHeld!();
  expect(await text(begun)).toBe('begun and ended');
  await closed;
});

it('cuts no answer that was handed over in full and is still being read', async () => {
  const slow = await answer({ path: '/much', agent: keeping() });
  await adapter.drain(0);
  const closed = adapter.close();
  let bytes = 0;
  for await (const chunk of slow) bytes += (chunk as Buffer).length;
  expect(bytes).toBe(MUCH);
  await closed;
});
