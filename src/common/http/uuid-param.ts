import { ParseUUIDPipe } from '@nestjs/common';
import { AppError } from '../app-error';

/** For `@Param('id', UuidParam)`: an id that is no UUID is the caller's mistake, not a missing thing. */
export const UuidParam = new ParseUUIDPipe({
  exceptionFactory: () =>
    new AppError('bad_request', 'invalid_id', 'The id in the address is not a UUID.', {
      errors: [{ field: 'id', message: 'id must be a UUID' }],
    }),
});
