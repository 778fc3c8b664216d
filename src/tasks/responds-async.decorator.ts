import {
  applyDecorators,
  CallHandler,
  ExecutionContext,
  Injectable,
  NestInterceptor,
  SetMetadata,
  UseInterceptors,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiAcceptedResponse, ApiHeader } from '@nestjs/swagger';
import type { Response } from 'express';
import { Observable, of } from 'rxjs';
import type { AuthenticatedRequest } from '../clients/current-client.decorator';
import { appliedPreferences, preferencesOf } from '../common/http/prefer';
import { JobState } from '../jobs/job';
import type { JobType } from '../jobs/job-type';
import { jobSchema } from '../jobs/http/job-schemas';
import { Acceptance, ACCEPTED_HEADERS } from '../jobs/http/acceptance';
import { ApiJobLabelsQuery } from '../jobs/http/job-labels.dto';
import { AsyncCall, AsyncCallsService } from './async-calls.service';
import { TaskAnswersService } from './task-answers.service';

const ASYNC_CALL = Symbol('asynchronous call');

/** Makes a job of a call that prefers so, instead of letting the route work. */
@Injectable()
class RespondsAsyncInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly calls: AsyncCallsService,
    private readonly acceptance: Acceptance,
    private readonly answers: TaskAnswersService,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const http = context.switchToHttp();
    const request = http.getRequest<AuthenticatedRequest>();
    const preferences = preferencesOf(request.get('prefer'));
    const call = this.reflector.get<AsyncCall>(ASYNC_CALL, context.getHandler());
    if (!preferences.respondAsync || request.caller === undefined || request.method === 'HEAD') {
      this.calls.requireNoLabels(request, call);
      return next.handle();
    }

    const response = http.getResponse<Response>();
    const { client } = request.caller;
    const accepted = await this.calls.submit(client, call, request);
    const { job, waited } = await this.acceptance.settled(accepted, request, response);
    const waitSeconds = waited ? preferences.waitSeconds : undefined;
    response.set('Preference-Applied', appliedPreferences({ respondAsync: true, waitSeconds }));
    // Nobody asked for a task when the call itself was answered in time.
    return of(
      waited && job.state === JobState.Completed
        ? this.answers.completed(job, response)
        : await this.answers.answer(job, response),
    );
  }
}

/**
 * Marks a route whose call may be made asynchronously: with `Prefer: respond-async` it answers 202 and the address of a
 * task, with `wait=N` beside it the call's own answer, if that is there in time (RFC 7240, sections 4.1 and 4.3).
 *
 * @param type the job that does the same work; its input is read from the same request
 * @param from which part of the request that is
 */
export const RespondsAsync = (type: JobType, from: AsyncCall['from']): MethodDecorator =>
  applyDecorators(
    SetMetadata(ASYNC_CALL, { type, from } satisfies AsyncCall),
    UseInterceptors(RespondsAsyncInterceptor),
    ApiHeader({
      name: 'Prefer',
      required: false,
      description:
        '`respond-async`: answer 202 and a task. With `wait=N`: only when it takes longer than that.',
      schema: { type: 'string', example: 'respond-async, wait=5' },
    }),
    ApiJobLabelsQuery('Only with `respond-async`.'),
    ApiAcceptedResponse({
      schema: jobSchema(type, 'TaskView'),
      description: 'You preferred `respond-async`: poll the task at `Location`.',
      headers: { ...ACCEPTED_HEADERS, 'Preference-Applied': { schema: { type: 'string' } } },
    }),
  );
