import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { InstalledPackage } from '../sdk/installed-package';

const PAGE = `<!doctype html>
<script type="importmap">{ "imports": { "order-reports": "/sdk/index.js" } }</script>
<title>Shop</title>`;

/** A site with an empty page that finds the SDK's own modules, and the programs that go with it. */
export class Shop {
  private constructor(private readonly server: Server) {}

  static async with(sdk: InstalledPackage): Promise<Shop> {
    const dist = join(sdk.folder, 'node_modules/order-reports/dist');
    const programs = join(__dirname, 'programs');
    const server = createServer(({ url = '/' }, response) => {
      const file = url.startsWith('/sdk/') ? join(dist, url.slice('/sdk/'.length)) : join(programs, url);
      const [type, text] =
        url === '/' ? ['text/html', Promise.resolve(PAGE)] : ['text/javascript', readFile(file, 'utf8')];
      text.then(
        (body) => response.setHeader('Content-Type', type).end(body),
        () => response.writeHead(404).end(),
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Shop(server);
  }

  /** Of another host than the service's, and not of another port alone. */
  get url(): string {
    return `http://localhost:${(this.server.address() as AddressInfo).port}/`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
