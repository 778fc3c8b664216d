import type { ArgumentMetadata, Type } from '@nestjs/common';
import { AppError } from '../app-error';
import { StrictValidationPipe } from './strict-validation.pipe';

const pipe = new StrictValidationPipe();

/**
 * Validates what did not come through a controller's own parameters, by the same rules.
 *
 * @param from which part of the request it is: it decides between 422 and 400
 * @param path what the names of its fields begin with, `parameters` for one
 * @throws AppError that names each bad field
 */
export async function validated<T extends object>(
  type: Type<T>,
  value: unknown,
  from: ArgumentMetadata['type'],
  path = '',
): Promise<T> {
  try {
    return (await pipe.transform(value, { type: from, metatype: type })) as T;
  } catch (error) {
    if (!(error instanceof AppError) || path === '') throw error;
    const errors = error.details.errors?.map(({ field, message }) => ({
      field: `${path}.${field}`,
      message,
    }));
    throw AppError.like(error, error.message, {
      ...error.details,
      ...(errors && { errors }),
    });
  }
}
