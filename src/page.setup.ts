import type { INestApplication } from '@nestjs/common';
import { type NextFunction, type Request, type Response, static as staticFiles } from 'express';
import { join } from 'node:path';

/** The page for people, beside the compiled code and beside the sources alike. */
const PAGE = join(__dirname, '..', 'public');

/** Serves the page for people at `/`. Calls of the API do not look for themselves among its files, on the disk. */
export function setUpPage(app: INestApplication): void {
  const files = staticFiles(PAGE, { setHeaders: revalidate });
  app.use((request: Request, response: Response, next: NextFunction) => {
    if (request.path.startsWith('/v1/')) next();
    else files(request, response, next);
  });
}

/** A new version of the page is seen at once; the ETag keeps it cheap. */
const revalidate = (response: { setHeader(name: string, value: string): unknown }): unknown =>
  response.setHeader('Cache-Control', 'no-cache');
