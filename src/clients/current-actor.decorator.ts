import { createParamDecorator, ExecutionContext } from '@nestjs/common';
import type { Response } from 'express';
import { requestIdOf } from '../common/http/request-log.middleware';
import type { Actor } from './audit-entry';
import { callerOf } from './current-client.decorator';

/** Whom the audit trail names for this request. Only on routes that need a key. */
export const CurrentActor = createParamDecorator((_data: unknown, context: ExecutionContext): Actor => {
  const { client, keyId } = callerOf(context);
  return {
    clientId: client.id,
    keyId,
    requestId: requestIdOf(context.switchToHttp().getResponse<Response>()),
  };
});
