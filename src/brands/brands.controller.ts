import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Put, Req } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import type { Actor } from '../clients/audit-entry';
import type { Client } from '../clients/client';
import { CurrentActor, CurrentClient } from '../clients/current-client.decorator';
import { RequireScope } from '../clients/require-scope.decorator';
import { Scope } from '../clients/scope';
import { ApiProblems } from '../common/http/problem';
import { BrandBody } from './brand.dto';
import { BrandView, CleanedLogoView, viewBrand, viewCleanedLogo } from './brand.view';
import { BrandsService } from './brands.service';
import { cleanLogo } from './logo/clean-logo';
import { LOGO_LIMITS, LOGO_PATH, PNG_MEDIA_TYPE, SVG_MEDIA_TYPE } from './logo/logo';

const EXAMPLE =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 80 20"><path fill="#0b7285" d="M0 0h80v20H0z"/></svg>';

const FILE = {
  required: true,
  content: {
    [SVG_MEDIA_TYPE]: { schema: { type: 'string', format: 'binary', example: EXAMPLE } },
    [PNG_MEDIA_TYPE]: { schema: { type: 'string', format: 'binary' } },
  },
} satisfies NonNullable<Parameters<typeof ApiOperation>[0]>['requestBody'];

/** How the caller's PDFs are dressed. */
@ApiTags('reports')
@RequireScope(Scope.Reports)
@Controller()
export class BrandsController {
  constructor(private readonly brands: BrandsService) {}

  @Get('v1/brand')
  @ApiOperation({
    operationId: 'getBrand',
    summary: 'Read your brand',
    description: 'How your PDFs are dressed. A brand that was never put is empty.',
  })
  @ApiOkResponse({ type: BrandView })
  async get(@CurrentClient() client: Client): Promise<BrandView> {
    return viewBrand(await this.brands.get(client.id));
  }

  @Put('v1/brand')
  @ApiOperation({
    operationId: 'putBrand',
    summary: 'Dress your PDFs',
    description:
      'Replaces name, address, colour and footer: what is left out is removed. The logo stays; it has a route of its own. ' +
      'Reports that are written from then on have it.',
  })
  @ApiOkResponse({ type: BrandView })
  @ApiProblems({ 422: 'A field is not valid.' })
  async put(@CurrentActor() actor: Actor, @Body() body: BrandBody): Promise<BrandView> {
    await this.brands.put(actor, {
      name: body.name ?? null,
      address: body.address ?? [],
      accent_color: body.accent_color?.toLowerCase() ?? null,
      footer: body.footer ?? null,
    });
    return viewBrand(await this.brands.get(actor.clientId));
  }

  @Put(LOGO_PATH)
  @ApiOperation({
    operationId: 'putBrandLogo',
    summary: 'Send your logo',
    description: `An SVG, or a PNG of up to ${LOGO_LIMITS.png.pixels} pixels. It is written anew from its shapes, or its pixels: scripts,
references to elsewhere, style sheets and metadata are not kept. Texts, pictures, patterns and filters of an SVG are not
either; \`removed\` names them. Make paths of a text before.`,
    requestBody: FILE,
  })
  @ApiOkResponse({ type: CleanedLogoView })
  @ApiProblems({
    413: `The file is larger than ${LOGO_LIMITS.bytes} bytes.`,
    415: 'The body is neither SVG nor PNG, or is compressed.',
    422: 'The file is damaged, too large in what it draws, or draws nothing.',
  })
  async putLogo(@CurrentActor() actor: Actor, @Req() request: Request): Promise<CleanedLogoView> {
    const type = request.is(PNG_MEDIA_TYPE) === false ? SVG_MEDIA_TYPE : PNG_MEDIA_TYPE;
    const file: unknown = request.body;
    const logo = await cleanLogo(type, Buffer.isBuffer(file) ? file : Buffer.alloc(0));
    await this.brands.putLogo(actor, logo);
    return viewCleanedLogo(logo);
  }

  @Delete(LOGO_PATH)
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'deleteBrandLogo',
    summary: 'Remove your logo',
    description: 'Reports from now on have none. Removing one that is not there is no error.',
  })
  @ApiNoContentResponse({ description: 'There is none any more.' })
  async deleteLogo(@CurrentActor() actor: Actor): Promise<void> {
    await this.brands.deleteLogo(actor);
  }
}
