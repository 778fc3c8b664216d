import { Logger } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';

/** Warns once in a process when a request came through a proxy, though none is trusted. */
export function warnOfUntrustedProxy(): (request: Request, response: Response, next: NextFunction) => void {
  const logger = new Logger('TRUSTED_PROXIES');
  let warned = false;
  return (request, _response, next) => {
    const header = warned
      ? undefined
      : ['X-Forwarded-For', 'Forwarded'].find((name) => request.get(name) !== undefined);
    if (header !== undefined) {
      warned = true;
      logger.warn(
        `A request from ${request.socket.remoteAddress} came with ${header}, but TRUSTED_PROXIES is not set. If that is your ` +
          'proxy, set TRUSTED_PROXIES to the addresses that it calls from: until then all who come through it count as one ' +
          'address, and share its limits. If you have no proxy, somebody made the header up, and it is ignored.',
      );
    }
    next();
  };
}
