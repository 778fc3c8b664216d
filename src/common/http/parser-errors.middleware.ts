import type { NextFunction, Request, Response } from 'express';
import { AppError } from '../app-error';

const ERRORS: Record<string, AppError> = {
  'entity.parse.failed': new AppError('bad_request', 'invalid_json', 'The body is not valid JSON.'),
  'entity.too.large': new AppError(
    'too_large',
    'body_too_large',
    'The body is larger than this route accepts.',
  ),
  'request.size.invalid': new AppError(
    'bad_request',
    'invalid_length',
    'The body is not as long as its Content-Length.',
  ),
  'encoding.unsupported': new AppError(
    'unsupported_media_type',
    'unsupported_encoding',
    'The Content-Encoding is not supported.',
  ),
  'entity.not.utf8': new AppError('bad_request', 'invalid_json', 'The body is not valid UTF-8.'),
  'charset.unsupported': new AppError(
    'unsupported_media_type',
    'unsupported_charset',
    'Send the body as UTF-8.',
  ),
};

/** Gives the body parser's errors their own codes; further on nothing distinguishes them. */
export function nameParserErrors(
  error: Error & { type?: string },
  _request: Request,
  _response: Response,
  next: NextFunction,
): void {
  next(ERRORS[error.type ?? ''] ?? error);
}
