import { Controller, Get, Header, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsOptional, IsUUID } from 'class-validator';
import { Public } from '../../clients/require-scope.decorator';
import { ApiProblems } from '../../common/http/problem';
import { RatePolicy } from '../../common/http/rate-policy';
import { PublicKeysService } from './public-keys.service';

class JwksQuery {
  @ApiPropertyOptional({
    format: 'uuid',
    description: 'The keys of this endpoint alone: all of them, always.',
  })
  @IsOptional()
  @IsUUID()
  endpoint_id?: string;
}

class JsonWebKey {
  @ApiProperty({ enum: ['OKP'] })
  kty: 'OKP';

  @ApiProperty({ enum: ['Ed25519'] })
  crv: 'Ed25519';

  @ApiProperty({ description: 'The public key in base64url.' })
  x: string;

  @ApiProperty({
    format: 'uuid',
    description: 'As in `secrets` of the endpoint: trust only the keys of your own.',
  })
  kid: string;

  @ApiProperty({ enum: ['sig'] })
  use: 'sig';

  @ApiProperty({ enum: ['EdDSA'] })
  alg: 'EdDSA';
}

class JsonWebKeySet {
  @ApiProperty({ type: [JsonWebKey] })
  keys: JsonWebKey[];
}

/** The public keys of `v1a` signatures (RFC 7517, RFC 8037). */
@ApiTags('webhooks')
@Public()
@RatePolicy('jwks')
@Controller('.well-known')
export class JwksController {
  constructor(private readonly publicKeys: PublicKeysService) {}

  @Get('jwks.json')
  @Header('Cache-Control', 'public, max-age=300')
  @ApiOperation({
    operationId: 'getPublicKeys',
    summary: 'Public keys of `v1a` signatures',
    description:
      'Every endpoint has keys of its own: give receivers the address with its `endpoint_id`. Without, the keys of all ' +
      'endpoints are listed, at most 1,000, which may be some seconds old: accept a signature only by a `kid` that your ' +
      'endpoint names.',
  })
  @ApiOkResponse({ type: JsonWebKeySet })
  @ApiProblems({ 400: 'The id is not a UUID.' })
  async keys(@Query() { endpoint_id }: JwksQuery): Promise<JsonWebKeySet> {
    const keys =
      endpoint_id === undefined ? await this.publicKeys.all() : await this.publicKeys.ofEndpoint(endpoint_id);
    return {
      keys: keys.map(({ id, public_key }) => ({
        kty: 'OKP',
        crv: 'Ed25519',
        x: public_key.toString('base64url'),
        kid: id,
        use: 'sig',
        alg: 'EdDSA',
      })),
    };
  }
}
