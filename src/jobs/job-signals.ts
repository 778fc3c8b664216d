import { Injectable } from '@nestjs/common';
import { Subject } from 'rxjs';
import type { JobEnd } from './job-end';

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
}
