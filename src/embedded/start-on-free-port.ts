import type { SupervisedProcess } from './supervised-process';
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

export interface Started {
  readonly process: SupervisedProcess;
  readonly port: number;
}

/** Another process may take a port between our look and our server's start; then the next one is tried. */
export async function startOnFreePort(
  create: (port: number) => Promise<SupervisedProcess>,
): Promise<Started> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const process = await create(port);
    try {
      await process.start();
      return { process, port };
    } catch (error) {
      if (attempt === 5 || (await isFree(port))) throw error;
    }
  }
}

/**
 * A free loopback port below the ranges that systems take client ports from (32768 on Linux, 49152 elsewhere). From
 * inside such a range a client that reconnects while its server is down can be given the server's own port, connect
 * to itself and keep the server from coming back.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(15_000, 32_000);
    if (await isFree(port)) return port;
  }
  throw new Error('no free port found between 15000 and 32000');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
