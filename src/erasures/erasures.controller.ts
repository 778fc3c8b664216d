import {
  applyDecorators,
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  HttpStatus,
  Param,
  Post,
  Res,
} from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import type { Actor } from '../clients/audit-entry';
import type { Client } from '../clients/client';
import { CurrentActor, CurrentClient } from '../clients/current-client.decorator';
import { RequireScope } from '../clients/require-scope.decorator';
import { Scope } from '../clients/scope';
import { ApiProblems } from '../common/http/problem';
import { RatePolicy } from '../common/http/rate-policy';
import { UuidParam } from '../common/http/uuid-param';
import { AppConfig } from '../config/app-config';
import { ErasureBody } from './erasure.dto';
import type { ErasureEntity } from './erasure.entity';
import { ErasureView, viewErasure } from './erasure.view';
import { ErasuresService } from './erasures.service';

/** What is asked for often enough, and not more often. */
const POLL_SECONDS = 5;

const AcceptsErasure = (): MethodDecorator =>
  applyDecorators(
    HttpCode(HttpStatus.ACCEPTED),
    ApiAcceptedResponse({
      type: ErasureView,
      description: 'Accepted: it ends when all is gone, whatever happens to us.',
      headers: {
        Location: { description: 'The record of it.', schema: { type: 'string', format: 'uri-reference' } },
        'Retry-After': { description: 'Seconds to wait before polling.', schema: { type: 'integer' } },
      },
    }),
  );

/** Persons and clients are erased in the background. */
@Controller('v1')
export class ErasuresController {
  constructor(
    private readonly config: AppConfig,
    private readonly erasures: ErasuresService,
  ) {}

  @Post('erasures')
  @ApiTags('orders')
  @RequireScope(Scope.Orders)
  @RatePolicy('submit')
  @AcceptsErasure()
  @ApiOperation({
    operationId: 'createErasure',
    summary: 'Erase a person',
    description:
      'From your orders, and from all that was made of them: jobs, events, callbacks, files, uploads. The orders and their sums stay: the name ' +
      'becomes `[erased]`, the reference `null`, and each is in the changes. What was accepted before ends first. Files and bodies ' +
      'that held the person answer 410 `erased`.',
  })
  @ApiProblems({
    400: 'The body is not JSON.',
    413: 'The body is too large.',
    415: 'The body is not application/json.',
    422: 'A field is not valid.',
  })
  async erasePerson(
    @CurrentActor() actor: Actor,
    @Body() { customer_reference }: ErasureBody,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ErasureView> {
    return this.accepted(await this.erasures.erasePerson(actor, customer_reference), response);
  }

  @Get('erasures/:id')
  @ApiTags('orders')
  @RequireScope(Scope.Orders, Scope.Admin)
  @ApiOperation({
    operationId: 'getErasure',
    summary: 'Watch an erasure that you asked for, and read what went',
    description: 'Its steps, and how much of what it removed. Nothing of what was erased is in it.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({
    type: ErasureView,
    headers: {
      'Retry-After': {
        description: 'Seconds to wait before asking again; not once it is done.',
        schema: { type: 'integer' },
      },
    },
  })
  @ApiProblems({ 400: 'The id is not a UUID.', 404: 'You have asked for no such erasure.' })
  async get(
    @CurrentClient() client: Client,
    @Param('id', UuidParam) id: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ErasureView> {
    const erasure = await this.erasures.get(client.id, id);
    if (erasure.finished_at === null) response.set('Retry-After', String(POLL_SECONDS));
    return viewErasure(erasure);
  }

  @Delete('clients/:id')
  @ApiTags('clients')
  @RequireScope(Scope.Admin)
  @AcceptsErasure()
  @ApiOperation({
    operationId: 'deleteClient',
    summary: 'Erase a client',
    description:
      'With its keys, which end at once, orders, jobs, files, events, callbacks and endpoints. Its jobs are cancelled, and end first. ' +
      'What is kept is the record of the erasure, and the audit trail.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiProblems({
    400: 'The id is not a UUID.',
    404: 'There is no such client.',
    409: 'It is the client of your own key.',
  })
  async eraseClient(
    @CurrentActor() actor: Actor,
    @Param('id', UuidParam) id: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ErasureView> {
    return this.accepted(await this.erasures.eraseClient(actor, id), response);
  }

  private accepted(erasure: ErasureEntity, response: Response): ErasureView {
    response.location(`${this.config.publicPath}/v1/erasures/${erasure.id}`);
    response.set('Retry-After', String(POLL_SECONDS));
    return viewErasure(erasure);
  }
}
