import { Controller, Get, Headers, HttpStatus, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { AllowsJobToken } from '../../clients/allows-job-token.decorator';
import type { Client } from '../../clients/client';
import { CurrentClient } from '../../clients/current-client.decorator';
import { JobPermission } from '../../clients/job-token';
import { RequireScope } from '../../clients/require-scope.decorator';
import { Scope } from '../../clients/scope';
import { AppError } from '../../common/app-error';
import { parseIdempotencyKey } from '../../common/http/idempotency-key';
import { AnswersPage } from '../../common/http/page-answer.interceptor';
import { ApiProblems } from '../../common/http/problem';
import { RatePolicy } from '../../common/http/rate-policy';
import { UuidParam } from '../../common/http/uuid-param';
import { retryAfterSeconds } from '../../common/retry-after';
import { HonoursWait } from '../../jobs/http/prefer-wait';
import { AcceptsJob, Acceptance } from '../../jobs/http/acceptance';
import { type Job } from '../../jobs/job';
import { JobPageQuery, JobPageView } from '../../jobs/http/job-list.query';
import { labelsOf } from '../../jobs/http/job-labels.dto';
import { JobPresenter } from '../../jobs/http/job.presenter';
import { JobView } from '../../jobs/http/job.view';
import { ORDER_LIMITS } from '../order-limits';
import { MAX_COLUMNS, MAX_RECORD_CHARACTERS } from './csv-records';
import { OrderImportView, viewImport } from './order-import.view';
import { ImportQuery, toSettings } from './order-imports.dto';
import { OrderImportsService } from './order-imports.service';
import { IMPORTS_PATH, ORDERS_IMPORT } from './orders-import.job';
import {
  DELIMITED_MEDIA_TYPES,
  FORM_MEDIA_TYPE,
  FORM_PART,
  NDJSON_MEDIA_TYPE,
  type Upload,
  uploadOf,
} from './upload-body';

const DESCRIPTION = `One row per order line, a header row first, separated by commas, semicolons, tabs or bars, in UTF-8 or UTF-16. Columns:
\`number\` (or \`order_number\`), \`ordered_at\`, \`customer_name\`, \`sku\`, \`description\`, \`quantity\`, and \`unit_price\` or \`line_total\`;
optional are \`customer_reference\`, \`status\`, \`currency\`, \`shipped_at\`, \`discount_total\`, \`shipping_total\`, \`tax_total\`,
\`tax_included\`, \`adjustment_total\`, \`refunded_total\`, \`total\` (which is checked) and \`line_discount\`. A \`preset\` reads the export of a shop
as it is; \`column_map\` gives other headings a meaning. As \`application/x-ndjson\` each line is a body of \`POST /v1/orders\`. What a report with items has as CSV or NDJSON reads back. A form
sends the file as its part \`file\`; all may be compressed by gzip. How the file is written is recognised, and named in the result.
All of a file is imported or, when anything in it is wrong, nothing: \`GET ${IMPORTS_PATH}/{id}\` then lists the errors by row, with what was read.
Blank rows are skipped; a row has at most ${MAX_RECORD_CHARACTERS} characters, with its delimiters, quotes and line ends, and a file at most
${MAX_COLUMNS} columns. Text is of one line: tabs, line ends and other control characters are refused, as in \`POST /v1/orders\`.`;

const EXAMPLE = `order_number,ordered_at,status,currency,customer_name,sku,description,quantity,unit_price
A-1,2026-11-08,paid,USD,Claire Gute,BK-1,Bookcase,2,130.98
A-1,2026-11-08,paid,USD,Claire Gute,CH-7,Chair,3,243.98
`;

const ORDER_EXAMPLE = `{"number":"A-1","ordered_at":"2026-11-08","currency":"USD","customer_name":"Claire Gute","lines":[{"sku":"BK-1","description":"Bookcase","quantity":"2","unit_price":"130.98"}]}
`;

/** Bytes, though of a text: what is documented as a string, generated clients write as JSON, or as another type. */
const fileLike = (example: string) => ({ type: 'string', format: 'binary', example });

const BODY = {
  required: true,
  content: {
    ...Object.fromEntries(DELIMITED_MEDIA_TYPES.map((type) => [type, { schema: fileLike(EXAMPLE) }])),
    [NDJSON_MEDIA_TYPE]: { schema: fileLike(ORDER_EXAMPLE) },
    [FORM_MEDIA_TYPE]: {
      schema: { type: 'object', required: [FORM_PART], properties: { [FORM_PART]: fileLike(EXAMPLE) } },
    },
  },
} satisfies NonNullable<Parameters<typeof ApiOperation>[0]>['requestBody'];

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
  @AcceptsJob(ORDERS_IMPORT, 'file')
  @ApiOperation({
    operationId: 'createOrderImport',
    summary: 'Import orders from a file',
    description: DESCRIPTION,
    requestBody: BODY,
  })
  @ApiOkResponse({ type: OrderImportView, description: 'It ended while you waited, whichever way.' })
  @ApiProblems({
    400: 'The query is not valid, or the upload broke off.',
    413: `The file is larger than ${ORDER_LIMITS.importBytes} bytes.`,
    415: 'The body is of another media type, charset or Content-Encoding.',
    422: 'The file is empty, the form has no file, or the Idempotency-Key was used with another file or query.',
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
      const { file, declaredBytes, ...kind } = await uploadOf(request);
      requireTable(query, kind);
      accepted = await this.imports.submit(client, file, {
        labels: labelsOf(query),
        settings: toSettings(query, kind),
        idempotencyKey: key,
        declaredBytes,
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
  @AnswersPage()
  @ApiOperation({
    operationId: 'listOrderImports',
    summary: 'List your imports, newest first',
    description:
      'Each with what it did, or why it did nothing. Follow `Link`, or send `next_cursor` as `cursor`.',
  })
  @ApiOkResponse({ type: JobPageView })
  @ApiProblems({ 400: 'The filter or the page is not valid.' })
  list(@CurrentClient() client: Client, @Query() query: JobPageQuery): Promise<JobPageView> {
    return this.imports.list(client, query, (job) => this.presenter.viewWith(job, null));
  }

  @Get(':id')
  @AllowsJobToken(JobPermission.Read)
  @RatePolicy('poll')
  @HonoursWait()
  @ApiOperation({
    operationId: 'getOrderImport',
    summary: 'Watch an import',
    description: 'Cancel it by `DELETE /v1/jobs/{id}`.',
  })
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

/** @throws AppError 400 for what is meant for tables alone */
function requireTable(query: ImportQuery, { format }: Pick<Upload, 'format'>): void {
  if (format !== 'ndjson') return;
  const errors = (['preset', 'column_map'] as const)
    .filter((field) => query[field] !== undefined)
    .map((field) => ({ field, message: `${field} is for delimited files; NDJSON has no columns` }));
  if (errors.length > 0)
    throw new AppError('bad_request', 'invalid_request', 'The request is not valid.', { errors });
}
