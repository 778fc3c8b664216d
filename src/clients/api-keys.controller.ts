import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Post, Query } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import { AnswersPage } from '../common/http/page-answer.interceptor';
import { OptionalBody } from '../common/http/optional-body';
import { ApiProblems } from '../common/http/problem';
import { UuidParam } from '../common/http/uuid-param';
import { PageQuery } from '../common/pagination';
import { ApiKeyPageView, IssuedApiKeyView, viewApiKey, viewIssuedApiKey } from './api-key.view';
import { ApiKeysService } from './api-keys.service';
import type { Actor } from './audit-entry';
import { CurrentActor } from './current-client.decorator';
import { NewApiKeyBody, RotateApiKeyBody } from './new-api-key.dto';
import { RequireScope } from './require-scope.decorator';
import { Scope } from './scope';

const BODY_PROBLEMS = {
  400: 'An id is not a UUID, or the body is not JSON.',
  413: 'The body is too large.',
  415: 'The body is not application/json.',
  422: 'A field is not valid.',
};

/** The keys of a client, for operators. */
@ApiTags('clients')
@RequireScope(Scope.Admin)
@ApiParam({ name: 'id', format: 'uuid', description: "The client's id." })
@Controller('v1/clients/:id/keys')
export class ApiKeysController {
  constructor(private readonly keys: ApiKeysService) {}

  @Post()
  @ApiOperation({
    operationId: 'createClientKey',
    summary: 'Issue a key',
    description: 'The answer alone shows the key.',
  })
  @ApiCreatedResponse({ type: IssuedApiKeyView })
  @ApiProblems({ ...BODY_PROBLEMS, 404: 'There is no such client.' })
  async issue(
    @CurrentActor() actor: Actor,
    @Param('id', UuidParam) id: string,
    @Body() { name, scopes, expires_at }: NewApiKeyBody,
  ): Promise<IssuedApiKeyView> {
    const expiresAt = expires_at === undefined ? null : new Date(expires_at);
    return viewIssuedApiKey(await this.keys.issue(actor, id, { name, scopes, expiresAt }));
  }

  @Get()
  @AnswersPage()
  @ApiOperation({
    operationId: 'listClientKeys',
    summary: "List a client's keys, newest first",
    description: 'Ended ones too.',
  })
  @ApiOkResponse({ type: ApiKeyPageView })
  @ApiProblems({ 400: 'The id is not a UUID, or the page is not valid.', 404: 'There is no such client.' })
  list(@Param('id', UuidParam) id: string, @Query() query: PageQuery): Promise<ApiKeyPageView> {
    return this.keys.list(id, query, viewApiKey);
  }

  @Post(':key_id/rotate')
  @ApiOperation({
    operationId: 'rotateClientKey',
    summary: 'Replace a key',
    description: 'A new key with the same name, scopes and expiry; the old one stays good for a while.',
  })
  @ApiParam({ name: 'key_id', format: 'uuid' })
  @ApiCreatedResponse({ type: IssuedApiKeyView, description: 'The new key.' })
  @ApiProblems({ ...BODY_PROBLEMS, 404: 'There is no such key, or it has ended.' })
  async rotate(
    @CurrentActor() actor: Actor,
    @Param('id', UuidParam) id: string,
    @Param('key_id', UuidParam) keyId: string,
    @OptionalBody(RotateApiKeyBody) { overlap_seconds }: RotateApiKeyBody,
  ): Promise<IssuedApiKeyView> {
    return viewIssuedApiKey(await this.keys.rotate(actor, id, keyId, overlap_seconds));
  }

  @Delete(':key_id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'revokeClientKey',
    summary: 'Revoke a key',
    description: 'The process that answers refuses it from now on, any other one within two seconds.',
  })
  @ApiParam({ name: 'key_id', format: 'uuid' })
  @ApiNoContentResponse({ description: 'It is revoked.' })
  @ApiProblems({ 400: 'An id is not a UUID.', 404: 'There is no such key.' })
  async revoke(
    @CurrentActor() actor: Actor,
    @Param('id', UuidParam) id: string,
    @Param('key_id', UuidParam) keyId: string,
  ): Promise<void> {
    await this.keys.revoke(actor, id, keyId);
  }
}
