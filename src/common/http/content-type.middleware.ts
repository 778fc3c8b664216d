import type { NextFunction, Request, Response } from 'express';
import { AppError } from '../app-error';

const JSON_TYPES = ['application/json', '+json'];

/**
 * Refuses a body that the route would not read, instead of silently ignoring it.
 *
 * @param others the media type of each path that takes something else than JSON
 */
export const requireReadableBody =
  (others: Record<string, string>) =>
  (request: Request, _response: Response, next: NextFunction): void => {
    const hasBody =
      request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length']) > 0;
    const other = others[request.path];
    if (!hasBody || request.is(other === undefined ? JSON_TYPES : [other]) !== false) return next();
    next(
      new AppError(
        'unsupported_media_type',
        'unsupported_media_type',
        `Send the body as ${other ?? 'application/json'}.`,
      ),
    );
  };
