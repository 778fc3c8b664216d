import { Logger } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ByteRange } from '../artifacts/artifact-store';
import { AppError } from '../common/app-error';
import { requireAcceptable } from '../common/http/media-types.guard';
import { isFresh } from '../common/http/validators';
import type { RequestWithToken } from '../common/http/query-token.middleware';
import type { FinishedReport } from './report-requests.service';

const logger = new Logger(sendReport.name);

/**
 * Sends the file of a report: the whole, a part of it, its headers alone (`HEAD`), or that the caller has it already
 * (RFC 9110: validators and ranges; RFC 9530: digests).
 */
export async function sendReport(
  request: RequestWithToken,
  response: Response,
  { job, artifact }: FinishedReport,
  disposition: 'attachment' | 'inline',
  open: (range: ByteRange | undefined) => Promise<Readable>,
): Promise<void> {
  requireAcceptable(request, [artifact.media_type]);
  const etag = `"${artifact.sha256}"`;
  response.set({
    ETag: etag,
    'Repr-Digest': `sha-256=:${Buffer.from(artifact.sha256, 'hex').toString('base64')}:`,
    'Accept-Ranges': 'bytes',
    // An address with a token in it is not to be found in any cache.
    'Cache-Control': request.queryToken === undefined ? 'private, no-cache' : 'no-store',
    'Content-Disposition': `${disposition}; filename="orders-${job.id}.${artifact.format}"`,
  });
  if (isFresh(request, etag)) {
    response.status(304).end();
    return;
  }
  // A range of a HEAD means nothing (RFC 9110, section 14.2).
  const isHead = request.method === 'HEAD';
  const range = isHead ? undefined : rangeOf(request, artifact.bytes, etag);
  const file = await open(range);
  response.type(artifact.media_type);
  if (range === undefined) {
    response.set('Content-Length', String(artifact.bytes));
  } else {
    response.status(206).set({
      'Content-Length': String(range.end - range.start + 1),
      'Content-Range': `bytes ${range.start}-${range.end}/${artifact.bytes}`,
    });
  }
  if (isHead) {
    file.destroy();
    response.end();
    return;
  }
  await pipeline(file, response).catch((error: unknown) => {
    response.destroy();
    // A caller that goes away half-way is no failure of ours; a file that cannot be read is.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE')
      logger.error(`The file of ${job.id} could not be read to its end: ${String(error)}`);
  });
}

/** Of characters. Nobody needs more for one range, and what is longer only costs time. */
const LONGEST_RANGE = 200;

/** The one range to send; `undefined` for the whole file. Several ranges at once are answered with the whole. */
function rangeOf(request: Request, bytes: number, etag: string): { start: number; end: number } | undefined {
  const condition = request.get('if-range');
  if (condition !== undefined && condition !== etag) return undefined;
  const header = request.get('range') ?? '';
  if (header.length > LONGEST_RANGE || isReversed(header)) return undefined;
  // The last n bytes of a file that has fewer are the whole of it (RFC 9110, section 14.1.2).
  const suffix = /^bytes=-(\d+)$/.exec(header)?.[1];
  if (Number(suffix) > bytes) return { start: 0, end: bytes - 1 };
  const ranges = request.range(bytes, { combine: true });
  if (ranges === -1) {
    throw new AppError('range_not_satisfiable', 'range_not_satisfiable', `The file has ${bytes} bytes.`, {
      headers: { 'Content-Range': `bytes */${bytes}` },
    });
  }
  if (ranges === undefined || ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1)
    return undefined;
  return ranges[0];
}

/** `bytes=5-2` is not valid, and what is not valid is to be ignored (RFC 9110, section 14.1.1). */
const isReversed = (header: string): boolean =>
  header.split(/[=,]/).some((range) => {
    const [, first, last] = /^\s*(\d+)\s*-\s*(\d+)\s*$/.exec(range) ?? [];
    return Number(first) > Number(last);
  });
