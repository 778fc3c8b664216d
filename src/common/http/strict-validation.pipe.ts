import { ArgumentMetadata, Injectable, ValidationError, ValidationPipe } from '@nestjs/common';
import { AppError, type FieldError } from '../app-error';
import type { KindOf } from '../problem-codes';
import { withBracketedLists } from './bracketed-lists';
import { tooLongLists } from './list-limits';
import { namedFaults } from './named-faults';
import { unreadableFields } from './unreadable-fields';

const OPTIONS = {
  whitelist: true,
  forbidNonWhitelisted: true,
  forbidUnknownValues: true,
  transform: true,
};

type Kind = KindOf<'invalid_request'>;

/**
 * Nest's own, which deletes what seems to be a prototype: names that mean something to objects are refused before
 * (`unreadableFields`), and `prototype` means nothing to an object, so that it is a name like another.
 */
class KeepingValidationPipe extends ValidationPipe {
  protected override stripProtoKeys(): void {
    // Nothing is deleted in silence.
  }
}

/**
 * Strict input: unknown fields are refused, each bad one is named, and what is more than a field may hold is refused before
 * any of it is validated. A body that reads but is not valid is 422; a path
 * or a query that is not valid is 400.
 */
@Injectable()
export class StrictValidationPipe extends KeepingValidationPipe {
  constructor() {
    super({ ...OPTIONS, exceptionFactory: (errors) => toAppError('unprocessable', errors) });
  }

  private readonly forAddress = new KeepingValidationPipe({
    ...OPTIONS,
    exceptionFactory: (errors) => toAppError('bad_request', errors),
  });

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'param' || metadata.type === 'query') {
      const { type, metatype } = metadata;
      const given =
        type === 'query' && metatype !== undefined && isObject(value)
          ? withBracketedLists(metatype, value)
          : value;
      requireBounded('bad_request', given, metadata);
      return this.forAddress.transform(given, metadata);
    }
    if (metadata.type === 'body' && metadata.metatype !== undefined && !isObject(value)) {
      throw new AppError('bad_request', 'invalid_body', 'The body must be a JSON object.');
    }
    if (metadata.type === 'body') requireBounded('unprocessable', value, metadata);
    return super.transform(value, metadata);
  }
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function requireBounded(kind: Kind, value: unknown, { metatype }: ArgumentMetadata): void {
  const unreadable = unreadableFields(value);
  if (unreadable.length > 0) throw invalidRequest(kind, unreadable);
  if (metatype === undefined || typeof value !== 'object' || value === null) return;
  const tooLong = tooLongLists(metatype, value);
  if (tooLong.length > 0) throw invalidRequest(kind, tooLong);
}

const toAppError = (kind: Kind, errors: ValidationError[]): AppError =>
  invalidRequest(kind, fieldErrors(errors));

const invalidRequest = (kind: Kind, errors: FieldError[]): AppError =>
  new AppError(kind, 'invalid_request', 'The request is not valid.', { errors });

function fieldErrors(errors: ValidationError[], path = ''): FieldError[] {
  return errors.flatMap((error) => {
    const field = path === '' ? error.property : `${path}.${error.property}`;
    // The last one is of the topmost decorator: `5` is no string, which says more than that it is too short for one.
    const own = Object.entries(error.constraints ?? {})
      .slice(-1)
      .flatMap(([rule, message]) => {
        const said = rule === 'whitelistValidation' ? `${field} is not a known field` : message;
        return namedFaults(error, rule, field) ?? [{ field, message: said }];
      });
    return [...own, ...fieldErrors(error.children ?? [], field)];
  });
}
