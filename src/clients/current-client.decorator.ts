import { createParamDecorator, ExecutionContext } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Caller, Client } from './client';
import { requestIdOf } from '../common/http/request-log.middleware';
import type { Actor } from './audit-entry';

export type AuthenticatedRequest = Request & { caller?: Caller };

/** Who the request comes from, with its scopes. Only on routes that need a key. */
export const CurrentCaller = createParamDecorator((_data: unknown, context: ExecutionContext): Caller =>
  callerOf(context),
);

/** The client that the request comes from. Only on routes that need a key. */
export const CurrentClient = createParamDecorator(
  (_data: unknown, context: ExecutionContext): Client => callerOf(context).client,
);

function callerOf(context: ExecutionContext): Caller {
  const { caller } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (caller === undefined) throw new Error('A public route asked for its caller.');
  return caller;
}

/** Whom the audit trail names for this request. Only on routes that need a key. */
export const CurrentActor = createParamDecorator((_data: unknown, context: ExecutionContext): Actor => {
  const { client, keyId } = callerOf(context);
  return {
    clientId: client.id,
    keyId,
    requestId: requestIdOf(context.switchToHttp().getResponse<Response>()),
  };
});
