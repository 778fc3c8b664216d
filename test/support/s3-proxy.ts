import { once } from 'node:events';
import { createServer, IncomingMessage, request, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export type S3Fault =
  | 'answers 500'
  | 'answers 503 SlowDown'
  | 'cuts connections'
  | 'cuts downloads short'
  | 'keeps half of an upload'
  | 'completes with an error in a 200'
  | 'says that the credentials have expired'
  | 'denies access'
  | 'is full';

const REFUSALS: Partial<Record<S3Fault, [status: number, code: string]>> = {
  'answers 500': [500, 'InternalError'],
  'answers 503 SlowDown': [503, 'SlowDown'],
  'says that the credentials have expired': [400, 'ExpiredToken'],
  'denies access': [403, 'AccessDenied'],
  'is full': [507, 'XMinioStorageFull'],
};

/** A proxy in front of an S3-compatible server that does what stores do on bad days. */
export class S3Proxy {
  fault: S3Fault | undefined;
  /** Addresses that were answered with an error of the fault. */
  readonly refused: string[] = [];

  private constructor(
    private readonly server: Server,
    private readonly target: number,
  ) {}

  static async to(target: number): Promise<S3Proxy> {
    const server = createServer();
    const proxy = new S3Proxy(server, target);
    server.on('request', (asked: IncomingMessage, answer: ServerResponse) => {
      proxy.pass(asked, answer).catch(() => answer.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async pass(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { fault } = this;
    const body = await buffer(asked);
    if (fault === 'cuts connections') throw new Error('cut');
    const refusal = fault && REFUSALS[fault];
    // One that is full gives what it has.
    if (refusal && !(fault === 'is full' && asked.method === 'GET')) {
      this.refused.push(String(asked.url));
      refuse(answer, ...refusal);
      return;
    }
    const completes = asked.method === 'POST' && asked.url?.includes('uploadId=') === true;
    if (fault === 'completes with an error in a 200' && completes) {
      refuse(answer, 200, 'InternalError');
      return;
    }
    const keepsHalf = fault === 'keeps half of an upload' && asked.method === 'HEAD';
    const { headers, statusCode, content } = await this.forward(asked, body);
    // What is sent is signed, so the loss is in what it says that it has.
    if (keepsHalf) headers['content-length'] = String(Number(headers['content-length']) / 2);
    answer.writeHead(statusCode ?? 500, headers);
    if (fault === 'cuts downloads short' && asked.method === 'GET') {
      answer.write(content.subarray(0, content.length / 2), () => answer.destroy());
      return;
    }
    answer.end(content);
  }

  private async forward(asked: IncomingMessage, body: Buffer) {
    const { method, url, headers } = asked;
    const onward = request({
      host: '127.0.0.1',
      port: this.target,
      method,
      path: url,
      headers,
    });
    onward.end(body);
    const [answered] = (await once(onward, 'response')) as [IncomingMessage];
    return { headers: answered.headers, statusCode: answered.statusCode, content: await buffer(answered) };
  }
}

function refuse(answer: ServerResponse, status: number, code: string): void {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>as asked</Message></Error>`;
  answer.writeHead(status, { 'Content-Type': 'application/xml' }).end(body);
}
