import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { BrowserPool } from './browser-pool';

/** Starts the browsers of a worker with the worker: the first report need not wait for them. */
@Injectable()
export class BrowserWarmUp implements OnApplicationBootstrap {
  private readonly logger = new Logger('Browser');

  constructor(private readonly pool: BrowserPool) {}

  onApplicationBootstrap(): void {
    // Not waited for: a worker without a browser still makes CSV, and says of each PDF what is wrong.
    this.pool.warm().catch((error: unknown) => this.logger.error(String(error)));
  }
}
