import { Logger } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';

/** The names of the machine itself, as `Host` has them without the port. */
const OWN = /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i;

/**
 * Warns once in a process when a request came by another name than the machine's own, though `PUBLIC_URL` is not set.
 *
 * @param publicUrl what stands in callbacks and signed links until then
 */
export function warnOfForeignHost(
  publicUrl: string,
): (request: Request, response: Response, next: NextFunction) => void {
  const logger = new Logger('PUBLIC_URL');
  let warned = false;
  return (request, _response, next) => {
    const host = warned ? undefined : request.hostname;
    if (host !== undefined && host !== '' && !OWN.test(host)) {
      warned = true;
      logger.warn(
        `A request came for the host ${JSON.stringify(host)}, but PUBLIC_URL is not set: callbacks, the event feed and signed ` +
          `links name ${publicUrl}, which leads nowhere from other machines. Set PUBLIC_URL to the address that callers use.`,
      );
    }
    next();
  };
}
