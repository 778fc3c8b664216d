import { CallHandler, ExecutionContext, Injectable, NestInterceptor, UseInterceptors } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Observable, tap } from 'rxjs';
import type { Page } from '../pagination';

/** Adds `Link: <...>; rel="next"` (RFC 8288) to a page that has a successor; the target is relative to the host. */
@Injectable()
class LinkToNextInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler<Page<unknown>>): Observable<Page<unknown>> {
    const http = context.switchToHttp();
    const request = http.getRequest<Request>();
    return next.handle().pipe(
      tap(({ next_cursor }) => {
        if (next_cursor === null) return;
        const url = new URL(request.originalUrl, 'http://host');
        url.searchParams.set('cursor', next_cursor);
        http.getResponse<Response>().set('Link', `<${url.pathname}${url.search}>; rel="next"`);
      }),
    );
  }
}

/** For a route that answers a `Page`. */
export const LinkToNext = (): MethodDecorator => UseInterceptors(LinkToNextInterceptor);
