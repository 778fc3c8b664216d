import type { NextFunction, Request, Response } from 'express';
import { AppError } from '../app-error';
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';

const JSON_TYPES = ['application/json', '+json'];

/**
 * Refuses a body that the route would not read, instead of silently ignoring it.
 *
 * @param others the media types of each path that takes something else than JSON
 */
export const requireReadableBody =
  (others: Record<string, readonly string[]>) =>
  (request: Request, _response: Response, next: NextFunction): void => {
    const hasBody =
      request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length']) > 0;
    const other = others[request.path];
    if (!hasBody || request.is([...(other ?? JSON_TYPES)]) !== false) return next();
    next(
      new AppError(
        'unsupported_media_type',
        'unsupported_media_type',
        `Send the body as ${other?.join(', ') ?? 'application/json'}.`,
      ),
    );
  };

/**
 * For the body parser, which reads UTF-7 and others too: JSON is UTF-8 (RFC 8259, section 8.1), and what is not would be
 * stored with other letters.
 */
export function requireUtf8(
  _request: IncomingMessage,
  _response: ServerResponse,
  body: Buffer,
  charset: string | null,
): void {
  if (charset !== null && charset !== 'utf-8')
    throw Object.assign(new Error(`charset ${charset}`), { type: 'charset.unsupported' });
  if (!isUtf8(body)) throw Object.assign(new Error('not UTF-8'), { type: 'entity.not.utf8' });
}

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
