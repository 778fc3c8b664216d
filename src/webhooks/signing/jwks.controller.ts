import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { Public } from '../../clients/require-scope.decorator';
import { RatePolicy } from '../../common/http/rate-policy';

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
  constructor(private readonly dataSource: DataSource) {}

  @Get('jwks.json')
  @Header('Cache-Control', 'public, max-age=300')
  @ApiOperation({
    summary: 'Public keys of `v1a` signatures',
    description:
      'Every endpoint has keys of its own. Accept a signature only by a `kid` that your endpoint names.',
  })
  @ApiOkResponse({ type: JsonWebKeySet })
  async keys(): Promise<JsonWebKeySet> {
    const rows = await this.dataSource.query<{ id: string; public_key: Buffer }[]>(
      `SELECT id, public_key FROM webhook_secret
       WHERE scheme = 'v1a' AND (expires_at IS NULL OR expires_at > now()) ORDER BY id DESC`,
    );
    return {
      keys: rows.map(({ id, public_key }) => ({
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
