import { CanActivate, ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AppError } from '../common/app-error';
import { beyondToken } from './allows-job-token.decorator';
import { CallerRecognitionService } from './caller-recognition.service';
import type { AuthenticatedRequest } from './current-client.decorator';
import { PUBLIC, REQUIRED_SCOPES } from './require-scope.decorator';
import type { Scope } from './scope';

/** Authenticates by an API key (RFC 6750), or a token for one job, and checks the scope. Default deny. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly callers: CallerRecognitionService,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean | undefined>(PUBLIC, targets) === true) return true;
    const scopes = this.reflector.getAllAndOverride<Scope[] | undefined>(REQUIRED_SCOPES, targets) ?? [];
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();

    const caller = await this.callers.recognize(request);
    if (caller === null) throw this.callers.refusal(request);
    const beyond = caller.token && beyondToken(caller.token, context, this.reflector);
    if (beyond) throw beyond;
    if (!scopes.some((scope) => caller.scopes.includes(scope))) {
      throw new AppError(
        'forbidden',
        'missing_scope',
        `This API key lacks the scope ${scopes.join(' or ')}.`,
        {
          headers: {
            'WWW-Authenticate': `Bearer error="insufficient_scope", scope="${scopes.join(' ')}"`,
          },
        },
      );
    }
    request.caller = caller;
    return true;
  }
}
