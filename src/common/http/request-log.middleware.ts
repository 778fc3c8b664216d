import { Logger, type LogLevel } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { newId } from '../ids';
import { logContext, withLogContext } from '../log-context';

const HEADER = 'X-Request-Id';
/** What a caller may send as its own request id: printable, short, safe in a log line. */
const ACCEPTABLE = /^[A-Za-z0-9._~:+/=-]{1,128}$/;

/** Characters of a path in the log: those of our routes have fewer. */
const LONGEST_PATH = 256;

const logger = new Logger('Request');

/**
 * Accepts the caller's request id or makes one, returns it with every answer, and logs how the request ended. A path is
 * logged without its query, which may hold a signature.
 */
export function requestLog(request: Request, response: Response, next: NextFunction): void {
  const given = request.get(HEADER);
  const id = given !== undefined && ACCEPTABLE.test(given) ? given : newId();
  response.set(HEADER, id);
  const path = pathOf(request);
  const startedAt = performance.now();
  withLogContext({ request_id: id }, () => {
    const ids = logContext();
    response.once('close', () => {
      const outcome = response.writableFinished ? String(response.statusCode) : 'broken off by the caller';
      const text = `${request.method} ${path} ${outcome} in ${Math.round(performance.now() - startedAt)} ms`;
      withLogContext(ids, () => logger[levelOf(request, response)](text));
    });
    next();
  });
}

export const requestIdOf = (response: Response): string => response.get(HEADER) ?? newId();

/** Without the query, and not longer than a line should be. */
export const pathOf = (request: Request): string =>
  request.originalUrl.replace(/\?.*$/s, '').slice(0, LONGEST_PATH);

/**
 * Polls and downloads are many and change nothing: they are for debugging. So are the questions of probes, which get a
 * 503 from a process that drains.
 */
function levelOf(
  { method, originalUrl }: Request,
  { statusCode }: Response,
): Extract<LogLevel, 'warn' | 'log' | 'debug'> {
  if (originalUrl.startsWith('/health/')) return 'debug';
  if (statusCode >= 500) return 'warn';
  return ['GET', 'HEAD', 'OPTIONS'].includes(method) ? 'debug' : 'log';
}
