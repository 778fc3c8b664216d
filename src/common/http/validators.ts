import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { createHash } from 'node:crypto';

/** A validator of what is sent as this text; weak, for it is compressed in several ways (RFC 9110, section 8.8.1). */
export const weakTag = (text: string): string =>
  `W/"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`;

/**
 * Whether `If-None-Match` names this validator: weak comparison, as RFC 9110, section 13.1.2 has it. A `Cache-Control:
 * no-cache` beside it is for caches on the way; Express would send everything again, and `fetch` of Node adds it.
 */
export function isFresh(request: Request, etag: string): boolean {
  const header = request.get('if-none-match');
  if (header === undefined) return false;
  return header.trim() === '*' || header.split(',').some((value) => strong(value.trim()) === strong(etag));
}

const strong = (etag: string): string => etag.replace(/^W\//, '');

/**
 * Serves what follows with this validator, and to those who have it already nothing but that (304).
 *
 * @param etag changes with what is served
 */
export const revalidated =
  (etag: string): RequestHandler =>
  (request: Request, response: Response, next: NextFunction): void => {
    response.set({ ETag: etag, 'Cache-Control': 'no-cache' });
    if (['GET', 'HEAD'].includes(request.method) && isFresh(request, etag)) response.status(304).end();
    else next();
  };

/** The same for a text that another library makes and sends. */
export const revalidatedAsSent: RequestHandler = (request, response, next) => {
  const send = response.send.bind(response);
  response.send = (text: string): Response => {
    revalidated(weakTag(text))(request, response, () => send(text));
    return response;
  };
  next();
};
