import type { NextFunction, Request, Response } from 'express';
import { AppError } from '../app-error';

/** Refuses a body that no route would read, instead of silently ignoring it. */
export function requireReadableBody(request: Request, _response: Response, next: NextFunction): void {
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length']) > 0;
  if (!hasBody || request.is(['application/json', '+json', 'text/csv'])) return next();
  next(
    new AppError('unsupported_media_type', 'unsupported_media_type', 'Send the body as application/json.'),
  );
}
