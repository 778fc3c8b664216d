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
import { ApiProblems } from '../common/http/problem';
import { UuidParam } from '../common/http/uuid-param';
import { PageQuery } from '../common/pagination';
import { ApiKeyPageView, IssuedApiKeyView, viewApiKey, viewIssuedApiKey } from './api-key.view';
import { ApiKeysService } from './api-keys.service';
import type { Actor } from './audit-entry';
import type { Caller, Client } from './client';
import { CurrentActor, CurrentCaller, CurrentClient } from './current-client.decorator';
import { NewApiKeyBody } from './new-api-key.dto';
import { RequireScope } from './require-scope.decorator';
import { Scope } from './scope';

/** The keys of the caller's own client, for their owners. */
@ApiTags('keys')
@RequireScope(Scope.Keys)
@Controller('v1/keys')
export class OwnKeysController {
  constructor(private readonly keys: ApiKeysService) {}

  @Post()
  @ApiOperation({
    operationId: 'createKey',
    summary: 'Make a key of your own',
    description:
      'With no more than the scopes of the key that makes it, and no longer life. The answer alone shows the key. It stays good when the key that made it is rotated or revoked.',
  })
  @ApiCreatedResponse({ type: IssuedApiKeyView })
  @ApiProblems({
    409: 'You have as many keys as you may.',
    422: 'A field is not valid: a scope that your own key lacks, or a longer life than its own, among others.',
  })
  async create(
    @CurrentActor() actor: Actor,
    @CurrentCaller() caller: Caller,
    @Body() { name, scopes, expires_at }: NewApiKeyBody,
  ): Promise<IssuedApiKeyView> {
    const expiresAt = expires_at === undefined ? null : new Date(expires_at);
    return viewIssuedApiKey(await this.keys.issueOwn(actor, caller, { name, scopes, expiresAt }));
  }

  @Get()
  @AnswersPage()
  @ApiOperation({
    operationId: 'listKeys',
    summary: 'List your keys, newest first',
    description: 'All of your client, whoever made them; ended ones too.',
  })
  @ApiOkResponse({ type: ApiKeyPageView })
  @ApiProblems({ 400: 'The page is not valid.' })
  list(@CurrentClient() client: Client, @Query() query: PageQuery): Promise<ApiKeyPageView> {
    return this.keys.list(client.id, query, viewApiKey);
  }

  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'deleteKey',
    summary: 'End a key of yours',
    description:
      'Your own key too. The process that answers refuses it from now on, any other one within two seconds.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiNoContentResponse({ description: 'It has ended.' })
  @ApiProblems({
    400: 'The id is not a UUID.',
    403: 'Your key lacks the scope `keys`, or one that the key to be deleted has.',
    404: 'You have no such key.',
  })
  async delete(
    @CurrentActor() actor: Actor,
    @CurrentCaller() caller: Caller,
    @Param('id', UuidParam) id: string,
  ): Promise<void> {
    await this.keys.revokeOwn(actor, caller, id);
  }
}
