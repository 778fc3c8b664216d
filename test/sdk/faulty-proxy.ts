import { once } from 'node:events';
import { createServer, request as forward, type IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What becomes of one request: an answer of the proxy's own, or of the service's. */
export type Fault =
  /** The proxy answers by itself, and the service never sees the request. */
  | { status: number; headers?: Record<string, string>; body?: string | Buffer }
  /** The service answers, and the connection breaks after so many bytes of the body; with -1 before the headers. */
  | { cutAfter: number }
  /** The same, but the connection stays, and nothing comes any more. */
  | { stallAfter: number }
  /** The answer is kept back until it is whole, as proxies do that buffer. */
  | 'buffers'
  /** Nothing is answered, and the connection stays. */
  | 'hangs';

/** An HTTP proxy before the service, as they are on the way to a caller: it buffers, it loses, it gives up. */
export class FaultyProxy {
  /** Method, path and query of each request that came. */
  readonly seen: string[] = [];
  /** Says what is wrong with a request; nothing unless set. */
  faultOf: (method: string, path: string, headers: IncomingMessage['headers']) => Fault | undefined = () =>
    undefined;

  private constructor(
    private readonly server: Server,
    private readonly target: string,
  ) {}

  static async before(target: string): Promise<FaultyProxy> {
    const server = createServer((request, response) => proxy.pass(request, response));
    const proxy = new FaultyProxy(server, target);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private pass(request: IncomingMessage, response: ServerResponse): void {
    const { method = '', url = '', headers } = request;
    this.seen.push(`${method} ${url}`);
    const fault = this.faultOf(method, url, headers);
    if (fault === 'hangs') return;
    if (fault !== undefined && fault !== 'buffers' && 'status' in fault) {
      request.resume();
      response.writeHead(fault.status, fault.headers ?? {}).end(fault.body ?? '');
      return;
    }
    const onward = forward(this.target + url, { method, headers }, (answer) => {
      const stalls = typeof fault === 'object' && 'stallAfter' in fault;
      const cutAfter = stalls ? fault.stallAfter : typeof fault === 'object' ? fault.cutAfter : Infinity;
      if (cutAfter < 0) {
        answer.resume().on('end', () => response.destroy());
        return;
      }
      if (fault !== 'buffers') response.writeHead(answer.statusCode!, answer.headers).flushHeaders();
      const chunks: Buffer[] = [];
      let sent = 0;
      answer.on('data', (chunk: Buffer) => {
        if (fault === 'buffers') chunks.push(chunk);
        else if (sent + chunk.length <= cutAfter) response.write(chunk);
        else if (sent < cutAfter || !stalls)
          response.write(chunk.subarray(0, cutAfter - sent), () => stalls || response.destroy());
        sent += chunk.length;
      });
      answer.on('end', () => {
        if (stalls) return;
        if (fault === 'buffers') response.writeHead(answer.statusCode!, answer.headers);
        response.end(Buffer.concat(chunks));
      });
      answer.on('error', () => response.destroy());
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  }
}
