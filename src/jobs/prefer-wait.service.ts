import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { fromEvent } from 'rxjs';
import { appliedPreferences, preferencesOf } from '../common/http/prefer';
import { HeldRequests } from './held-requests.service';
import { JobWatch } from './job-watch.service';

/** `Prefer: wait=N` (RFC 7240, section 4.3): holds a request until its job has ended, for N seconds at the most. */
@Injectable()
export class PreferWait {
  constructor(
    private readonly watch: JobWatch,
    private readonly held: HeldRequests,
  ) {}

  /**
   * Waits when the request prefers so, and says it in `Preference-Applied`. A client that holds too many requests
   * already is answered without waiting: a preference may be left aside.
   *
   * @returns whether it waited: what is known of the job may be out of date
   */
  async hold(request: Request, response: Response, clientId: string, jobId: string): Promise<boolean> {
    const { waitSeconds } = preferencesOf(request.get('prefer'));
    if (waitSeconds === undefined) return false;
    const release = this.held.take(clientId);
    if (release === null) return false;
    try {
      await this.watch.untilEnded(clientId, jobId, waitSeconds, fromEvent(response, 'close'));
    } finally {
      release();
    }
    response.set('Preference-Applied', appliedPreferences({ respondAsync: false, waitSeconds }));
    return true;
  }
}
