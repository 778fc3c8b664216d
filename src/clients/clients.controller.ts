import { Body, Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { AnswersPage } from '../common/http/page-answer.interceptor';
import { ApiProblems } from '../common/http/problem';
import { UuidParam } from '../common/http/uuid-param';
import { PageQuery } from '../common/pagination';
import { AppConfig } from '../config/app-config';
import type { Actor } from './audit-entry';
import { ClientPageView, ClientView, viewClient } from './client.view';
import { ClientsService } from './clients.service';
import { CurrentActor } from './current-client.decorator';
import { NewClientBody } from './new-client.dto';
import { RequireScope } from './require-scope.decorator';
import { Scope } from './scope';

/** API consumers, for operators. */
@ApiTags('clients')
@RequireScope(Scope.Admin)
@Controller('v1/clients')
export class ClientsController {
  constructor(
    private readonly config: AppConfig,
    private readonly clients: ClientsService,
  ) {}

  @Post()
  @ApiOperation({
    operationId: 'createClient',
    summary: 'Create a client',
    description: 'Then issue a key for it.',
  })
  @ApiCreatedResponse({
    type: ClientView,
    headers: {
      Location: { description: 'The new client.', schema: { type: 'string', format: 'uri-reference' } },
    },
  })
  @ApiProblems({
    400: 'The body is not JSON.',
    409: 'There is a client of this name already.',
    413: 'The body is too large.',
    415: 'The body is not application/json.',
    422: 'A field is not valid.',
  })
  async create(
    @CurrentActor() actor: Actor,
    @Body() body: NewClientBody,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ClientView> {
    const client = await this.clients.create(actor, body.name);
    response.location(`${this.config.publicPath}/v1/clients/${client.id}`);
    return viewClient(client);
  }

  @Get()
  @AnswersPage()
  @ApiOperation({
    operationId: 'listClients',
    summary: 'List clients, newest first',
    description: 'All of them. Follow `Link`, or send `next_cursor` as `cursor`.',
  })
  @ApiOkResponse({ type: ClientPageView })
  @ApiProblems({ 400: 'The page is not valid.' })
  list(@Query() query: PageQuery): Promise<ClientPageView> {
    return this.clients.list(query, viewClient);
  }

  @Get(':id')
  @ApiOperation({
    operationId: 'getClient',
    summary: 'Read a client',
    description: 'Its name and when it was made; its keys have a list of their own.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: ClientView })
  @ApiProblems({ 400: 'The id is not a UUID.', 404: 'There is no such client.' })
  async get(@Param('id', UuidParam) id: string): Promise<ClientView> {
    return viewClient(await this.clients.get(id));
  }
}
