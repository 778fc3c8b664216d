import { once } from 'node:events';
import { createServer, IncomingMessage, request as httpRequest, Server, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../support/services';

/** What the store does with requests: each in its own way what a real one does on a bad day. */
export type StoreCondition = 'works' | 'silent' | 'slow' | 'errors' | 'cuts uploads' | 'cuts downloads';

const LATENCY_MS = 700;
const DRIP_BYTES = 2_048;
const DRIP_EVERY_MS = 30;
/** One request in so many is served in spite of the fault: a client that tries again sometimes gets through. */
const SERVED_IN_SPITE = 4;

/** A proxy in front of an object store, in this process: refuses, is silent, drips, answers with errors, cuts transfers off. */
export class StoreProxy {
  /** Requests that were harmed since the run began. */
  harmed = 0;
  private condition: StoreCondition = 'works';
  private requests = 0;

  private constructor(
    private readonly server: Server,
    private readonly target: number,
    readonly port: number,
  ) {}

  static async to(target: number): Promise<StoreProxy> {
    // Connections that idle are not closed under a request that is just being sent.
    const server = createServer({ keepAliveTimeout: 65_000 });
    // None that the system gives to a client while the store is away.
    const proxy = new StoreProxy(server, target, await freePort());
    await proxy.comeBack();
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      proxy.serve(request, response).catch(() => {
        request.destroy();
        response.destroy();
      });
    });
    return proxy;
  }

  become(condition: StoreCondition): void {
    this.condition = condition;
  }

  /** Cuts all connections and refuses new ones. */
  async goAway(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  async comeBack(): Promise<void> {
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  async close(): Promise<void> {
    if (this.server.listening) await this.goAway();
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests += 1;
    const spared = this.requests % SERVED_IN_SPITE === 0;
    if (this.condition === 'silent') this.harmed += 1;
    while (this.condition === 'silent') await sleep(50);
    // Who asked has given up.
    if (response.destroyed) return;
    const { condition } = this;
    if (condition === 'errors' && !spared) {
      this.harmed += 1;
      answerWithError(request, response, this.requests);
      return;
    }
    const isUpload = request.method === 'PUT' || request.method === 'POST';
    const cutsUpload = condition === 'cuts uploads' && isUpload && !spared;
    const cutsDownload = condition === 'cuts downloads' && request.method === 'GET' && !spared;
    const isSlow = condition === 'slow';
    if (isSlow || cutsUpload || cutsDownload) this.harmed += 1;
    if (isSlow) await sleep(LATENCY_MS);

    const { method, url, headers } = request;
    const upstream = httpRequest({
      host: '127.0.0.1',
      port: this.target,
      method,
      path: url,
      headers,
      agent: false,
    });
    response.on('close', () => upstream.destroy());
    const answering = once(upstream, 'response') as Promise<[IncomingMessage]>;
    answering.catch(() => undefined);
    await pipeline(this.bodyOf(request, isSlow, cutsUpload), upstream);
    const [answer] = await answering;
    // The caller's connection goes on, whatever the server does with this one.
    delete answer.headers.connection;
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    const cutsAnswer = cutsDownload && answer.statusCode !== undefined && answer.statusCode < 300;
    await pipeline(this.bodyOf(answer, isSlow, cutsAnswer), response);
  }

  private bodyOf(source: IncomingMessage, isSlow: boolean, isCut: boolean): Readable {
    if (isSlow) return Readable.from(drip(source));
    return isCut ? Readable.from(half(source)) : source;
  }
}

async function* drip(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of source)
    for (let at = 0; at < chunk.length; at += DRIP_BYTES) {
      yield chunk.subarray(at, at + DRIP_BYTES);
      await sleep(DRIP_EVERY_MS);
    }
}

/** A part of the first bytes, and then the end of the connection. */
async function* half(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    yield chunk.subarray(0, Math.ceil(chunk.length / 2));
    // What was written gets out before the connection is cut.
    await sleep(DRIP_EVERY_MS);
    throw new Error('The transfer is cut off.');
  }
}

/** As Amazon's S3 says it: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
function answerWithError(request: IncomingMessage, response: ServerResponse, number: number): void {
  request.resume();
  const [status, code] = number % 2 === 0 ? [500, 'InternalError'] : [503, 'SlowDown'];
  response
    .writeHead(status, { 'content-type': 'application/xml' })
    .end(
      `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${code}</Message></Error>`,
    );
}
