import { Logger } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';

/** @param host as `Host` and URLs have it, without the port */
export const namesThisMachine = (host: string): boolean =>
  /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i.test(host);

/**
 * Warns once in a process when a request came by another name than the machine's own, though the public address is.
 *
 * @param publicUrl what stands in callbacks and signed links
 */
export function warnOfForeignHost(
  publicUrl: string,
): (request: Request, response: Response, next: NextFunction) => void {
  const logger = new Logger('PUBLIC_URL');
  let warned = false;
  return (request, _response, next) => {
    const host = warned ? undefined : request.hostname;
    if (host !== undefined && host !== '' && !namesThisMachine(host)) {
      warned = true;
      logger.warn(
        `A request came for the host ${JSON.stringify(host)}, but callbacks, the event feed and signed links name ${publicUrl}, ` +
          'which leads nowhere from other machines. Set PUBLIC_URL to the address that callers use.',
      );
    }
    next();
  };
}
