import { Injectable } from '@nestjs/common';
import { Subject } from 'rxjs';
import type { JobEnd } from './job-sql';
import { isTerminal } from './job';

/**
 * Tells the rest of this process at once what it has just committed. Only hints, for speed: they tell nothing of other
 * processes, and what must not be missed is read from the tables.
 */
@Injectable()
export class JobSignals {
  /** Jobs have ended. */
  readonly ended = new Subject<JobEnd[]>();
  /** A running job is to be cancelled. */
  readonly cancelRequested = new Subject<void>();

  /** Tells of those that have ended among jobs that were changed, once that is committed. */
  tellEnds(changed: JobEnd[]): void {
    const ends = changed.filter(({ state }) => isTerminal(state));
    if (ends.length > 0) this.ended.next(ends);
  }
}
