import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import type { Response } from 'express';
import { AllowsJobToken } from '../clients/allows-job-token.decorator';
import type { Caller } from '../clients/client';
import { CurrentCaller } from '../clients/current-client.decorator';
import { JobPermission } from '../clients/job-token';
import { RequireScope } from '../clients/require-scope.decorator';
import { Scope } from '../clients/scope';
import { AnswersPage } from '../common/http/page-answer.interceptor';
import { ApiProblems } from '../common/http/problem';
import { RatePolicy } from '../common/http/rate-policy';
import { UuidParam } from '../common/http/uuid-param';
import { HonoursWait } from '../jobs/http/prefer-wait';
import { TaskAnswersService } from './task-answers.service';
import { TaskListQuery } from './task-list.query';
import { TaskPresenter } from './task.presenter';
import { TaskPageView, TaskView } from './task.view';
import { TasksService } from './tasks.service';

/** Calls made asynchronously, and every other job, as tasks. */
@ApiTags('tasks')
@RequireScope(Scope.Reports, Scope.Orders)
@Controller('v1/tasks')
export class TasksController {
  constructor(
    private readonly tasks: TasksService,
    private readonly answers: TaskAnswersService,
    private readonly presenter: TaskPresenter,
  ) {}

  @Get()
  @AnswersPage()
  @ApiOperation({
    operationId: 'listTasks',
    summary: 'List tasks, newest first, with progress, ETA and workflow',
    description:
      'Calls that were made asynchronously, and work done outside. Follow `Link`, or send `next_cursor` as `cursor`.',
  })
  @ApiOkResponse({ type: TaskPageView })
  @ApiProblems({ 400: 'A filter or the page is not valid.' })
  async list(@CurrentCaller() caller: Caller, @Query() query: TaskListQuery): Promise<TaskPageView> {
    const { data, next_cursor } = await this.tasks.list(caller, query);
    return { data: await Promise.all(data.map((job) => this.presenter.view(job))), next_cursor };
  }

  @Get(':id')
  @AllowsJobToken(JobPermission.Read)
  @RatePolicy('poll')
  @HonoursWait()
  @ApiOperation({
    operationId: 'getTask',
    summary: 'Poll a task',
    description: 'What the call would have answered, in status codes. Cancel it by `DELETE /v1/jobs/{id}`.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: TaskView, description: 'Done: what it read is in `result`.' })
  @ApiCreatedResponse({
    type: TaskView,
    description: 'Done: what it made is at `Location`.',
    headers: {
      Location: { description: 'The new resource.', schema: { type: 'string', format: 'uri-reference' } },
    },
  })
  @ApiAcceptedResponse({
    type: TaskView,
    description: 'Under way: ask again after `Retry-After` seconds.',
    headers: {
      Location: { description: 'This task.', schema: { type: 'string', format: 'uri-reference' } },
      'Retry-After': { schema: { type: 'integer' } },
    },
  })
  @ApiProblems({
    400: 'The id is not a UUID.',
    404: 'You have no such task, or what it was to read is not there: then the task is inside.',
    409: 'The call failed so; the task is inside.',
    410: 'It was cancelled, or a person that it was about was erased.',
    422: 'The call failed so; the task is inside.',
    500: 'It failed for an internal reason; the task is inside.',
  })
  async get(
    @CurrentCaller() caller: Caller,
    @Param('id', UuidParam) id: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<TaskView> {
    return this.answers.answer(await this.tasks.get(caller, id), response);
  }
}
