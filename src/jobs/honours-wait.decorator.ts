import {
  applyDecorators,
  CallHandler,
  ExecutionContext,
  Injectable,
  NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { isUUID } from 'class-validator';
import type { Response } from 'express';
import type { Observable } from 'rxjs';
import type { AuthenticatedRequest } from '../clients/current-client.decorator';
import { PreferWait } from './prefer-wait.service';

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
      '`wait=N`: hold the answer until the job has ended, up to N seconds (60 at the most). `Preference-Applied` says so.',
    schema: { type: 'string', example: 'wait=10' },
  });

/** For a route about the job `:id`: honours `Prefer: wait=N` before the route looks at the job. */
export const HonoursWait = (): MethodDecorator =>
  applyDecorators(UseInterceptors(HonoursWaitInterceptor), ApiWait());
