import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  HttpStatus,
  Param,
  Patch,
  Post,
  Query,
  Res,
} from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import type { Response } from 'express';
import type { Actor } from '../../clients/audit-entry';
import type { Client } from '../../clients/client';
import { CurrentActor, CurrentClient } from '../../clients/current-client.decorator';
import { RequireScope } from '../../clients/require-scope.decorator';
import { Scope } from '../../clients/scope';
import { AnswersPage } from '../../common/http/page-answer.interceptor';
import { OptionalBody } from '../../common/http/optional-body';
import { ApiProblems } from '../../common/http/problem';
import { UuidParam } from '../../common/http/uuid-param';
import { PageQuery } from '../../common/pagination';
import { AppConfig } from '../../config/app-config';
import { DeliveryView } from '../deliveries/delivery.view';
import { EndpointChange, EndpointRequest } from './endpoint.dto';
import { EndpointPageView, EndpointView, endpointView, EndpointWithSecretView } from './endpoint.view';
import { EndpointsService } from './endpoints.service';
import { TestEventsService } from './test-events.service';
import { SecretRotationBody } from '../signing/rotation.dto';

/** Callback URLs that a client registers beforehand. */
@ApiTags('webhooks')
@RequireScope(Scope.Webhooks)
@Controller('v1/webhooks/endpoints')
export class EndpointsController {
  constructor(
    private readonly config: AppConfig,
    private readonly endpoints: EndpointsService,
    private readonly tests: TestEventsService,
  ) {}

  @Post()
  @ApiOperation({
    operationId: 'createWebhookEndpoint',
    summary: 'Register a callback URL',
    description:
      'Sends the URL a challenge, a POST with `type` `webhook.endpoint.verification`, and its answer must echo ' +
      '`data.challenge`, as `{"challenge": "…"}` or as the text alone. Otherwise the endpoint is `unverified` and sent ' +
      'nothing. The secret is shown this once.',
  })
  @ApiCreatedResponse({
    type: EndpointWithSecretView,
    headers: { Location: { schema: { type: 'string', format: 'uri-reference' } } },
  })
  @ApiProblems({
    409: 'There is an endpoint with this URL already, or there are too many.',
    422: 'A field is not valid, or the URL must not be called.',
  })
  async register(
    @CurrentActor() actor: Actor,
    @Body() request: EndpointRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<EndpointWithSecretView> {
    const { endpoint, secret } = await this.endpoints.register(actor, request);
    response.location(`${this.config.publicPath}/v1/webhooks/endpoints/${endpoint.id}`);
    return Object.assign(endpointView(endpoint), { secret });
  }

  @Get()
  @AnswersPage()
  @ApiOperation({
    operationId: 'listWebhookEndpoints',
    summary: 'List your endpoints, newest first',
    description: 'Each with its health. Secrets and values of headers are not shown.',
  })
  @ApiOkResponse({ type: EndpointPageView })
  @ApiProblems({ 400: 'The page is not valid.' })
  list(@CurrentClient() client: Client, @Query() query: PageQuery): Promise<EndpointPageView> {
    return this.endpoints.list(client.id, query, endpointView);
  }

  @Get(':id')
  @ApiOperation({
    operationId: 'getWebhookEndpoint',
    summary: 'Read an endpoint and its health',
    description: 'Whether it is verified and enabled, and how its latest deliveries went.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: EndpointView })
  @ApiProblems({ 400: 'The id is not a UUID.', 404: 'You have no such endpoint.' })
  async get(@CurrentClient() client: Client, @Param('id', UuidParam) id: string): Promise<EndpointView> {
    return endpointView(await this.endpoints.get(client.id, id));
  }

  @Patch(':id')
  @ApiOperation({
    operationId: 'updateWebhookEndpoint',
    summary: 'Change an endpoint',
    description: 'Another URL has to echo a challenge anew.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: EndpointView })
  @ApiProblems({
    400: 'The id is not a UUID.',
    404: 'You have no such endpoint.',
    409: 'Another endpoint has this URL.',
    422: 'A field is not valid, or the URL must not be called.',
    429: 'It has another URL, and a challenge was sent a moment ago.',
  })
  async change(
    @CurrentActor() actor: Actor,
    @Param('id', UuidParam) id: string,
    @Body() change: EndpointChange,
  ): Promise<EndpointView> {
    return endpointView(await this.endpoints.change(actor, id, change));
  }

  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'deleteWebhookEndpoint',
    summary: 'Remove an endpoint',
    description: 'What it was still to be sent ends; the log stays.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiNoContentResponse()
  @ApiProblems({ 400: 'The id is not a UUID.', 404: 'You have no such endpoint.' })
  async remove(@CurrentActor() actor: Actor, @Param('id', UuidParam) id: string): Promise<void> {
    await this.endpoints.remove(actor, id);
  }

  @Post(':id/verify')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'verifyWebhookEndpoint',
    summary: 'Send the challenge again',
    description:
      'The endpoint proves that it is yours by answering the challenge. At most one in some seconds is sent.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({
    type: EndpointView,
    description: '`status` says whether it was echoed, `verification_failure` why not.',
  })
  @ApiProblems({
    400: 'The id is not a UUID.',
    404: 'You have no such endpoint.',
    429: 'It was sent a moment ago.',
  })
  async verify(@CurrentActor() actor: Actor, @Param('id', UuidParam) id: string): Promise<EndpointView> {
    return endpointView(await this.endpoints.verify(actor, id));
  }

  @Post(':id/rotate-secret')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'rotateWebhookEndpointSecret',
    summary: 'Rotate the secret',
    description:
      'The new one signs at once; the old one signs as well for 24 hours, or as long as you say (`secrets` says until when). Keys for `v1a` ' +
      'are rotated too. The secret is shown this once.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: EndpointWithSecretView })
  @ApiProblems({
    400: 'The id is not a UUID.',
    404: 'You have no such endpoint.',
    409: 'As many secrets as there may be sign already.',
    422: 'A field is not valid.',
  })
  async rotate(
    @CurrentActor() actor: Actor,
    @Param('id', UuidParam) id: string,
    @OptionalBody(SecretRotationBody) { overlap_seconds }: SecretRotationBody,
  ): Promise<EndpointWithSecretView> {
    const { endpoint, secret } = await this.endpoints.rotate(actor, id, overlap_seconds);
    return Object.assign(endpointView(endpoint), { secret });
  }

  @Post(':id/test')
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiOperation({
    operationId: 'testWebhookEndpoint',
    summary: 'Send a test event',
    description: 'Of type `webhook.test`, signed and retried like any.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiAcceptedResponse({
    type: DeliveryView,
    headers: {
      Location: { schema: { type: 'string', format: 'uri-reference' }, description: 'The delivery.' },
    },
  })
  @ApiProblems({
    400: 'The id is not a UUID.',
    404: 'You have no such endpoint.',
    409: 'It is not verified, or disabled.',
  })
  async test(
    @CurrentClient() client: Client,
    @Param('id', UuidParam) id: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<DeliveryView> {
    const delivery = await this.tests.send(client.id, await this.endpoints.get(client.id, id));
    response.location(`${this.config.publicPath}/v1/webhooks/deliveries/${delivery.id}`);
    return delivery;
  }
}
