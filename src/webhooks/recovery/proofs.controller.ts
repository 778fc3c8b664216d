import { Controller, Get, Header, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Client } from '../../clients/client';
import { CurrentClient } from '../../clients/current-client.decorator';
import { RequireScope } from '../../clients/require-scope.decorator';
import { Scope } from '../../clients/scope';
import { AnswersWith } from '../../common/http/media-types.guard';
import { ApiProblems } from '../../common/http/problem';
import { UuidParam } from '../../common/http/uuid-param';
import { parseTimestamp } from '../../common/timestamp';
import { ProofQuery } from './proof.query';
import { MOST_PROVEN_EVENTS, ProofsService } from './proofs.service';

const MEDIA_TYPE = 'application/jose';

const DESCRIPTION = `A JWS in its compact form (\`EdDSA\`), by the endpoint's key in \`/.well-known/jwks.json?endpoint_id=…\` with its \`kid\`.
Its payload is JSON: \`sub\` (the endpoint), \`since\`, \`until\`, \`complete\` (whether all that the endpoint wants was delivered, or erased before),
\`counts\` by outcome, and \`events\`, of every event of the window its \`id\`, its \`outcome\` (\`delivered\`, \`failed\`, \`pending\`,
\`missing\`, \`not_selected\`, \`erased\`) and when its delivery ended (\`at\`). At most ${MOST_PROVEN_EVENTS} events.`;

/** That a window was delivered whole, signed. */
@ApiTags('webhooks')
@RequireScope(Scope.Webhooks)
@Controller('v1/webhooks/endpoints')
export class ProofsController {
  constructor(private readonly proofs: ProofsService) {}

  @Get(':id/proof')
  @Header('Content-Type', MEDIA_TYPE)
  @AnswersWith([MEDIA_TYPE])
  @ApiOperation({
    operationId: 'getWebhookDeliveryProof',
    summary: 'Prove what was delivered',
    description: DESCRIPTION,
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({
    content: {
      [MEDIA_TYPE]: { schema: { type: 'string', example: 'eyJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl' } },
    },
  })
  @ApiProblems({
    400: 'The query is not valid, or the id is not a UUID.',
    404: 'You have no such endpoint.',
    422: 'The window ends before it begins or in the future, begins before what is kept (`since` says where it may), or has too many events (`until` says how far it may go).',
    503: 'Events of the window are being written just now: try again after `Retry-After`.',
  })
  prove(
    @CurrentClient() client: Client,
    @Param('id', UuidParam) id: string,
    @Query() { since, until }: ProofQuery,
  ): Promise<string> {
    const [from, to] = [parseTimestamp(since), parseTimestamp(until)];
    if (from === undefined || to === undefined) throw new Error('A time passed that is none.');
    return this.proofs.prove(client.id, id, from, to);
  }
}
