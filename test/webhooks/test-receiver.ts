import { createHash } from 'node:crypto';
import {
  createServer,
  IncomingHttpHeaders,
  IncomingMessage,
  RequestListener,
  Server,
  ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';

/** What the receiver saw of one attempt. */
export interface Received {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
  at: number;
  /** SHA-256 of the body, to compare attempts. */
  digest: string;
  socket: Socket;
}

/** Answers one request; the body has been read by then. */
export type Behaviour = (received: Received, response: ServerResponse, request: IncomingMessage) => void;

export const answer =
  (status: number, headers: Record<string, string> = {}, body = ''): Behaviour =>
  (_received, response) => {
    response.writeHead(status, headers).end(body);
  };

const echoChallenge: Behaviour = ({ body }, response) => {
  const { data } = JSON.parse(body.toString()) as { data: { challenge?: string } };
  response
    .writeHead(200, { 'content-type': 'application/json' })
    .end(JSON.stringify({ challenge: data.challenge }));
};

/** A real HTTP(S) server with a ledger. What a path does is set by `on`; any other path says 204. */
export class TestReceiver {
  readonly ledger: Received[] = [];
  private readonly behaviours = new Map<string, Behaviour>();
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly protocol: 'http' | 'https',
  ) {}

  static async start(tls?: TlsOptions): Promise<TestReceiver> {
    const listener: RequestListener = (request, response) => receiver.receive(request, response);
    const server = tls ? createTlsServer(tls, listener) : createServer(listener);
    const receiver = new TestReceiver(server, tls ? 'https' : 'http');
    server.on('connection', (socket: Socket) => {
      receiver.sockets.add(socket);
      socket.on('close', () => receiver.sockets.delete(socket)).on('error', () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  url(path = '/hook', host = '127.0.0.1'): string {
    return `${this.protocol}://${host}:${this.port}${path}`;
  }

  on(path: string, behaviour: Behaviour): this {
    this.behaviours.set(path, behaviour);
    return this;
  }

  /** Attempts at a path, the verification of ownership not counted. */
  at(path = '/hook'): Received[] {
    return this.ledger.filter(
      (received) => received.path === path && !received.body.includes('"webhook.endpoint.verification"'),
    );
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private receive(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const received: Received = {
        method: request.method ?? '',
        path: (request.url ?? '').split('?')[0] ?? '',
        headers: request.headers,
        body,
        at: Date.now(),
        digest: createHash('sha256').update(body).digest('hex'),
        socket: request.socket,
      };
      this.ledger.push(received);
      const verification = body.includes('"webhook.endpoint.verification"');
      const behaviour = this.behaviours.get(verification ? `${received.path}#verify` : received.path);
      (behaviour ?? (verification ? echoChallenge : answer(204)))(received, response, request);
    });
    request.on('error', () => undefined);
  }
}
