import { ArgumentsHost, Catch, ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { Request, Response } from 'express';
import { AppError } from '../app-error';
import { STATUS_OF_KIND } from '../error-kinds';
import { OutageError } from '../outage-error';
import { allowedMethods } from './allowed-methods';
import { boundedErrors, cut } from './bounded-errors';
import { PROBLEM_MEDIA_TYPE, problemMembers } from './problem';
import { pathOf, requestIdOf } from './request-log.middleware';

/** Of characters of a `detail`, which may repeat what the caller sent. */
const LONGEST_DETAIL = 2_000;

const OUTAGE_RETRY_SECONDS = 2;

/**
 * The only place where an error becomes an answer: RFC 9457 problem details. What the caller may know is in an
 * `AppError`; everything else is logged with the request id and answered as a bare 500.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  /**
   * @param publicPath the path of the public address, '' mostly
   * @param isOutage whether an error says that the database cannot serve for a moment
   */
  constructor(
    private readonly publicPath: string,
    private readonly isOutage: (error: unknown) => boolean,
  ) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const requestId = requestIdOf(response);
    const what = `${request.method} ${pathOf(request)}`;
    const error = this.toAppError(exception, request, what);
    const status = STATUS_OF_KIND[error.kind];

    if (response.headersSent) {
      // A stream broke half-way: cutting the connection is the only honest signal left.
      this.logger.error(`${what} broke off after its headers were sent: ${String(exception)}`);
      response.destroy();
      return;
    }
    // What a route set for its success does not describe the problem.
    for (const header of ['ETag', 'Repr-Digest', 'Content-Disposition', 'Accept-Ranges'])
      response.removeHeader(header);
    if (error.details.retryAfter !== undefined) response.set('Retry-After', String(error.details.retryAfter));
    if (status === 401) response.set('WWW-Authenticate', 'Bearer');
    response.set(error.details.headers ?? {});
    const { errors, extensions } = error.details;
    const named = errors && boundedErrors(errors);
    const unnamed = errors && named && named.length < errors.length ? ' Not all errors are named.' : '';
    response
      .status(status)
      .type(PROBLEM_MEDIA_TYPE)
      .send(
        JSON.stringify({
          ...problemMembers(this.publicPath, {
            status,
            detail: cut(error.message, LONGEST_DETAIL) + unnamed,
            code: error.code,
            requestId,
          }),
          ...(named && { errors: named }),
          ...extensions,
        }),
      );
  }

  private toAppError(exception: unknown, request: Request, what: string): AppError {
    if (exception instanceof AppError) return exception;
    if (exception instanceof HttpException && exception.getStatus() === 404) return nothingHere(request);
    if (exception instanceof OutageError) {
      const { code, message, retryAfterSeconds } = exception;
      return new AppError('unavailable', code, message, { retryAfter: retryAfterSeconds });
    }
    if (this.isOutage(exception)) {
      this.logger.warn(`${what}: the database is away: ${String(exception)}`);
      return new AppError(
        'unavailable',
        'temporarily_unavailable',
        'The service is not available for a moment.',
        {
          retryAfter: OUTAGE_RETRY_SECONDS,
        },
      );
    }
    const status = (exception as { status?: unknown } | null)?.status;
    if (typeof status === 'number' && status >= 400 && status < 500) {
      return new AppError('bad_request', 'bad_request', 'The request could not be read.');
    }
    this.logger.error(`${what} failed`, exception instanceof Error ? exception.stack : String(exception));
    return new AppError('internal', 'internal_error', 'Something went wrong on our side.');
  }
}

/** The router's own 404: no route has this path, or none of them this method. */
function nothingHere(request: Request): AppError {
  const allowed = allowedMethods(request).join(', ');
  if (allowed === '') return new AppError('not_found', 'not_found', 'There is nothing at this address.');
  return new AppError('method_not_allowed', 'method_not_allowed', `This address answers ${allowed} only.`, {
    headers: { Allow: allowed },
  });
}
