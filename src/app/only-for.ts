import type { NextFunction, Request, RequestHandler, Response } from 'express';

/** Middleware for reading what stands at these paths alone, and at none below them, which `app.use` would take too. */
export const onlyFor =
  (paths: ReadonlySet<string>) =>
  (handle: RequestHandler): RequestHandler =>
  (request: Request, response: Response, next: NextFunction): void => {
    if (['GET', 'HEAD'].includes(request.method) && paths.has(request.path))
      void handle(request, response, next);
    else next();
  };
