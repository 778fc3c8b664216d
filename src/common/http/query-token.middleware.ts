import type { NextFunction, Request, Response } from 'express';

const NAME = 'token';

/** A request whose address had a `token` in its query. */
export type RequestWithToken = Request & { queryToken?: string };

/**
 * Takes `?token=` out of the address of a request before anybody reads it: no log, error, or link that repeats an address
 * has the token. All else of the query stays, letter for letter.
 */
export function takeQueryToken(request: RequestWithToken, _response: Response, next: NextFunction): void {
  const start = request.url.indexOf('?');
  const parts = start === -1 ? [] : request.url.slice(start + 1).split('&');
  const tokens = parts.filter(isToken);
  if (tokens.length > 0) {
    const others = parts.filter((part) => !isToken(part)).join('&');
    request.url = request.url.slice(0, start) + (others === '' ? '' : `?${others}`);
    request.originalUrl = request.url;
    // Of two nobody knows which is meant, and no token is empty.
    request.queryToken = tokens.length === 1 ? (new URLSearchParams(tokens[0]).get(NAME) ?? '') : '';
  }
  next();
}

const isToken = (part: string): boolean => new URLSearchParams(part).has(NAME);
