import { type EmbeddedServices, startEmbeddedServices } from '../../src/embedded/embedded-services';
import { freePort } from '../support/services';
import { TriedService } from './tried-service';

/** The real service in parts: a Postgres, a Redis, an API and a worker, each a process that ends and starts by itself. */
export class DividedService extends TriedService {
  private stores: EmbeddedServices | undefined;

  /** @param variables of the API and the worker, beside their defaults */
  static async start(variables: NodeJS.ProcessEnv = {}): Promise<DividedService> {
    return new DividedService(await freePort(), { SAMPLE_DATA: 'false', ...variables }).launched();
  }

  async launch(): Promise<void> {
    this.stores = await startEmbeddedServices({
      dataDir: this.dataDir,
      postgres: true,
      redis: true,
      // A machine that crashes is not among what is tried.
      durable: false,
      log: () => undefined,
    });
    const where = { DATABASE_URL: this.stores.databaseUrl, REDIS_URL: this.stores.redisUrl };
    // Side by side: whichever is first brings the schema up to date.
    await Promise.all([
      this.run(this.port, { ...where, ROLE: 'api' }),
      this.run(await freePort(), { ...where, ROLE: 'worker' }),
    ]);
  }

  override async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    await super.stop(signal);
    await this.stores?.stop();
    this.stores = undefined;
  }
}
