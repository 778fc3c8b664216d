import { AppError } from '../common/app-error';

/** The answer to a key that is damaged, unknown, expired or revoked (RFC 6750, section 3.1). */
export const invalidKey = (): AppError =>
  new AppError('unauthenticated', 'invalid_key', 'This API key is not valid.', {
    headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
  });
