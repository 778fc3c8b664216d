import compression from 'compression';
import type { Request, RequestHandler, Response } from 'express';

/** Of bytes. What is smaller fits into a few packets: compressing it costs more than it saves. */
const WORTH_COMPRESSING = 4_096;

/**
 * Compresses what is answered, as the caller accepts it, in zlib's threads and not in the event loop. For documents, the
 * page, metrics and lists: files have digests and ranges, orders validators for changes, all of these very bytes; and polls are
 * too small.
 *
 * The length of what is compressed shows how much of it repeats (BREACH). That gives a secret away to somebody who can
 * put text of their own beside it and have another's browser fetch it, again and again. Here nobody can: a browser sends
 * no key of its own accord, and what is listed holds no secrets. The board is left out, as browsers send its password.
 */
export const compress: RequestHandler = compression({
  threshold: WORTH_COMPRESSING,
  // A range is of the bytes as they are.
  filter: (request: Request, response: Response) =>
    response.statusCode !== 206 && compression.filter(request, response),
});
