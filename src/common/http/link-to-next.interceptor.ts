import { CallHandler, ExecutionContext, Injectable, NestInterceptor, UseInterceptors } from '@nestjs/common';
import type { Response } from 'express';
import { Observable, tap } from 'rxjs';
import type { Page } from '../pagination';

/** The setting of Express that holds the path of the public address, '' mostly: a proxy strips it before we see it. */
export const PUBLIC_PATH = 'public path';

/**
 * Adds `Link: <...>; rel="next"` (RFC 8288): the address of this request with other parameters, path-absolute, so that it
 * holds under whatever name the API was reached.
 */
export function linkToNext(response: Response, parameters: Record<string, string>): void {
  const url = new URL(response.req.originalUrl, 'http://host');
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  const publicPath = response.app.get(PUBLIC_PATH) as string;
  response.set('Link', `<${publicPath}${url.pathname}${url.search}>; rel="next"`);
}

/** Links a page to its successor, if it has one. */
@Injectable()
class LinkToNextInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler<Page<unknown>>): Observable<Page<unknown>> {
    const response = context.switchToHttp().getResponse<Response>();
    return next.handle().pipe(
      tap(({ next_cursor }) => {
        if (next_cursor !== null) linkToNext(response, { cursor: next_cursor });
      }),
    );
  }
}

/** For a route that answers a `Page`. */
export const LinkToNext = (): MethodDecorator => UseInterceptors(LinkToNextInterceptor);
