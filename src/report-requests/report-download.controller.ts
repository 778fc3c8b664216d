import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { pipeline } from 'node:stream/promises';
import type { Client } from '../clients/client';
import { CurrentClient } from '../clients/current-client.decorator';
import { RequireScope } from '../clients/require-scope.decorator';
import { Scope } from '../clients/scope';
import { ApiProblems } from '../common/http/problem';
import { UuidParam } from '../common/http/uuid-param';
import { AppError } from '../common/app-error';
import { formatOf } from './report-format';
import { ReportRequests } from './report-requests.service';

/** The file of a finished report (RFC 9110: validators and ranges; RFC 9530: digests). */
@ApiTags('reports')
@RequireScope(Scope.Reports)
@Controller('v1/orders/reports')
export class ReportDownloadController {
  constructor(private readonly reports: ReportRequests) {}

  @Get(':id')
  @ApiOperation({ summary: 'Fetch the file' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiHeader({ name: 'Range', required: false, description: 'One byte range, to resume a download.' })
  @ApiHeader({ name: 'If-None-Match', required: false })
  @ApiOkResponse({
    description: 'The report.',
    content: {
      'application/pdf': { schema: { type: 'string', format: 'binary' } },
      'text/csv': { schema: { type: 'string' } },
    },
    headers: {
      ETag: { description: 'The SHA-256 of the file, the same as in the job.', schema: { type: 'string' } },
      'Repr-Digest': { description: 'RFC 9530, `sha-256`.', schema: { type: 'string' } },
      'Content-Disposition': { schema: { type: 'string' } },
    },
  })
  @ApiResponse({ status: 206, description: 'The range asked for.' })
  @ApiResponse({ status: 304, description: 'You have it already.' })
  @ApiResponse({ status: 416, description: 'The range is not within the file.' })
  @ApiProblems({
    400: 'The id is not a UUID.',
    404: 'You have no such report.',
    409: 'It is not ready; ask again after `Retry-After` seconds.',
    410: 'It was cancelled, or it has expired.',
    500: 'It failed for an internal reason.',
  })
  async download(
    @CurrentClient() client: Client,
    @Param('id', UuidParam) id: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const report = await this.reports.finished(client, id);
    const { artifact } = report;
    const etag = `"${artifact.sha256}"`;
    response.set({
      ETag: etag,
      'Repr-Digest': `sha-256=:${Buffer.from(artifact.sha256, 'hex').toString('base64')}:`,
      'Accept-Ranges': 'bytes',
      'Cache-Control': 'private, no-cache',
      'Content-Disposition': `attachment; filename="orders-${id}.${formatOf(artifact.media_type)}"`,
    });
    if (isAmong(request.get('if-none-match'), etag)) {
      response.status(304).end();
      return;
    }
    const range = rangeOf(request, artifact.bytes, etag);
    const file = await this.reports.open(report, range);
    response.type(artifact.media_type);
    if (range === undefined) {
      response.set('Content-Length', String(artifact.bytes));
    } else {
      response.status(206).set({
        'Content-Length': String(range.end - range.start + 1),
        'Content-Range': `bytes ${range.start}-${range.end}/${artifact.bytes}`,
      });
    }
    // A caller that goes away half-way is no failure of ours.
    await pipeline(file, response).catch(() => response.destroy());
  }
}

/** The one range to send; `undefined` for the whole file. Several ranges at once are answered with the whole. */
function rangeOf(request: Request, bytes: number, etag: string): { start: number; end: number } | undefined {
  const condition = request.get('if-range');
  if (condition !== undefined && condition !== etag) return undefined;
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

/** Whether `If-None-Match` names this validator: weak comparison, as RFC 9110, section 13.1.2 has it. */
function isAmong(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return (
    header.trim() === '*' || header.split(',').some((value) => value.trim().replace(/^W\//, '') === etag)
  );
}
