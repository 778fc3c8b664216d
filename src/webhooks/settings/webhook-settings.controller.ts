import { Body, Controller, Get, HttpCode, HttpStatus, Post, Put } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Actor } from '../../clients/audit-entry';
import type { Client } from '../../clients/client';
import { CurrentActor, CurrentClient } from '../../clients/current-client.decorator';
import { RequireScope } from '../../clients/require-scope.decorator';
import { Scope } from '../../clients/scope';
import { OptionalBody } from '../../common/http/optional-body';
import { ApiProblems } from '../../common/http/problem';
import { WebhookSettingsService } from './webhook-settings.service';
import {
  ClientSecretsView,
  RotatedClientSecretView,
  WebhookSettingsBody,
  WebhookSettingsView,
} from './webhook-settings.view';
import { SecretRotationBody } from '../signing/rotation.dto';

/** What holds for callbacks to URLs that are no endpoint. */
@ApiTags('webhooks')
@RequireScope(Scope.Webhooks)
@Controller('v1/webhooks')
export class WebhookSettingsController {
  constructor(private readonly settings: WebhookSettingsService) {}

  @Get('settings')
  @ApiOperation({
    operationId: 'getWebhookSettings',
    summary: 'Read your settings',
    description: 'What you have put, or what holds otherwise.',
  })
  @ApiOkResponse({ type: WebhookSettingsView })
  async get(@CurrentClient() client: Client): Promise<WebhookSettingsView> {
    return { unregistered_callbacks: await this.settings.unregisteredCallbacks(client.id) };
  }

  @Put('settings')
  @ApiOperation({
    operationId: 'putWebhookSettings',
    summary: 'Change your settings',
    description: 'They hold for submissions from now on.',
  })
  @ApiOkResponse({ type: WebhookSettingsView })
  @ApiProblems({ 422: 'A field is not valid.' })
  async put(
    @CurrentActor() actor: Actor,
    @Body() request: WebhookSettingsBody,
  ): Promise<WebhookSettingsView> {
    await this.settings.setUnregisteredCallbacks(actor, request.unregistered_callbacks);
    return { unregistered_callbacks: request.unregistered_callbacks };
  }

  @Get('signing-secret')
  @ApiOperation({
    operationId: 'getSigningSecrets',
    summary: 'When the secret for URLs that are no endpoint was made',
    description: 'The secrets themselves are shown once, when they are made.',
  })
  @ApiOkResponse({ type: ClientSecretsView })
  async secrets(@CurrentClient() client: Client): Promise<ClientSecretsView> {
    const secrets = await this.settings.describeSecrets(client.id);
    return {
      secrets: secrets.map(({ created_at, expires_at }) => ({
        created_at: created_at.toISOString(),
        expires_at: expires_at?.toISOString() ?? null,
      })),
    };
  }

  @Post('signing-secret/rotate')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'rotateSigningSecret',
    summary: 'Get a new secret for URLs that are no endpoint',
    description:
      'Signs every callback to a `callback_url` that is no endpoint of yours. The first call gives the first one; later ' +
      'ones rotate, and the old one signs as well for 24 hours, or as long as you say. Shown this once.',
  })
  @ApiOkResponse({ type: RotatedClientSecretView })
  @ApiProblems({ 409: 'As many secrets as there may be sign already.', 422: 'A field is not valid.' })
  async rotate(
    @CurrentActor() actor: Actor,
    @CurrentClient() client: Client,
    @OptionalBody(SecretRotationBody) { overlap_seconds }: SecretRotationBody,
  ): Promise<RotatedClientSecretView> {
    const secret = await this.settings.rotateSecret(actor, overlap_seconds);
    return Object.assign(await this.secrets(client), { secret });
  }
}
