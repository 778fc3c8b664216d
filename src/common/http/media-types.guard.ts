import { type CanActivate, type ExecutionContext, HttpStatus, Injectable } from '@nestjs/common';
import { HTTP_CODE_METADATA } from '@nestjs/common/constants';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { AppError } from '../app-error';
import { RatePolicy } from './rate-policy';

/** `@AnswersWith([...])` on a route: the media types of its success. Without it that is JSON. */
export const AnswersWith = Reflector.createDecorator<readonly string[]>();

const JSON_ALONE = ['application/json'];
/** An empty header says as much as none. */
const ANYTHING = [undefined, '', '*/*'];

/**
 * Refuses a request before anything is done for it whose `Accept` leaves out all that its route answers (RFC 9110,
 * section 15.5.7). Problems are sent as such whatever is accepted.
 */
@Injectable()
export class MediaTypesGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    // Polls are many, and hardly any says more than this.
    if (ANYTHING.includes(request.get('accept')?.trim())) return true;
    const handler = context.getHandler();
    // No body, no type. And a platform's probe may ask as it likes.
    if (Reflect.getMetadata(HTTP_CODE_METADATA, handler) === HttpStatus.NO_CONTENT) return true;
    if (this.reflector.getAllAndOverride(RatePolicy, [handler, context.getClass()]) === 'none') return true;
    requireAcceptable(
      request,
      this.reflector.get<readonly string[] | undefined>(AnswersWith.KEY, handler) ?? JSON_ALONE,
    );
    return true;
  }
}

/**
 * @param types of which one is enough
 * @throws AppError 406 `not_acceptable`
 */
export function requireAcceptable(request: Request, types: readonly string[]): void {
  const accept = request.get('accept')?.trim();
  if (ANYTHING.includes(accept) || types.includes(accept ?? '') || request.accepts([...types])) return;
  throw new AppError('not_acceptable', 'not_acceptable', `This address answers ${types.join(', ')}.`);
}
