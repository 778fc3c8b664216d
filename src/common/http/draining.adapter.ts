import { Logger, type NestApplicationOptions } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Server, type Socket } from 'node:net';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';

/** How long requests under way may go on after the listener closed: within the deadline of the whole shutdown. */
const REQUESTS_GRACE_MS = 18_000;

interface Connection {
  /** Requests of it that are not answered to the last byte. */
  underWay: number;
  /** Bytes that had come when it was idle last: more means that a request is on its way. */
  bytesRead: number;
}

/**
 * Express on a server that ends without breaking requests. Draining begins with `drain()`: not ready, and answers close
 * their connections; then the listener closes; `close()` waits for what is under way. Nest calls that after the hooks
 * `onModuleDestroy` and `beforeApplicationShutdown`, and before `onApplicationShutdown`: what requests need is closed in
 * the last of the three alone.
 */
export class DrainingAdapter extends ExpressAdapter {
  private readonly log = new Logger(DrainingAdapter.name);
  private readonly connections = new Map<Socket, Connection>();
  private readonly answers = new Set<ServerResponse>();
  private listenerClosed: Promise<void> | undefined;
  private ended: Promise<unknown> | undefined;

  get isDraining(): boolean {
    return this.listenerClosed !== undefined;
  }

  override initHttpServer(options: NestApplicationOptions): void {
    super.initHttpServer(options);
    this.httpServer.on('connection', (socket: Socket) => {
      this.connections.set(socket, { underWay: 0, bytesRead: 0 });
      socket.once('close', () => this.connections.delete(socket));
    });
    // Before the application sees it, which may answer at once.
    this.httpServer.prependListener('request', (request: IncomingMessage, response: ServerResponse) =>
      this.onRequest(request, response),
    );
  }

  /**
   * From now on not ready. Everything is served as before, new connections too, until the delay is over.
   *
   * @param delayMs so that balancers notice; none where nobody could connect yet
   * @returns resolves when the listener has closed
   */
  drain(delayMs: number): Promise<void> {
    this.listenerClosed ??= this.closeListener(delayMs);
    return this.listenerClosed;
  }

  override async close(): Promise<void> {
    await this.drain(0);
    await this.ended;
    await super.close();
  }

  private async closeListener(delayMs: number): Promise<void> {
    for (const answer of this.answers) if (!answer.headersSent) answer.shouldKeepAlive = false;
    if (this.httpServer.listening) await sleep(delayMs);
    // What has come already is read in this turn of the event loop, so that its connection is not taken for an idle one.
    await turn();
    this.ended = once(this.httpServer, 'close');
    // Not that of `http.Server`, which cuts answers that are handed over in full and not yet read.
    Server.prototype.close.call(this.httpServer);
    for (const socket of this.connections.keys()) this.closeIfIdle(socket);
    const grace = setTimeout(() => {
      this.log.warn(`${this.connections.size} connection(s) cut with requests that did not end.`);
      for (const socket of this.connections.keys()) socket.destroy();
    }, REQUESTS_GRACE_MS);
    this.httpServer.once('close', () => clearTimeout(grace));
  }

  private onRequest(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const connection = this.connections.get(socket);
    if (connection === undefined) return;
    connection.underWay += 1;
    this.answers.add(response);
    if (this.isDraining) response.shouldKeepAlive = false;
    const settle = (): void => {
      connection.bytesRead = socket.bytesRead;
      if (this.ended !== undefined) this.closeIfIdle(socket);
    };
    response.once('close', () => {
      connection.underWay -= 1;
      this.answers.delete(response);
      settle();
    });
    // A body may go on after its answer.
    request.once('close', settle);
  }

  private closeIfIdle(socket: Socket): void {
    const connection = this.connections.get(socket);
    if (connection?.underWay === 0 && connection.bytesRead === socket.bytesRead) socket.destroySoon();
  }
}
