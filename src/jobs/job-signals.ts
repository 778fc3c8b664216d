import { Injectable, Logger } from '@nestjs/common';
import { Subject } from 'rxjs';
import { withLogContext } from '../common/log-context';
import { isTerminal } from './job';
import type { JobEnd } from './job-sql';

/**
 * Publishes to the rest of this process at once what it has just committed, and logs it. Only hints, for speed: nothing
 * comes from other processes, and what must not be missed is read from the tables.
 */
@Injectable()
export class JobSignals {
  /** Jobs have ended. */
  readonly ended = new Subject<JobEnd[]>();
  /** A running job is to be cancelled. */
  readonly cancelRequested = new Subject<void>();

  private readonly logger = new Logger('Jobs');

  /** Publishes those that have ended among jobs that were changed, once that is committed. */
  publishEnds(changed: JobEnd[]): void {
    const ends = changed.filter(({ state }) => isTerminal(state));
    if (ends.length === 0) return;
    for (const { id, type, request_id, state, total_seconds } of ends) {
      withLogContext({ request_id, job_id: id }, () =>
        this.logger.log(`Job ${id} (${type}) ended ${state} after ${total_seconds.toFixed(3)} s`),
      );
    }
    this.ended.next(ends);
  }
}
