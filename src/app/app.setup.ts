import { DynamicModule, INestApplication } from '@nestjs/common';
import { HttpAdapterHost, NestFactory, Reflector } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import helmet from 'helmet';
import { AppModule } from './app.module';
import { LOGO_LIMITS, LOGO_MEDIA_TYPES, LOGO_PATH } from '../brands/logo/logo';
import { nameParserErrors, requireReadableBody, requireUtf8 } from '../common/http/readable-body.middleware';
import { compress } from '../common/http/compression';
import { corsOptions } from '../common/http/cors';
import { DrainingAdapter } from '../common/http/draining.adapter';
import { MediaTypesGuard } from '../common/http/media-types.guard';
import { ProblemFilter } from '../common/http/problem.filter';
import { answerUnparsedRequests } from '../common/http/unparsed-requests';
import { PUBLIC_PATH } from '../common/http/page-answer.interceptor';
import { noStore } from '../common/http/no-store.middleware';
import { takeQueryToken } from '../common/http/query-token.middleware';
import { requestLog } from '../common/http/request-log.middleware';
import { namesThisMachine, warnOfForeignHost } from '../common/http/foreign-host.middleware';
import { warnOfUntrustedProxy } from '../common/http/untrusted-proxy.middleware';
import { StrictValidationPipe } from '../common/http/strict-validation.pipe';
import { AppConfig } from '../config/app-config';
import { isDatabaseOutage } from '../database/database-errors';
import { setUpDocs } from './openapi/docs.setup';
import { IMPORTS_PATH } from '../orders/import/orders-import.job';
import { IMPORT_MEDIA_TYPES } from '../orders/import/upload-body';
import { setUpPage } from './page.setup';
import { setUpProblemsPage } from './problems-page.setup';
import { ProcessLogger } from './process-logger';
import { setUpQueueBoard } from './queue-board.setup';

/** An order of 500 lines fits, with some 200 bytes a line; what is larger is imported. */
const JSON_LIMIT = '100kb';

/** Load balancers commonly keep idle connections for a minute; whoever closes first must not be we, or they answer 502. */
const KEEP_ALIVE_MS = 65_000;

/**
 * The application of a role, ready to listen. `main` and the tests both get it from here.
 *
 * @param root what it is composed of; a test may add job types of its own
 */
export async function createApp(
  config: AppConfig,
  root: DynamicModule = AppModule.forRoot(config),
): Promise<INestApplication> {
  const app = await NestFactory.create<NestExpressApplication>(root, new DrainingAdapter(), {
    logger: new ProcessLogger(config),
    abortOnError: false,
    bodyParser: false,
  });
  const server = app.getHttpServer();
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  answerUnparsedRequests(server, config.publicPath);
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.set('etag', false);
  app.set(PUBLIC_PATH, config.publicPath);
  app.set('trust proxy', config.trustedProxies);
  app.use(takeQueryToken);
  app.use(requestLog);
  if (config.trustedProxies.length === 0) app.use(warnOfUntrustedProxy());
  if (namesThisMachine(new URL(config.publicUrl).hostname))
    app.use('/v1', warnOfForeignHost(config.publicUrl));
  app.use(
    helmet({
      contentSecurityPolicy: { directives: { 'upgrade-insecure-requests': null } },
      // The host and its subdomains are the operator's.
      strictTransportSecurity: config.hstsMaxAgeSeconds !== undefined && {
        maxAge: config.hstsMaxAgeSeconds,
        includeSubDomains: false,
      },
    }),
  );
  if (config.corsOrigins.length > 0) app.enableCors(corsOptions(config.corsOrigins));
  app.use(['/docs', '/openapi.json', '/openapi.yaml', '/metrics'], compress);
  if (config.runsApi) {
    setUpPage(app);
    setUpProblemsPage(app);
  }
  app.use('/v1', noStore);
  app.use(requireReadableBody({ [IMPORTS_PATH]: IMPORT_MEDIA_TYPES, [LOGO_PATH]: LOGO_MEDIA_TYPES }));
  app.useBodyParser('raw', { limit: LOGO_LIMITS.bytes, type: [...LOGO_MEDIA_TYPES], inflate: false });
  app.useBodyParser('json', {
    limit: JSON_LIMIT,
    type: ['application/json', '+json'],
    strict: true,
    // The type leaves it out, the parser knows it.
    ...({ verify: requireUtf8 } as object),
  });
  app.use(nameParserErrors);
  app.useGlobalPipes(new StrictValidationPipe());
  // After those that say who it is and whether it may.
  app.useGlobalGuards(new MediaTypesGuard(app.get(Reflector)));
  app.useGlobalFilters(new ProblemFilter(config.publicPath, isDatabaseOutage));
  if (config.runsApi) {
    setUpDocs(app, config);
    setUpQueueBoard(app, config);
  }
  return app;
}

/** Ends an application without breaking a request: not ready, then deaf to new connections, then done with what it has. */
export async function drainApp(app: INestApplication, config: AppConfig): Promise<void> {
  const listenerClosed = app
    .get<HttpAdapterHost<DrainingAdapter>>(HttpAdapterHost)
    .httpAdapter.drain(config.drainDelayMs);
  // Waits and streams go on until then. Where there are none, nobody waits for the last jobs.
  if (config.runsApi) await listenerClosed;
  await app.close();
}
