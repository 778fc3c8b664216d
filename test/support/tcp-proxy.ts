import { once } from 'node:events';
import { connect, createServer, Server, Socket } from 'node:net';

/** A TCP proxy in this process whose connections can be cut, refused, or left hanging half-open. */
export class TcpProxy {
  private readonly pairs = new Set<[Socket, Socket]>();
  private hangs = false;
  private swallowed: string | undefined;

  private constructor(
    private readonly server: Server,
    private target: { host: string; port: number },
  ) {}

  /** @param at the port to listen on; any free one unless given */
  static async to(host: string, port: number, at = 0): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server, { host, port });
    server.on('connection', (socket) => proxy.join(socket));
    server.listen(at, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  /** A proxy in front of the service of a URL, and the URL that leads through it. */
  static async before(url: string): Promise<{ proxy: TcpProxy; url: string }> {
    const through = new URL(url);
    const proxy = await TcpProxy.to(through.hostname, Number(through.port));
    through.hostname = '127.0.0.1';
    through.port = String(proxy.port);
    return { proxy, url: through.href };
  }

  get port(): number {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('The proxy is closed.');
    return address.port;
  }

  /** Ends all connections, as a network that fails does; new ones are taken. */
  cut(): number {
    const { size } = this.pairs;
    this.swallowed = undefined;
    for (const pair of this.pairs) for (const socket of pair) socket.destroy();
    return size;
  }

  /** New connections lead to another port of the same host, as a name does that is switched over; open ones stay. */
  leadTo(port: number): void {
    this.target = { ...this.target, port };
  }

  /** Connections stay, and are taken, but no byte passes until `resume`. */
  hang(): void {
    this.hangs = true;
    for (const pair of this.pairs) for (const socket of pair) socket.pause();
  }

  /** From the next request that holds this text on: what is sent arrives, what is answered does not, until `cut`. */
  swallowAnswersTo(text: string): void {
    this.swallowed = text;
  }

  resume(): void {
    this.hangs = false;
    for (const pair of this.pairs) for (const socket of pair) socket.resume();
  }

  /** After `hang`: new connections pass, with all that is answered. Those of before stay as they are, as neither end hears that the other is gone. */
  passAnew(): void {
    this.hangs = false;
    this.swallowed = undefined;
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.cut();
    await closed;
  }

  private join(near: Socket): void {
    const far = connect(this.target);
    const pair: [Socket, Socket] = [near, far];
    this.pairs.add(pair);
    for (const [from, to] of [pair, [far, near] as const]) {
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        to.destroy();
        this.pairs.delete(pair);
      });
    }
    near.on('data', (chunk: Buffer) => {
      if (this.swallowed !== undefined && chunk.includes(this.swallowed)) far.unpipe().pause();
    });
    if (this.hangs) for (const socket of pair) socket.pause();
  }
}
