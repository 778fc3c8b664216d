import { Injectable } from '@nestjs/common';
import { Subject } from 'rxjs';

/**
 * Tells this process at once that it has just committed a terminal event. Only a hint, for speed: it tells nothing of
 * other processes, and what must not be missed is read from the event table.
 */
@Injectable()
export class JobSignals {
  readonly ended = new Subject<void>();
}
