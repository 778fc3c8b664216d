import { applyDecorators, type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import { ApiQuery, ApiSecurity } from '@nestjs/swagger';
import type { Request } from 'express';
import { AppError, notFound } from '../common/app-error';
import type { JobPermission, JobToken } from './job-token';

const PERMISSION = Symbol('permission of a job token');

/**
 * For a route about the job `:id`: a token for that job with this permission opens it, as a key does.
 *
 * The documentation has the token as a bearer, which it is too, and that of the query as a parameter: for a security scheme
 * in the query generated clients send the key there, beside the header.
 */
export const AllowsJobToken = (permission: JobPermission): MethodDecorator =>
  applyDecorators(
    SetMetadata(PERMISSION, permission),
    ApiSecurity('job_token'),
    ApiQuery({
      name: 'token',
      required: false,
      description: 'A token for this job, in the place of `Authorization`: for `EventSource` and links.',
      schema: { type: 'string' },
    }),
  );

/**
 * Why a token does not open what is asked for; `null` when it does.
 *
 * @returns the 404 of a job that does not exist for every other job; 403 for what the token is no good for
 */
export function beyondToken(
  token: JobToken,
  context: ExecutionContext,
  reflector: Reflector,
): AppError | null {
  const permission = reflector.get<JobPermission | undefined>(PERMISSION, context.getHandler());
  const { id } = context.switchToHttp().getRequest<Request>().params;
  if (permission !== undefined && String(id).toLowerCase() !== token.jobId) return notFound('job');
  if (permission !== undefined && token.permissions.includes(permission)) return null;
  return new AppError(
    'forbidden',
    'missing_permission',
    permission === undefined
      ? 'A token opens one job alone: this needs an API key.'
      : `This token lacks the permission ${permission}.`,
    { headers: { 'WWW-Authenticate': 'Bearer error="insufficient_scope"' } },
  );
}
