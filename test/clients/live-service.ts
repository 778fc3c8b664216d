import { freePort } from '../support/services';
import { TriedService } from './tried-service';

/** The real service as `npm start` has it: one process with a Postgres, a Redis and a Chromium, and the sample orders. */
export class LiveService extends TriedService {
  /** @param variables beside those of a first `npm start` */
  static async start(variables: NodeJS.ProcessEnv = {}): Promise<LiveService> {
    return new LiveService(await freePort(), variables).launched();
  }

  launch(): Promise<void> {
    return this.run(this.port);
  }
}
