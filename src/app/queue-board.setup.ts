import { createBullBoard } from '@bull-board/api';
import { BullAdapter } from '@bull-board/api/bullAdapter';
import { ExpressAdapter } from '@bull-board/express';
import type { INestApplication } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import Bull from 'bull';
import type { NextFunction, Request, Response } from 'express';
import { ApiKeyRecognitionService } from '../clients/api-key-recognition.service';
import type { Caller } from '../clients/client';
import { Scope } from '../clients/scope';
import { AppError } from '../common/app-error';
import type { AppConfig } from '../config/app-config';
import { AddressLimitsService } from '../rate-limits/address-limits.service';
import { RedisConnectionsService } from '../redis/redis-connections.service';

const PATH = '/admin/queues';
const REDIS_RETRY_SECONDS = 5;

/**
 * Bull's queues for an operator's eyes. They only carry wake-ups, so the board is read-only: what happens to a job is
 * decided in Postgres, by its own routes.
 */
export function setUpQueueBoard(app: INestApplication, config: AppConfig): void {
  const server = new ExpressAdapter();
  server.setBasePath(config.publicPath + PATH);
  const queues = app
    .get(DiscoveryService, { strict: false })
    .getProviders()
    .flatMap(({ instance }) => (instance instanceof Bull ? [instance] : []));
  createBullBoard({
    queues: queues.map((queue) => new BullAdapter(queue, { readOnlyMode: true })),
    serverAdapter: server,
    options: { uiConfig: { boardTitle: 'Order Reports' } },
  });
  app.use(
    PATH,
    operatorsOnly(app.get(ApiKeyRecognitionService), app.get(AddressLimitsService)),
    whileRedisAnswers(app.get(RedisConnectionsService, { strict: false })),
    allowOwnInlineScript,
    server.getRouter(),
  );
}

/** A browser asks for a user and a password (RFC 7617): any user, and a key with the scope `admin`. */
const operatorsOnly =
  (keys: ApiKeyRecognitionService, addresses: AddressLimitsService) =>
  (request: Request, response: Response, next: NextFunction): void => {
    const credentials = /^Basic +(\S+)$/i.exec(request.get('authorization') ?? '')?.[1] ?? '';
    const password = Buffer.from(credentials, 'base64').toString().split(':').slice(1).join(':');
    const recognized = async (): Promise<Caller | null> => {
      const caller = password === '' ? null : await keys.recognize(password);
      if (caller === null) await addresses.admit(request, response, 'address');
      return caller;
    };
    recognized().then((caller) => {
      if (caller?.scopes.includes(Scope.Admin) === true) return next();
      response
        .status(401)
        .set('WWW-Authenticate', 'Basic realm="Order Reports: a key with the scope admin is the password"')
        .type('text/plain')
        .send('Give any user name, and a key with the scope admin as the password.\n');
    }, next);
  };

/** The board asks Redis for everything it shows, and would wait for one that is silent. */
const whileRedisAnswers =
  (redis: RedisConnectionsService) =>
  (_request: Request, _response: Response, next: NextFunction): void => {
    redis.answers().then((answered) => {
      if (answered) return next();
      next(
        new AppError('unavailable', 'queues_unavailable', 'Redis does not answer; jobs go on without it.', {
          retryAfter: REDIS_RETRY_SECONDS,
        }),
      );
    }, next);
  };

/** The board's page configures itself by a script in the page. */
function allowOwnInlineScript(_request: Request, response: Response, next: NextFunction): void {
  response.set(
    'Content-Security-Policy',
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; img-src 'self' data:",
  );
  next();
}
