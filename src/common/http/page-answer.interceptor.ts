import {
  type CallHandler,
  type ExecutionContext,
  HttpStatus,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import { map, type Observable } from 'rxjs';
import type { Page } from '../pagination';
import { compress } from './compression';
import { isFresh, weakTag } from './validators';

/** The setting of Express that holds the path of the public address, '' mostly: a proxy strips it before we see it. */
export const PUBLIC_PATH = 'public path';

/**
 * Answers a page of a list: linked to the next one, compressed where that is worth it, and not again (304) to who has it
 * already. A cache of the caller's own may keep it, and asks before each use; no other may.
 */
class PageAnswerInterceptor implements NestInterceptor {
  constructor(private readonly parameter: string) {}

  intercept(context: ExecutionContext, next: CallHandler<Page<unknown>>): Observable<string | undefined> {
    const http = context.switchToHttp();
    const [request, response] = [http.getRequest<Request>(), http.getResponse<Response>()];
    return next.handle().pipe(map((page) => this.answer(page, request, response)));
  }

  /** @returns the page as it is sent: written once, for the validator too */
  private answer(page: Page<unknown>, request: Request, response: Response): string | undefined {
    if (page.next_cursor !== null) linkToNext(response, { [this.parameter]: page.next_cursor });
    const text = JSON.stringify(page);
    const etag = weakTag(text);
    response.set({ ETag: etag, 'Cache-Control': 'private, no-cache' });
    if (isFresh(request, etag)) {
      response.status(HttpStatus.NOT_MODIFIED);
      return undefined;
    }
    compress(request, response, () => undefined);
    response.type('application/json');
    return text;
  }
}

/**
 * Adds `Link: <...>; rel="next"` (RFC 8288): the address of this request with other parameters, path-absolute, so that it
 * holds under whatever name the API was reached.
 */
function linkToNext(response: Response, parameters: Record<string, string>): void {
  const url = new URL(response.req.originalUrl, 'http://host');
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  const publicPath = response.app.get(PUBLIC_PATH) as string;
  response.set('Link', `<${publicPath}${url.pathname}${url.search}>; rel="next"`);
}

/**
 * For a route that answers a `Page`.
 *
 * @param parameter of the query that takes `next_cursor`
 */
export const AnswersPage = (parameter: 'cursor' | 'after' = 'cursor'): MethodDecorator =>
  UseInterceptors(new PageAnswerInterceptor(parameter));
