import type { NextFunction, Request, Response } from 'express';

/** What is answered to one key is for nobody else, and out of date by the next look; a file says otherwise for itself. */
export function noStore(_request: Request, response: Response, next: NextFunction): void {
  response.set('Cache-Control', 'no-store');
  next();
}
