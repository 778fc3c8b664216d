import { AppError } from '../common/app-error';

/** The answer to a token that is none of ours, has ended, or whose key has (RFC 6750, section 3.1). */
export const invalidToken = (): AppError =>
  new AppError('unauthenticated', 'invalid_token', 'This token is not valid, or it has ended.', {
    headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
  });
