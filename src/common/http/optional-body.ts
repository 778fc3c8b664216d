import { createParamDecorator, ExecutionContext, Type } from '@nestjs/common';
import { ApiBody } from '@nestjs/swagger';
import type { Request } from 'express';
import { StrictValidationPipe } from './strict-validation.pipe';

const pipe = new StrictValidationPipe();

const bodyOrNothing = createParamDecorator((metatype: Type, context: ExecutionContext): Promise<unknown> =>
  pipe.transform(context.switchToHttp().getRequest<Request>().body ?? {}, { type: 'body', metatype }),
);

/** Like `@Body()`, for a body that may be left out altogether: its fields then have their defaults. */
export const OptionalBody =
  (type: Type): ParameterDecorator =>
  (target, key, index) => {
    if (key === undefined) throw new TypeError('A constructor has no body.');
    bodyOrNothing(type)(target, key, index);
    const descriptor = Object.getOwnPropertyDescriptor(target, key);
    if (descriptor !== undefined) ApiBody({ type, required: false })(target, key, descriptor);
  };
