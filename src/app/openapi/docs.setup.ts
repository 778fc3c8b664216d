import type { INestApplication } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { revalidated, revalidatedAsSent, weakTag } from '../../common/http/validators';
import type { AppConfig } from '../../config/app-config';
import { definedTypes } from '../../jobs/job-type.registry';
import { onlyFor } from '../only-for';
import { CALLBACK_BODIES, describeCallbacks } from './docs.callbacks';
import { completeDocument } from './docs.document';
import { showExamples } from './docs.examples';
import { describeMergePatch } from './docs.merge-patch';
import { describeJobTypes, jobTypeModels } from './docs.job-types';
import { NewOrderBody } from '../../orders/order.dto';
import { OrderPatchBody } from '../../orders/order-patch';
import { AddressLimitsService } from '../../rate-limits/address-limits.service';

const DESCRIPTION = `Ask for a PDF of your orders and get 202 in milliseconds; fetch it when it is ready.

1. \`POST /v1/orders/reports\` answers 202 with \`Location\` and \`Retry-After\`.
2. Poll that address: 200 while it is under way, 303 with the PDF's \`Location\` when it is ready.
3. Fetch the PDF.

Authorize with \`Bearer <api key>\`. Every error is a problem (RFC 9457) with a stable \`code\`, which
[/problems](problems) describes.`;

const PAGE = new Set(['/docs', '/docs/', '/docs/index.html']);

interface Docs {
  document: OpenAPIObject;
  revalidate: RequestHandler;
}

/** Swagger UI at `/docs`, the document at `/openapi.json`: made when somebody first asks for it, so that no start waits for it. */
export function setUpDocs(app: INestApplication, config: AppConfig): void {
  app.use(['/docs', '/openapi.json', '/openapi.yaml'], app.get(AddressLimitsService).middleware('docs'));
  let made: Docs | undefined;
  const docs = (): Docs => (made ??= docsOf(app, config));
  // Its assets have validators of their own.
  app.use(onlyFor(PAGE)(revalidatedAsSent));
  // What is generated of the document, and changes with it alone.
  app.use(
    ['/docs/swagger-ui-init.js', '/openapi.json', '/openapi.yaml'],
    (request: Request, response: Response, next: NextFunction) => docs().revalidate(request, response, next),
  );
  SwaggerModule.setup('docs', app, () => docs().document, {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
    // The key that is tried out lives as long as the page: nothing on the machine keeps it.
    swaggerOptions: { persistAuthorization: false, displayRequestDuration: true },
  });
}

function docsOf(app: INestApplication, config: AppConfig): Docs {
  const types = definedTypes(app.get(DiscoveryService, { strict: false }));
  const document = SwaggerModule.createDocument(
    app,
    new DocumentBuilder()
      .setTitle('Order Reports')
      .setDescription(DESCRIPTION)
      .setVersion('1')
      .setLicense('MIT', 'https://opensource.org/license/mit')
      .setOpenAPIVersion('3.1.0')
      // Relative first: "Try it out" then works by whatever name this page was opened.
      .addServer(config.publicPath || '/', 'This server')
      .addServer(config.publicUrl, 'Its public address')
      // Not `addBearerAuth`, which takes every bearer for a JWT.
      .addSecurity('api_key', { type: 'http', scheme: 'bearer', description: 'Your API key, `ork_…`.' })
      .addSecurity('job_token', {
        type: 'http',
        scheme: 'bearer',
        description:
          'A token for one job (`POST /v1/jobs/{id}/tokens`); in the query as `token` it works too.',
      })
      .addTag('reports', 'PDFs of your orders')
      .addTag('jobs', 'The monitor of every job')
      .addTag('tasks', 'Calls made asynchronously, and work done outside')
      .addTag('orders', 'The order book')
      .addTag('webhooks', 'Signed callbacks, their log, and the events to read')
      .addTag('keys', 'Keys of your own')
      .addTag('clients', 'Clients, their keys, and what operators did')
      .addTag('health', 'Liveness, readiness, metrics')
      .build(),
    { autoTagControllers: false, extraModels: [...CALLBACK_BODIES, ...jobTypeModels(types)] },
  );
  describeJobTypes(document, types);
  showExamples(document);
  describeCallbacks(document, config.callbackTimeoutMs / 1_000);
  completeDocument(document);
  describeMergePatch(document, OrderPatchBody.name, NewOrderBody.name);
  return { document, revalidate: revalidated(weakTag(JSON.stringify(document))) };
}
