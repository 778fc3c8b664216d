import { freePort, isFree } from './free-port';
import type { SupervisedProcess } from './supervised-process';

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
