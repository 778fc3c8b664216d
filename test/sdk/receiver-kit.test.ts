import { serve } from '@hono/node-server';
import {
  Controller,
  type INestApplication,
  type MiddlewareConsumer,
  Module,
  Post,
  Body,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import express from 'express';
import { fastify } from 'fastify';
import { Hono } from 'hono';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isJobCallback, Receiver, type ReceiverOptions, type SeenEvents } from '../../sdk/src/index.ts';
import { receiveEvents as forExpress } from '../../sdk/src/receiver/express.ts';
import { receiveEvents as forFastify } from '../../sdk/src/receiver/fastify.ts';
import { receiveEvents as forHono } from '../../sdk/src/receiver/hono.ts';
import { receiveEvents as forNest } from '../../sdk/src/receiver/nest.ts';
import { secretText, signatureHeader } from '../../src/webhooks/signing/standard-webhooks';
import { waitFor } from '../support/services';
import { callbackStory } from '../webhooks/callback-story';

interface Listening {
  port: number;
  stop: () => Promise<unknown>;
}

const listening = async (server: Server): Promise<Listening> => {
  if (!server.listening) await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
};

/** Applications as they are: each has a route of its own that wants JSON, beside the receiver. */
const FRAMEWORKS: Record<string, (options: ReceiverOptions) => Promise<Listening>> = {
  express(options) {
    const app = express();
    app.post('/hooks', forExpress(options));
    app.use(express.json());
    app.post('/echo', (request, response) => response.json(request.body));
    return listening(app.listen(0, '127.0.0.1'));
  },

  async fastify(options) {
    const app = fastify();
    await app.register(forFastify, { prefix: '/hooks', ...options });
    app.post('/echo', (request) => Promise.resolve(request.body));
    await app.listen({ port: 0, host: '127.0.0.1' });
    return { port: (app.server.address() as AddressInfo).port, stop: () => app.close() };
  },

  async nest(options) {
    @Controller('echo')
    class EchoController {
      @Post()
      echo(@Body() body: unknown): unknown {
        return body;
      }
    }
    @Module({ controllers: [EchoController] })
    class ReceivingModule {
      configure(consumer: MiddlewareConsumer): void {
        consumer.apply(forNest(options)).forRoutes('hooks');
      }
    }
    const app: INestApplication = await NestFactory.create(ReceivingModule, { rawBody: true, logger: false });
    await app.listen(0, '127.0.0.1');
    const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
    return { port, stop: () => app.close() };
  },

  hono(options) {
    const app = new Hono();
    app.post('/hooks', forHono(options));
    app.post('/echo', async (context) => context.json(await context.req.json<object>()));
    return listening(serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server);
  },
};

const SECRET = secretText(Buffer.alloc(32, 7));
const story = callbackStory({ CALLBACK_RETRY_SCHEDULE: '1s' });

describe.each(Object.entries(FRAMEWORKS))('a receiver in %s', (_name, start) => {
  let running: Listening | undefined;
  const had: string[] = [];
  const errors: unknown[] = [];
  let failures: number;

  beforeEach(() => {
    had.length = 0;
    errors.length = 0;
    failures = 0;
  });
  afterEach(() => running?.stop());

  const started = async (options: Partial<ReceiverOptions> = {}): Promise<string> => {
    running = await start({
      keys: [SECRET],
      onEvent: ({ id, body }) => {
        if (failures > 0) {
          failures -= 1;
          throw new Error('The database of the receiver is away.');
        }
        had.push(isJobCallback(body) ? `${body.data.id} ${body.status}` : `${id} ${body.type}`);
      },
      onError: (error) => errors.push(error),
      ...options,
    });
    return `http://127.0.0.1:${running.port}/hooks`;
  };

  const post = (url: string, body: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });

  it('takes each event of the service once, by its secret', async () => {
    const url = await started();
    const { status, body } = await story.client.call('POST', '/v1/webhooks/endpoints', {
      url,
      secret: SECRET,
    });
    // The challenge was echoed.
    expect([status, body.status]).toEqual([201, 'enabled']);
    const job = await story.client.submit();
    await story.client.allEnded(1);
    const [delivery] = await story.client.deliveries();
    expect(delivery).toMatchObject({ state: 'DELIVERED', attempt: 1 });
    await story.client.call('POST', `/v1/webhooks/deliveries/${delivery!.id}/redeliver`);
    const log = await waitFor(
      async () => {
        const { attempt_log } = await story.client.delivery(delivery!.id);
        return attempt_log.length === 2 && attempt_log;
      },
      { what: 'the second delivery' },
    );
    expect(log.map(({ response }: { response: string }) => response).sort()).toEqual([
      '{"duplicate":true}',
      '{"received":true}',
    ]);
    expect(had).toEqual([`${job.id} COMPLETED`]);
  });

  it('has what it could not take sent again', async () => {
    failures = 1;
    const url = await started();
    await story.client.call('POST', '/v1/webhooks/endpoints', { url, secret: SECRET });
    const job = await story.client.submit();
    await story.client.allEnded(1);
    expect((await story.client.deliveries())[0]).toMatchObject({ state: 'DELIVERED', attempt: 2 });
    expect(had).toEqual([`${job.id} COMPLETED`]);
    expect(errors).toEqual([new Error('The database of the receiver is away.')]);
  });

  it('verifies by the keys that the service publishes', async () => {
    const endpoint = await story.register('/before', { signatures: ['v1a'] });
    const jwks = `${story.harness.url}/.well-known/jwks.json?endpoint_id=${endpoint.id}`;
    const url = await started({ keys: [], jwks });
    const changed = await story.client.call('PATCH', `/v1/webhooks/endpoints/${endpoint.id}`, { url });
    expect(changed.body.status).toBe('enabled');
    await story.client.call('POST', `/v1/webhooks/endpoints/${endpoint.id}/test`);
    await waitFor(() => had.length > 0, { what: 'the event of the test' });
    expect(had[0]).toMatch(/ webhook\.test$/);
  });

  it('refuses what is not genuine, and leaves the rest of its application alone', async () => {
    const url = await started();
    const now = Math.floor(Date.now() / 1_000);
    const body = '{"type":"webhook.test","timestamp":"2026-01-01T00:00:00Z","data":{"endpoint_id":"1"}}';
    const signed = (key: Buffer): Record<string, string> => ({
      'webhook-id': 'a',
      'webhook-timestamp': String(now),
      'webhook-signature': signatureHeader('a', now, Buffer.from(body), [{ scheme: 'v1', key }]),
    });
    expect((await post(url, body, signed(Buffer.alloc(32, 8)))).status).toBe(401);
    expect((await post(url, body)).status).toBe(401);
    expect((await post(url, 'no JSON')).status).toBe(400);
    expect((await post(url, `"${'x'.repeat(1_000_001)}"`)).status).toBe(413);
    expect(had).toEqual([]);
    const good = await post(url, body, signed(Buffer.alloc(32, 7)));
    expect([good.status, await good.json()]).toEqual([200, { received: true }]);
    const echoed = await post(url.replace('hooks', 'echo'), '{"a":1}');
    expect(await echoed.json()).toEqual({ a: 1 });
    expect(errors).toEqual([]);
  });
});

describe('a receiver', () => {
  const BODY = Buffer.from(
    '{"type":"webhook.test","timestamp":"2026-01-01T00:00:00Z","data":{"endpoint_id":"1"}}',
  );

  const request = (id: string): { method: string; headers: Record<string, string>; body: () => Buffer } => {
    const now = Math.floor(Date.now() / 1_000);
    return {
      method: 'POST',
      headers: {
        'webhook-id': id,
        'webhook-timestamp': String(now),
        'webhook-signature': signatureHeader(id, now, BODY, [{ scheme: 'v1', key: Buffer.alloc(32, 7) }]),
      },
      body: () => BODY,
    };
  };

  const statusOf = async (receiver: Receiver, id: string): Promise<number> =>
    (await receiver.handle(request(id))).status;

  it('shares the outcome of an event that comes again while it is worked on', async () => {
    let fails: (error: Error) => void = () => undefined;
    let calls = 0;
    const onEvent = (): Promise<void> => {
      calls += 1;
      return calls > 1 ? Promise.resolve() : new Promise((_resolve, reject) => (fails = reject));
    };
    const receiver = new Receiver({ keys: [SECRET], onEvent, onError: () => undefined });
    const both = [statusOf(receiver, 'a'), statusOf(receiver, 'a')];
    await waitFor(() => calls === 1, { what: 'the first call' });
    await new Promise((resolve) => setImmediate(resolve));
    fails(new Error('no'));
    expect(await Promise.all(both)).toEqual([500, 500]);
    expect(await statusOf(receiver, 'a')).toBe(200);
    expect(await statusOf(receiver, 'a')).toBe(200);
    expect(calls).toBe(2);
  });

  it('asks the store that it is given, which others share', async () => {
    const ids = new Set<string>();
    const seen: SeenEvents = {
      has: (id) => Promise.resolve(ids.has(id)),
      add: (id) => Promise.resolve(void ids.add(id)),
    };
    const had: string[] = [];
    const receivers = [1, 2].map(
      () => new Receiver({ keys: [SECRET], seen, onEvent: ({ id }) => void had.push(id) }),
    );
    for (const receiver of receivers) expect(await statusOf(receiver, 'a')).toBe(200);
    expect(had).toEqual(['a']);
  });

  it('does an event once, though the store is asked twice before it knows of it', async () => {
    const answers: (() => void)[] = [];
    const seen: SeenEvents = {
      has: () => new Promise((resolve) => answers.push(() => resolve(false))),
      add: () => undefined,
    };
    const had: string[] = [];
    const receiver = new Receiver({ keys: [SECRET], seen, onEvent: ({ id }) => void had.push(id) });
    const both = [statusOf(receiver, 'a'), statusOf(receiver, 'a')];
    await waitFor(() => answers.length > 0, { what: 'the store to be asked' });
    answers.forEach((answer) => answer());
    await both[0];
    answers.forEach((answer) => answer());
    expect(await Promise.all(both)).toEqual([200, 200]);
    expect(had).toEqual(['a']);
  });

  it('drops no more ids than it must: those that came last are kept', async () => {
    const had: string[] = [];
    const receiver = new Receiver({ keys: [SECRET], onEvent: ({ id }) => void had.push(id) });
    for (let index = 0; index <= 10_000; index += 1) {
      await statusOf(receiver, String(index));
      if (index === 9_999) await statusOf(receiver, '0');
    }
    await statusOf(receiver, '0');
    await statusOf(receiver, '1');
    expect(had).toHaveLength(10_002);
    expect(had.at(-1)).toBe('1');
  });

  it('says what is wrong when a parser has read the body before', async () => {
    const errors: unknown[] = [];
    const app = express()
      .use(express.json())
      .post(
        '/',
        forExpress({ keys: [SECRET], onEvent: () => undefined, onError: (error) => errors.push(error) }),
      );
    const { port, stop } = await listening(app.listen(0, '127.0.0.1'));
    try {
      const { headers, body } = request('a');
      const answer = await fetch(`http://127.0.0.1:${port}/`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: body().toString(),
      });
      expect(answer.status).toBe(500);
      expect(String(errors[0])).toContain('Mount the receiver before `express.json()`');
    } finally {
      await stop();
    }
  });

  it('serves whatever has `Request` and `Response`, and asks to be called later while it has no keys', async () => {
    const receiver = new Receiver({
      jwks: 'http://127.0.0.1:1/jwks.json?endpoint_id=1',
      onEvent: () => undefined,
      onError: () => undefined,
    });
    const { headers, body } = request('a');
    headers['webhook-signature'] = `v1a,${Buffer.alloc(64).toString('base64')}`;
    const answer = await receiver.fetch(
      new Request('http://localhost/', { method: 'POST', headers, body: new Uint8Array(body()) }),
    );
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
    expect((await receiver.fetch(new Request('http://localhost/'))).status).toBe(405);
  });
});
