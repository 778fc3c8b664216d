import { Controller, Get, Headers, HttpStatus, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { Readable } from 'node:stream';
import type { Client } from '../../clients/client';
import { CurrentClient } from '../../clients/current-client.decorator';
import { RequireScope } from '../../clients/require-scope.decorator';
import { Scope } from '../../clients/scope';
import { AppError } from '../../common/app-error';
import { parseIdempotencyKey } from '../../common/http/idempotency-key';
import { LinkToNext } from '../../common/http/link-to-next.interceptor';
import { ApiProblems } from '../../common/http/problem';
import { RatePolicy } from '../../common/http/rate-policy';
import { UuidParam } from '../../common/http/uuid-param';
import { PageQuery } from '../../common/pagination';
import { retryAfterSeconds } from '../../common/retry-after';
import { HonoursWait } from '../../jobs/http/prefer-wait';
import { AcceptsJob, Acceptance } from '../../jobs/http/acceptance';
import { type Job } from '../../jobs/job';
import { JobPageView } from '../../jobs/http/job-list.query';
import { JobPresenter } from '../../jobs/http/job.presenter';
import { JobView } from '../../jobs/http/job.view';
import { ORDER_LIMITS } from '../order-limits';
import { MAX_COLUMNS, MAX_RECORD_CHARACTERS } from './csv-records';
import { ImportQuery, OrderImportView, viewImport } from './order-import.view';
import { OrderImportsService } from './order-imports.service';
import { fileTooLarge } from './order-uploads.service';
import { IMPORTS_PATH } from './orders-import.job';

const DESCRIPTION = `One row per order line, a header row first, comma-separated, UTF-8. Columns: \`order_number\`,
\`ordered_at\`, \`customer_name\`, \`sku\`, \`description\`, \`quantity\`, and \`unit_price\` or \`line_total\`; optional are
\`customer_reference\`, \`status\`, \`currency\` and \`shipped_at\`. All of a file is imported or, when anything in it is
wrong, nothing: \`GET ${IMPORTS_PATH}/{id}\` then lists the errors by row. An order number that you have already is an error.
Blank rows are skipped; a row has at most ${MAX_RECORD_CHARACTERS} characters, with its commas, quotes and line ends, and a file at most
${MAX_COLUMNS} columns. Text is of one line: tabs, line ends and other control characters are refused, as in \`POST /v1/orders\`.`;

const EXAMPLE = `order_number,ordered_at,status,currency,customer_name,sku,description,quantity,unit_price
A-1,2026-11-08,paid,USD,Claire Gute,BK-1,Bookcase,2,130.98
A-1,2026-11-08,paid,USD,Claire Gute,CH-7,Chair,3,243.98
`;

/** Imports of order files, in the background. */
@ApiTags('orders')
@RequireScope(Scope.Orders)
@Controller(IMPORTS_PATH)
export class OrderImportsController {
  constructor(
    private readonly imports: OrderImportsService,
    private readonly presenter: JobPresenter,
    private readonly acceptance: Acceptance,
  ) {}

  @Post()
  @AcceptsJob('file')
  @ApiOperation({ summary: 'Import orders from a CSV file', description: DESCRIPTION })
  @ApiConsumes('text/csv')
  @ApiBody({ schema: { type: 'string', example: EXAMPLE } })
  @ApiOkResponse({ type: OrderImportView, description: 'It ended while you waited, whichever way.' })
  @ApiProblems({
    400: 'The query is not valid, or the upload broke off.',
    413: `The file is larger than ${ORDER_LIMITS.importBytes} bytes.`,
    415: 'The body is not text/csv in UTF-8, or is compressed.',
    422: 'The file is empty, or the Idempotency-Key was used with another file.',
  })
  async submit(
    @CurrentClient() client: Client,
    @Query() query: ImportQuery,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<JobView | OrderImportView> {
    const key = parseIdempotencyKey(idempotencyKey);
    let accepted: Job;
    try {
      requireCsv(request);
      accepted = await this.imports.submit(client, bodyOf(request), {
        defaultCurrency: query.currency ?? 'USD',
        idempotencyKey: key,
        declaredBytes: declaredBytes(request),
      });
    } catch (error) {
      // The rest of the body is not read, so the connection cannot be used again.
      response.set('Connection', 'close');
      throw error;
    }
    const answer = await this.acceptance.answer(accepted, request, response);
    if ('view' in answer) return answer.view;
    response.status(HttpStatus.OK);
    return this.view(client, accepted.id);
  }

  @Get()
  @LinkToNext()
  @ApiOperation({ summary: 'List your imports, newest first' })
  @ApiOkResponse({ type: JobPageView })
  @ApiProblems({ 400: 'The page is not valid.' })
  list(@CurrentClient() client: Client, @Query() query: PageQuery): Promise<JobPageView> {
    return this.imports.list(client, query, (job) => this.presenter.viewWith(job, null));
  }

  @Get(':id')
  @RatePolicy('poll')
  @HonoursWait()
  @ApiOperation({ summary: 'Watch an import', description: 'Cancel it by `DELETE /v1/jobs/{id}`.' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({
    type: OrderImportView,
    headers: {
      'Retry-After': {
        description: 'Seconds to wait before looking again; not once it has ended.',
        schema: { type: 'integer' },
      },
    },
  })
  @ApiProblems({ 400: 'The id is not a UUID.', 404: 'You have no such import.' })
  async get(
    @CurrentClient() client: Client,
    @Param('id', UuidParam) id: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<OrderImportView> {
    const view = await this.view(client, id);
    if (view.eta_seconds !== null) response.set('Retry-After', String(retryAfterSeconds(view.eta_seconds)));
    return view;
  }

  private async view(client: Client, id: string): Promise<OrderImportView> {
    const { job, failure } = await this.imports.get(client, id);
    return viewImport(await this.presenter.view(job), failure);
  }
}

function requireCsv(request: Request): void {
  const charset = /;\s*charset="?([^";\s]+)/i.exec(request.get('content-type') ?? '')?.[1] ?? 'utf-8';
  if (request.is('text/csv') === false || !/^(utf-8|us-ascii)$/i.test(charset)) {
    throw new AppError(
      'unsupported_media_type',
      'unsupported_media_type',
      'Send the file as text/csv in UTF-8.',
    );
  }
  if ((request.get('content-encoding') ?? 'identity') !== 'identity') {
    throw new AppError('unsupported_media_type', 'unsupported_encoding', 'Send the file uncompressed.');
  }
  if ((declaredBytes(request) ?? 0) > ORDER_LIMITS.importBytes) throw fileTooLarge();
}

function declaredBytes(request: Request): number | undefined {
  const length = request.get('content-length');
  return length === undefined ? undefined : Number(length);
}

/** The body as a stream of its own: the request must outlive its refusal, to be answered. */
const bodyOf = (request: Request): Readable => Readable.from(request.iterator({ destroyOnReturn: false }));
