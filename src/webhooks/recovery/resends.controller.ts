import { Body, Controller, Headers, HttpStatus, Param, Post, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import type { Actor } from '../../clients/audit-entry';
import { type AuthenticatedRequest, CurrentActor } from '../../clients/current-client.decorator';
import { RequireScope } from '../../clients/require-scope.decorator';
import { Scope } from '../../clients/scope';
import { parseIdempotencyKey } from '../../common/http/idempotency-key';
import { ApiProblems } from '../../common/http/problem';
import { UuidParam } from '../../common/http/uuid-param';
import { Acceptance, AcceptsJob } from '../../jobs/http/acceptance';
import { JobPresenter } from '../../jobs/http/job.presenter';
import { jobSchema } from '../../jobs/http/job-schemas';
import type { JobView } from '../../jobs/http/job.view';
import type { Job } from '../../jobs/job';
import { WEBHOOKS_RECOVER } from './recover.job';
import { WEBHOOKS_REDELIVER } from './redeliver.job';
import { RecoverBody, RedeliverBody } from './resend.dto';
import { ResendsService } from './resends.service';

const RESULT =
  'A job that makes deliveries again, with the same ids and bytes, in the order of the event feed and no faster than their ' +
  'receivers take them. Its `result` counts them. Cancel it by `DELETE /v1/jobs/{id}`.';

/** What receivers missed, as a whole. */
@ApiTags('webhooks')
@RequireScope(Scope.Webhooks)
@Controller('v1/webhooks')
export class ResendsController {
  constructor(
    private readonly resends: ResendsService,
    private readonly acceptance: Acceptance,
    private readonly presenter: JobPresenter,
  ) {}

  @Post('endpoints/:id/recover')
  @AcceptsJob(WEBHOOKS_RECOVER)
  @ApiOperation({
    operationId: 'recoverWebhookEndpoint',
    summary: 'Recover an endpoint',
    description: `What it missed of a window of time. ${RESULT}`,
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({
    schema: jobSchema(WEBHOOKS_RECOVER, 'JobView'),
    description: 'It ended while you waited, whichever way: see `status`.',
  })
  @ApiProblems({
    400: 'The body is not JSON, or the id is not a UUID.',
    404: 'You have no such endpoint.',
    409: 'It is not verified, or disabled.',
    413: 'The body is too large.',
    415: 'The body is not application/json.',
    422: 'A field is not valid, or the Idempotency-Key was used with another body.',
  })
  async recover(
    @CurrentActor() actor: Actor,
    @Param('id', UuidParam) id: string,
    @Body() body: RecoverBody,
    @Headers('idempotency-key') key: string | undefined,
    @Req() httpRequest: AuthenticatedRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<JobView> {
    const request = { method: 'POST', path: `/v1/webhooks/endpoints/${id}/recover`, body };
    const idempotencyKey = parseIdempotencyKey(key);
    const accepted = await this.resends.recover(actor, id, body, { request, idempotencyKey });
    return this.answer(accepted, httpRequest, response);
  }

  @Post('deliveries/redeliver')
  @AcceptsJob(WEBHOOKS_REDELIVER)
  @ApiOperation({
    operationId: 'redeliverWebhookDeliveries',
    summary: 'Deliver many again',
    description: `The deliveries of a filter and a window of time, to endpoints and other URLs. ${RESULT}`,
  })
  @ApiOkResponse({
    schema: jobSchema(WEBHOOKS_REDELIVER, 'JobView'),
    description: 'It ended while you waited, whichever way: see `status`.',
  })
  @ApiProblems({
    400: 'The body is not JSON.',
    404: 'You have no such endpoint.',
    413: 'The body is too large.',
    415: 'The body is not application/json.',
    422: 'A field is not valid, or the Idempotency-Key was used with another body.',
  })
  async redeliver(
    @CurrentActor() actor: Actor,
    @Body() body: RedeliverBody,
    @Headers('idempotency-key') key: string | undefined,
    @Req() httpRequest: AuthenticatedRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<JobView> {
    const request = { method: 'POST', path: '/v1/webhooks/deliveries/redeliver', body };
    const idempotencyKey = parseIdempotencyKey(key);
    const accepted = await this.resends.redeliver(actor, body, { request, idempotencyKey });
    return this.answer(accepted, httpRequest, response);
  }

  private async answer(accepted: Job, request: AuthenticatedRequest, response: Response): Promise<JobView> {
    const answer = await this.acceptance.answer(accepted, request, response);
    if ('view' in answer) return answer.view;
    response.status(HttpStatus.OK);
    return this.presenter.view(answer.ended);
  }
}
