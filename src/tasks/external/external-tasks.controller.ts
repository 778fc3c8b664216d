import { Body, Controller, HttpCode, HttpStatus, Param, Post, Put, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import type { Client } from '../../clients/client';
import { CurrentClient } from '../../clients/current-client.decorator';
import { RequireScope } from '../../clients/require-scope.decorator';
import { Scope } from '../../clients/scope';
import { ApiProblems } from '../../common/http/problem';
import { UuidParam } from '../../common/http/uuid-param';
import { JobState } from '../../jobs/job';
import { TaskPresenter } from '../task.presenter';
import { TaskView } from '../task.view';
import { ClaimBody, ExternalTaskBody } from './external-task.dto';
import { ClaimedTaskView } from './external-task.view';
import { ExternalMove, ExternalTasksService } from './external-tasks.service';

/** For workers outside: they claim tasks of external types and say how the work goes. */
@ApiTags('tasks')
@RequireScope(Scope.Worker)
@Controller('v1/tasks')
export class ExternalTasksController {
  constructor(
    private readonly tasks: ExternalTasksService,
    private readonly presenter: TaskPresenter,
  ) {}

  @Post('claim')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'claimTask',
    summary: 'Claim the next external task',
    description: 'It is yours for the time of a lease. Send its `attempt` with all that you say of it.',
  })
  @ApiOkResponse({ type: ClaimedTaskView })
  @ApiNoContentResponse({ description: 'Nothing waits.' })
  @ApiProblems({ 400: 'The body is not JSON.', 422: 'A field is not valid.' })
  async claim(
    @CurrentClient() client: Client,
    @Body() body: ClaimBody,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ClaimedTaskView | undefined> {
    const claim = await this.tasks.claim(client.id, body.types, body.worker ?? 'external worker');
    if (claim === null) {
      response.status(HttpStatus.NO_CONTENT);
      return undefined;
    }
    return Object.assign(await this.presenter.view(claim), {
      parameters: claim.parameters,
      lease_seconds: Math.floor(claim.lease_ms / 1_000),
    });
  }

  @Put(':id')
  @ApiOperation({
    operationId: 'updateTask',
    summary: 'Say how an external task goes',
    description:
      'Renews the lease, reports progress, completes or fails it. `cancel_requested` in the answer asks you to stop and to say `CANCELLED`.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: TaskView })
  @ApiProblems({
    400: 'The id is not a UUID, or the body is not JSON.',
    404: 'You have no such external task.',
    409: 'The attempt is not, or no longer, yours, or the task was cancelled: drop the work.',
    422: 'A field is not valid.',
  })
  async move(
    @CurrentClient() client: Client,
    @Param('id', UuidParam) id: string,
    @Body() body: ExternalTaskBody,
  ): Promise<TaskView> {
    return this.presenter.view(await this.tasks.move(client.id, id, body.attempt, moveOf(body)));
  }
}

function moveOf({ status, progress, result, error }: ExternalTaskBody): ExternalMove {
  switch (status) {
    case JobState.InProgress:
      return { status, progress };
    case JobState.Completed:
      return { status, result: result ?? {} };
    case JobState.Failed:
      return {
        status,
        error: {
          code: error?.code ?? 'failed',
          message: error?.message ?? 'The work failed.',
          retryable: error?.retryable ?? false,
        },
      };
    case JobState.Cancelled:
      return { status };
  }
}
