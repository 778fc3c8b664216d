import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiBearerAuth, ApiSecurity } from '@nestjs/swagger';
import { ApiProblems } from '../common/http/problem';
import type { Scope } from './scope';

export const REQUIRED_SCOPES = Symbol('required scopes');
export const PUBLIC = Symbol('public');

/** A caller's key needs one of these scopes for this route. A route with neither this nor `@Public()` is refused. */
export const RequireScope = (...scopes: [Scope, ...Scope[]]): ClassDecorator & MethodDecorator =>
  applyDecorators(
    SetMetadata(REQUIRED_SCOPES, scopes),
    ApiBearerAuth('api_key'),
    ApiProblems({
      401: 'The key is missing or wrong.',
      403: `The key lacks the scope ${scopes.map((scope) => `\`${scope}\``).join(' or ')}.`,
    }),
  );

/** A route that needs no key. */
export const Public = (): ClassDecorator & MethodDecorator =>
  applyDecorators(SetMetadata(PUBLIC, true), ApiSecurity({}));
