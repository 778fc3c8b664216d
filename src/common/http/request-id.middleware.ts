import type { NextFunction, Request, Response } from 'express';
import { newId } from '../ids';

const HEADER = 'X-Request-Id';
/** What a caller may send as its own request id: printable, short, safe in a log line. */
const ACCEPTABLE = /^[A-Za-z0-9._~:+/=-]{1,128}$/;

/** Accepts the caller's request id or makes one, and returns it with every answer. */
export function requestId(request: Request, response: Response, next: NextFunction): void {
  const given = request.get(HEADER);
  response.set(HEADER, given !== undefined && ACCEPTABLE.test(given) ? given : newId());
  next();
}

export const requestIdOf = (response: Response): string => response.get(HEADER) ?? newId();
