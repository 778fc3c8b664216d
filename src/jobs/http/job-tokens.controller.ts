import { Controller, Param, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../clients/client';
import { CurrentCaller } from '../../clients/current-client.decorator';
import { JobTokensService } from '../../clients/job-tokens.service';
import { RequireScope } from '../../clients/require-scope.decorator';
import { Scope } from '../../clients/scope';
import { OptionalBody } from '../../common/http/optional-body';
import { ApiProblems } from '../../common/http/problem';
import { RatePolicy } from '../../common/http/rate-policy';
import { UuidParam } from '../../common/http/uuid-param';
import { JobTypeRegistry } from '../job-type.registry';
import { JobsService } from '../jobs.service';
import { JobTokenBody } from './job-token.dto';
import { JobTokenView } from './job-token.view';

/** Tokens that open one job, so that a browser needs no API key. */
@ApiTags('jobs')
@RequireScope(Scope.Reports, Scope.Orders, Scope.Webhooks)
@Controller('v1/jobs')
export class JobTokensController {
  constructor(
    private readonly jobs: JobsService,
    private readonly registry: JobTypeRegistry,
    private readonly tokens: JobTokensService,
  ) {}

  @Post(':id/tokens')
  @RatePolicy('poll')
  @ApiOperation({
    operationId: 'createJobToken',
    summary: 'Make a token that opens this one job',
    description:
      'For a browser of an end user: as a Bearer, or as `?token=` where no header can be sent (`EventSource`, a link). It is signed and not stored, ends with its time, its job or the key that made it, and makes no tokens itself.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiCreatedResponse({ type: JobTokenView })
  @ApiProblems({
    400: 'The id is not a UUID, or the body is not JSON.',
    404: 'You have no such job.',
    422: 'A field is not valid.',
  })
  async create(
    @CurrentCaller() caller: Caller,
    @Param('id', UuidParam) id: string,
    @OptionalBody(JobTokenBody) { permissions, expires_in }: JobTokenBody,
  ): Promise<JobTokenView> {
    const job = await this.jobs.get(caller.client.id, id, this.registry.visibleTo(caller.scopes));
    const { token, endsAt } = await this.tokens.make(caller, job.id, permissions, expires_in);
    return { token, expires_at: endsAt.toISOString() };
  }
}
