import {
  applyDecorators,
  CallHandler,
  ExecutionContext,
  Injectable,
  NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import type { Response } from 'express';
import { fromEvent, map, merge, type Observable } from 'rxjs';
import type { AuthenticatedRequest } from '../../clients/current-client.decorator';
import { invalidKey } from '../../clients/invalid-key';
import { invalidToken } from '../../clients/invalid-token';
import { appliedPreferences, preferencesOf } from '../../common/http/prefer';
import { HeldRequestsService } from './held-requests.service';
import { type Job, JobState } from '../job';
import { JobWatchService, WaitedJob } from './job-watch.service';
import { ApiHeader } from '@nestjs/swagger';
import { isUUID } from 'class-validator';

/** What was just accepted; a repeated request gives a job that may have ended long ago. */
export const waitFor = ({ id, client_id, state }: Job): WaitedJob => ({
  clientId: client_id,
  jobId: id,
  isNew: state === JobState.Pending,
});

/** `Prefer: wait=N` (RFC 7240, section 4.3): holds a request until its job has ended, for N seconds at the most. */
@Injectable()
export class PreferWait {
  constructor(
    private readonly watch: JobWatchService,
    private readonly held: HeldRequestsService,
  ) {}

  /**
   * Waits when the request prefers so, and says it in `Preference-Applied`. A client that holds too many requests
   * already is answered without waiting: a preference may be left aside.
   *
   * @returns whether it waited: what was known of the job may be out of date then
   * @throws AppError 401 when the key or the token that the request came with ends meanwhile
   */
  async hold(request: AuthenticatedRequest, response: Response, job: WaitedJob): Promise<boolean> {
    const { waitSeconds } = preferencesOf(request.get('prefer'));
    if (waitSeconds === undefined || request.caller === undefined) return false;
    const { token } = request.caller;
    const held = this.held.take(request.caller);
    if (held === null) return false;
    const keyEnded = held.keyEnded.pipe(
      map((): never => {
        throw token === undefined ? invalidKey() : invalidToken();
      }),
    );
    try {
      await this.watch.untilEnded(job, waitSeconds, merge(fromEvent(response, 'close'), keyEnded));
    } finally {
      held.release();
    }
    response.set('Preference-Applied', appliedPreferences({ respondAsync: false, waitSeconds }));
    return true;
  }
}

@Injectable()
class HonoursWaitInterceptor implements NestInterceptor {
  constructor(private readonly wait: PreferWait) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const http = context.switchToHttp();
    const request = http.getRequest<AuthenticatedRequest>();
    const { id } = request.params;
    if (request.caller !== undefined && isUUID(id)) {
      const job = { clientId: request.caller.client.id, jobId: String(id), isNew: false };
      await this.wait.hold(request, http.getResponse<Response>(), job);
    }
    return next.handle();
  }
}

/** Documents `Prefer: wait=N`. */
export const ApiWait = (): MethodDecorator =>
  ApiHeader({
    name: 'Prefer',
    required: false,
    description:
      '`wait=N`: hold the answer until the job has ended, up to N seconds (50 at the most). `Preference-Applied` says so. ' +
      'Send an `Idempotency-Key` with a submission that waits: one whose connection breaks meanwhile can then be repeated.',
    schema: { type: 'string', example: 'wait=10' },
  });

/** For a route about the job `:id`: honours `Prefer: wait=N` before the route looks at the job. */
export const HonoursWait = (): MethodDecorator =>
  applyDecorators(UseInterceptors(HonoursWaitInterceptor), ApiWait());
