import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiResponse } from '@nestjs/swagger';
import { AnswersWith } from '../common/http/media-types.guard';
import { ApiProblems } from '../common/http/problem';
import { REPORT_CONTENT, REPORT_MEDIA_TYPES } from './formats/report-format';

const ETAG = {
  ETag: { description: 'The SHA-256 of the file, the same as in the job.', schema: { type: 'string' } },
  'Repr-Digest': { description: 'RFC 9530, `sha-256`; of the whole file.', schema: { type: 'string' } },
  'Accept-Ranges': { schema: { type: 'string' } },
  'Content-Disposition': { schema: { type: 'string' } },
};

/** Documents how the file of a report is sent: whole, in part, or not again (RFC 9110). */
export const ApiReportFile = (): MethodDecorator =>
  applyDecorators(
    AnswersWith(REPORT_MEDIA_TYPES),
    ApiHeader({ name: 'Range', required: false, description: 'One byte range, to resume a download.' }),
    ApiHeader({ name: 'If-None-Match', required: false }),
    ApiOkResponse({ description: 'The report.', content: REPORT_CONTENT, headers: ETAG }),
    ApiResponse({
      status: 206,
      description: 'The range asked for.',
      content: REPORT_CONTENT,
      headers: { ...ETAG, 'Content-Range': { schema: { type: 'string' } } },
    }),
    ApiResponse({ status: 304, description: 'You have it already.', headers: ETAG }),
    ApiProblems({
      406: 'The file is of none of the types in `Accept`.',
      416: {
        description: 'The range is not within the file.',
        headers: { 'Content-Range': { description: 'How long the file is.', schema: { type: 'string' } } },
      },
    }),
  );
