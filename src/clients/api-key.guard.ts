import { CanActivate, ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AppError } from '../common/app-error';
import { ApiKeyRecognitionService } from './api-key-recognition.service';
import { bearerOf } from './bearer';
import type { AuthenticatedRequest } from './current-client.decorator';
import { invalidKey } from './invalid-key';
import { PUBLIC, REQUIRED_SCOPES } from './require-scope.decorator';
import type { Scope } from './scope';

/** Authenticates by `Authorization: Bearer` (RFC 6750) and checks the scope. Default deny. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly keys: ApiKeyRecognitionService,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean | undefined>(PUBLIC, targets) === true) return true;
    const scopes = this.reflector.getAllAndOverride<Scope[] | undefined>(REQUIRED_SCOPES, targets) ?? [];
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();

    const key = bearerOf(request);
    if (key === undefined) {
      throw new AppError('unauthenticated', 'missing_key', 'Send an API key: Authorization: Bearer <key>.');
    }
    const caller = await this.keys.recognize(key);
    if (caller === null) throw invalidKey();
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
