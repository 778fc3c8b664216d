import { ArgumentMetadata, Injectable, ValidationError, ValidationPipe } from '@nestjs/common';
import { AppError, FieldError } from '../app-error';

const OPTIONS = {
  whitelist: true,
  forbidNonWhitelisted: true,
  forbidUnknownValues: true,
  stopAtFirstError: true,
  transform: true,
};

/**
 * Strict input: unknown fields are refused, each bad one is named. A body that reads but is not valid is 422; a path
 * or a query that is not valid is 400.
 */
@Injectable()
export class StrictValidationPipe extends ValidationPipe {
  constructor() {
    super({ ...OPTIONS, exceptionFactory: (errors) => toAppError('unprocessable', errors) });
  }

  private readonly forAddress = new ValidationPipe({
    ...OPTIONS,
    exceptionFactory: (errors) => toAppError('bad_request', errors),
  });

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'param' || metadata.type === 'query') {
      return this.forAddress.transform(value, metadata);
    }
    if (
      metadata.type === 'body' &&
      metadata.metatype !== undefined &&
      (value === undefined || isNotAnObject(value))
    ) {
      throw new AppError('bad_request', 'invalid_body', 'The body must be a JSON object.');
    }
    // JSON may carry it as a field of its own, and class-transformer would drop it silently.
    if (metadata.type === 'body' && Object.hasOwn(Object(value) as object, '__proto__')) {
      throw new AppError('unprocessable', 'invalid_request', 'The request is not valid.', {
        errors: [{ field: '__proto__', message: '__proto__ is not a known field' }],
      });
    }
    return super.transform(value, metadata);
  }
}

const isNotAnObject = (value: unknown): boolean =>
  typeof value !== 'object' || value === null || Array.isArray(value);

function toAppError(kind: 'bad_request' | 'unprocessable', errors: ValidationError[]): AppError {
  return new AppError(kind, 'invalid_request', 'The request is not valid.', { errors: fieldErrors(errors) });
}

function fieldErrors(errors: ValidationError[], path = ''): FieldError[] {
  return errors.flatMap((error) => {
    const field = path === '' ? error.property : `${path}.${error.property}`;
    const own = Object.entries(error.constraints ?? {}).map(([rule, message]) => ({
      field,
      message: rule === 'whitelistValidation' ? `${field} is not a known field` : message,
    }));
    return [...own, ...fieldErrors(error.children ?? [], field)];
  });
}
