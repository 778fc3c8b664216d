import { createParamDecorator, ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import type { Caller, Client } from './client';

export type AuthenticatedRequest = Request & { caller?: Caller };

/** Who the request comes from, with its scopes. Only on routes that need a key. */
export const CurrentCaller = createParamDecorator((_data: unknown, context: ExecutionContext): Caller =>
  callerOf(context),
);

/** The client that the request comes from. Only on routes that need a key. */
export const CurrentClient = createParamDecorator(
  (_data: unknown, context: ExecutionContext): Client => callerOf(context).client,
);

export function callerOf(context: ExecutionContext): Caller {
  const { caller } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (caller === undefined) throw new Error('A public route asked for its caller.');
  return caller;
}
