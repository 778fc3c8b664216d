import { connect, createServer, Server, Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { buildConnector } from 'undici';
import type { AppConfig } from '../../src/config/app-config';
import { CallbackAnswer, CallbackClientService } from '../../src/webhooks/egress/callback-client.service';
import { RESPONSE_BYTES } from '../../src/webhooks/egress/callback-exchange';
import { EgressGuardService, EgressRefusedError } from '../../src/webhooks/egress/egress-guard.service';
import { guardedConnector, type TlsProfile } from '../../src/webhooks/egress/guarded-connector';
import { NameError, NameResolver } from '../../src/webhooks/egress/name-resolver';
import { freePort, waitFor } from '../support/services';
import { AUTHORITY, certificate } from './certificates';
import { answer, TestReceiver } from './test-receiver';

/** A name server that answers what the test says; `null` never answers. */
class StubResolver extends NameResolver {
  readonly answers = new Map<string, (string[] | Error | null)[]>();
  asked = 0;

  addressesOf(name: string): Promise<string[]> {
    this.asked += 1;
    const script = this.answers.get(name) ?? [];
    const next = script.length > 1 ? script.shift() : script[0];
    if (next === null) return new Promise(() => undefined);
    if (next === undefined) return Promise.reject(new NameError(name, false));
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
  }
}

const resolver = new StubResolver();
const guard = new EgressGuardService(
  {
    callbackAllowedAddresses: ['127.0.0.0/8'],
    publicUrl: 'https://us.example',
    port: 3000,
  } as unknown as AppConfig,
  resolver,
);
const client = new CallbackClientService(guard);
let receiver: TestReceiver;

/** Longer than any machine stands still: for what is to be over long before. */
const AMPLE_MS = 60_000;

const post = (url: string, timeoutMs = AMPLE_MS, tls: TlsProfile = {}): Promise<CallbackAnswer> =>
  client.post({
    url: new URL(url),
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('{}'),
    tls,
    profile: JSON.stringify(tls),
    timeoutMs,
  });

beforeAll(async () => {
  receiver = await TestReceiver.start();
});

beforeEach(() => {
  resolver.answers.clear();
  receiver.ledger.length = 0;
});

afterAll(async () => {
  client.onApplicationShutdown();
  await receiver.stop();
});

describe('names', () => {
  const named = (path = '/hook'): string => receiver.url(path, 'receiver.test');

  it('are looked up for each attempt: public at first and private later is refused, on a kept connection too', async () => {
    resolver.answers.set('receiver.test', [['127.0.0.1'], ['127.0.0.1'], ['10.0.0.7']]);
    expect(await post(named())).toMatchObject({ failure: null, status: 204, address: '127.0.0.1' });
    const second = await post(named());
    expect(second).toMatchObject({ failure: null });
    expect(second.timings.connect).toBeUndefined();
    expect(await post(named())).toMatchObject({ failure: 'blocked', status: null });
    expect(receiver.ledger).toHaveLength(2);
  });

  it('are refused for one answer among many', async () => {
    resolver.answers.set('receiver.test', [['127.0.0.1', '169.254.169.254']]);
    expect(await post(named())).toMatchObject({ failure: 'blocked' });
    resolver.answers.set('receiver.test', [['169.254.169.254', '127.0.0.1']]);
    expect(await post(named())).toMatchObject({ failure: 'blocked' });
    expect(receiver.ledger).toHaveLength(0);
  });

  it('are looked up once for an attempt, and that answer is dialled', async () => {
    // A second look-up would give the metadata service.
    resolver.answers.set('receiver.test', [['127.0.0.1'], ['169.254.169.254']]);
    const before = resolver.asked;
    expect(await post(named('/once'))).toMatchObject({ failure: null, address: '127.0.0.1' });
    expect(resolver.asked).toBe(before + 1);
  });

  it.each([
    ['does not exist', new NameError('receiver.test', false), 'dns'],
    ['cannot be looked up', new NameError('receiver.test', true), 'dns'],
    ['is looked up for ever', null, 'timeout'],
  ])('end the attempt when one %s', async (_what, result, failure) => {
    resolver.answers.set('receiver.test', [result]);
    expect(await post(named(), 300)).toMatchObject({ failure });
  });

  it('may have several addresses, of which one answers', async () => {
    resolver.answers.set('receiver.test', [['127.0.0.2', '127.0.0.1']]);
    expect(await post(named())).toMatchObject({ failure: null });
  });
});

describe('the connection', () => {
  const check = (address: string): void => {
    if (address !== '93.184.216.34') throw new EgressRefusedError(`${address} is not public.`);
  };
  let server: Server;
  const sockets: Socket[] = [];
  let heard = 0;

  beforeAll(async () => {
    server = createServer((socket) => {
      sockets.push(socket);
      socket.on('data', (chunk) => (heard += chunk.length)).on('error', () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  it.each(['http:', 'https:'])(
    'by %s is checked again where it really leads, before a byte is sent',
    async (protocol) => {
      const { port } = server.address() as { port: number };
      // A network that leads a public address to a private place.
      const lying =
        (): buildConnector.connector =>
        (_options: buildConnector.Options, callback: buildConnector.Callback): Socket => {
          const socket = connect(port, '127.0.0.1');
          sockets.push(socket);
          sockets.push(socket);
          socket.once('connect', () => callback(null, socket)).on('error', (error) => callback(error, null));
          return socket;
        };
      const trace = { address: null, connectMs: null, tlsMs: null };
      const connector = guardedConnector(['93.184.216.34'], check, {}, AMPLE_MS, trace, lying);
      const error = await new Promise((resolve) =>
        connector({ hostname: 'public.example', protocol, port: String(port) }, (...[refusal]) =>
          resolve(refusal),
        ),
      );
      expect(error).toBeInstanceOf(EgressRefusedError);
      expect(heard).toBe(0);
    },
  );

  it('by TLS that does not lead where it may is broken off before the handshake', async () => {
    const { port } = server.address() as { port: number };
    heard = 0;
    const before = sockets.length;
    const trace = { address: null, connectMs: null, tlsMs: null };
    const connector = guardedConnector(['127.0.0.1'], check, {}, AMPLE_MS, trace);
    const error = await new Promise((resolve) =>
      connector({ hostname: 'public.example', protocol: 'https:', port: String(port) }, (...[refusal]) =>
        resolve(refusal),
      ),
    );
    expect(error).toBeInstanceOf(EgressRefusedError);
    await waitFor(() => sockets[before]?.closed === true, { what: 'the connection to be closed' });
    expect(heard).toBe(0);
  });

  it('is refused for a literal address without being dialled', async () => {
    for (const host of [
      '10.0.0.1',
      '169.254.169.254',
      '[::1]',
      '[::ffff:10.0.0.1]',
      '[4000::1]',
      '168.63.129.16',
    ]) {
      expect(await post(`http://${host}:${receiver.port}/`)).toMatchObject({ failure: 'blocked' });
    }
  });

  it('has a failure of its own when it is refused, or never made', async () => {
    expect(await post(`http://127.0.0.1:${await freePort()}/`)).toMatchObject({
      failure: 'refused',
      status: null,
    });
  });

  it('ignores the proxies of the environment', async () => {
    const proxy = `http://127.0.0.1:${await freePort()}`;
    Object.assign(process.env, {
      HTTP_PROXY: proxy,
      http_proxy: proxy,
      HTTPS_PROXY: proxy,
      ALL_PROXY: proxy,
    });
    try {
      expect(await post(receiver.url('/direct'))).toMatchObject({ failure: null });
    } finally {
      for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY']) {
        Reflect.deleteProperty(process.env, name);
      }
    }
  });
});

describe('answers', () => {
  it.each([301, 302, 303, 307, 308])('%d is a failure and is not followed', async (status) => {
    receiver.on('/away', answer(status, { location: receiver.url('/target') }));
    expect(await post(receiver.url('/away'))).toMatchObject({ failure: 'redirect', status });
    expect(receiver.at('/target')).toHaveLength(0);
  });

  it.each([
    [200, null],
    [201, null],
    [204, null],
    [299, null],
    [400, 'http_status'],
    [404, 'http_status'],
    [410, 'gone'],
    [429, 'throttled'],
    [500, 'http_status'],
    [502, 'throttled'],
    [503, 'throttled'],
    [504, 'throttled'],
  ])('%d is %j', async (status, failure) => {
    receiver.on('/status', answer(status, { 'retry-after': '7' }, status === 204 ? '' : 'hello'));
    expect(await post(receiver.url('/status'))).toMatchObject({ failure, status, retryAfter: '7' });
  });

  it('are kept up to a bound, and never inflated', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    receiver.on('/bomb', (_received, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    });
    const before = process.memoryUsage().arrayBuffers;
    const result = await post(receiver.url('/bomb'));
    expect(result).toMatchObject({ failure: null, status: 200 });
    expect(Buffer.byteLength(result.response ?? '', 'latin1')).toBeLessThanOrEqual(RESPONSE_BYTES);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
  });

  it('hold no NUL, which the log could not keep', async () => {
    receiver.on('/nul', answer(200, {}, 'a\0b'));
    expect((await post(receiver.url('/nul'))).response).toBe('a\ufffdb');
  });

  it('without an end are cut: the status has come', async () => {
    receiver.on('/endless', (_received, response) => {
      response.writeHead(200);
      const more = setInterval(() => response.write(Buffer.alloc(1_000)), 5);
      response.on('close', () => clearInterval(more));
    });
    const result = await post(receiver.url('/endless'));
    expect(result).toMatchObject({ failure: null, status: 200 });
  });

  it('whose body drips are a success in bounded time', async () => {
    receiver.on('/drip', (_received, response) => {
      response.writeHead(200);
      const more = setInterval(() => response.write('.'), 50);
      response.on('close', () => clearInterval(more));
    });
    const result = await post(receiver.url('/drip'));
    expect(result).toMatchObject({ failure: null, status: 200 });
    expect(result.timings.total).toBeLessThan(AMPLE_MS / 2);
  });

  it('that break off after a 2xx status are a success', async () => {
    receiver.on('/cut', (_received, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('half');
      setTimeout(() => response.destroy(), 50);
    });
    expect(await post(receiver.url('/cut'))).toMatchObject({ failure: null, status: 200, response: 'half' });
  });

  it('that never come end at the deadline', async () => {
    receiver.on('/hang', () => undefined);
    const result = await post(receiver.url('/hang'), 400);
    expect(result).toMatchObject({ failure: 'timeout', status: null, address: '127.0.0.1' });
  });

  it('that are a reset are reported as one', async () => {
    receiver.on('/reset', ({ socket }) => socket.resetAndDestroy());
    expect(await post(receiver.url('/reset'))).toMatchObject({ failure: 'reset', status: null });
  });
});

describe('a kept connection', () => {
  it('that the receiver closes just as it is used again costs no attempt', async () => {
    const answered = new Set<Socket>();
    receiver.on('/closing', ({ socket }, response) => {
      if (answered.has(socket)) {
        socket.destroy();
        return;
      }
      answered.add(socket);
      response.writeHead(204).end();
    });
    for (let round = 0; round < 3; round += 1) {
      expect(await post(receiver.url('/closing'))).toMatchObject({ failure: null, status: 204 });
    }
    expect(answered.size).toBe(3);
    expect(receiver.ledger).toHaveLength(5);
  });

  it('is not the excuse for a second try when an answer had begun, or on a fresh one', async () => {
    const answered = new Set<Socket>();
    receiver.on('/half', ({ socket }, response) => {
      if (answered.size > 0) {
        socket.write('HTTP/1.1 103 Early Hints\r\n\r\n');
        setTimeout(() => socket.destroy(), 20);
        return;
      }
      answered.add(socket);
      response.writeHead(204).end();
    });
    await post(receiver.url('/half'));
    expect(await post(receiver.url('/half'))).toMatchObject({ failure: 'reset' });
    expect(receiver.ledger).toHaveLength(2);
    expect(await post(receiver.url('/half'))).toMatchObject({ failure: 'reset' });
    expect(receiver.ledger).toHaveLength(3);
  });
});

describe('a server that does not speak HTTP properly', () => {
  let server: Server;
  let speak: (socket: Socket) => void;
  const sockets = new Set<Socket>();

  beforeAll(async () => {
    server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined).once('data', () => speak(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  const url = (): string => `http://127.0.0.1:${(server.address() as { port: number }).port}/`;
  const dripping =
    (text: string, everyMs: number): ((socket: Socket) => void) =>
    (socket) => {
      const timer = setInterval(() => socket.write(text), everyMs);
      socket.on('close', () => clearInterval(timer));
    };

  it.each([
    ['drips its headers', dripping('X-A: b\r\n', 20), /timeout|protocol/, 600],
    ['floods with 1xx', dripping('HTTP/1.1 102 Processing\r\n\r\n', 1), /protocol/],
    ['floods with 100', dripping('HTTP/1.1 100 Continue\r\n\r\n', 1), /protocol/],
    [
      'switches to another protocol',
      (socket: Socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'),
      /protocol/,
    ],
    [
      'switches to another protocol, and names it',
      (socket: Socket) =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
      /protocol|reset/,
    ],
    ['has the status 000', (socket: Socket) => socket.write('HTTP/1.1 000 \r\n\r\n'), /protocol/],
    [
      'sends huge headers',
      (socket: Socket) => socket.write(`HTTP/1.1 200 OK\r\nX-A: ${'b'.repeat(100_000)}\r\n\r\n`),
      /protocol/,
    ],
    ['sends no HTTP', (socket: Socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'), /protocol/],
    ['says nothing and closes', (socket: Socket) => socket.end(), /reset/],
  ])('fails when it %s', async (_what, behaviour, failure, timeoutMs = AMPLE_MS) => {
    speak = behaviour;
    const result = await post(url(), timeoutMs);
    expect(result.failure).toMatch(failure);
    expect(result.detail).not.toMatch(/assert|strict|expression/i);
    expect(result.timings.total).toBeLessThan(AMPLE_MS / 2);
  });

  it.each(['100 Continue', '102 Processing', '103 Early Hints'])(
    'passes over an interim answer: %s',
    async (interim) => {
      speak = (socket) => {
        socket.write(`HTTP/1.1 ${interim}\r\nX-A: b\r\n\r\n`);
        setTimeout(
          () => socket.write('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok'),
          20,
        );
      };
      expect(await post(url())).toMatchObject({ failure: null, status: 200, response: 'ok' });
      speak = (socket) =>
        socket.write(`HTTP/1.1 ${interim}\r\n\r\nHTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n`);
      expect(await post(url())).toMatchObject({ failure: null, status: 204 });
      speak = (socket) =>
        socket.write(
          `HTTP/1.1 ${interim}\r\nX-A: b\r\n\r\n`.repeat(3) +
            'HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n',
        );
      expect(await post(url())).toMatchObject({ failure: null, status: 204 });
    },
  );

  it('drips headers after a status line until the deadline', async () => {
    speak = (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      dripping('X-A: b\r\n', 20)(socket);
    };
    expect(await post(url(), 400)).toMatchObject({ failure: 'timeout' });
  });

  it('has its status when only its chunks are bad', async () => {
    speak = (socket) => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n');
    expect(await post(url())).toMatchObject({ failure: null, status: 200 });
  });
});

describe('TLS', () => {
  const withServer = async <T>(
    name: Parameters<typeof certificate>[0],
    use: (tls: TestReceiver) => Promise<T>,
    mutual = false,
  ): Promise<T> => {
    const tls = await TestReceiver.start({
      ...certificate(name),
      ...(mutual && { ca: AUTHORITY, requestCert: true, rejectUnauthorized: true }),
    });
    try {
      return await use(tls);
    } finally {
      await tls.stop();
    }
  };

  it('is verified against the authority that was given, by name and by address', async () => {
    resolver.answers.set('receiver.test', [['127.0.0.1']]);
    await withServer('server', async (tls) => {
      const result = await post(tls.url('/hook', 'receiver.test'), AMPLE_MS, { ca: AUTHORITY });
      expect(result).toMatchObject({ failure: null, status: 204 });
      expect(result.timings.tls).toBeGreaterThan(0);
      expect(await post(tls.url(), AMPLE_MS, { ca: AUTHORITY })).toMatchObject({ failure: null });
    });
  });

  it('fails for an unknown authority, an expired certificate and another host', async () => {
    await withServer('server', async (tls) =>
      expect(await post(tls.url())).toMatchObject({ failure: 'tls' }),
    );
    await withServer('expired', async (tls) =>
      expect(await post(tls.url(), AMPLE_MS, { ca: AUTHORITY })).toMatchObject({ failure: 'tls' }),
    );
    await withServer('other-host', async (tls) =>
      expect(await post(tls.url(), AMPLE_MS, { ca: AUTHORITY })).toMatchObject({ failure: 'tls' }),
    );
  });

  it('describes no certificate in a text that the log could not keep', async () => {
    resolver.answers.set('receiver.test', [['127.0.0.1']]);
    await withServer('nul', async (tls) => {
      const result = await post(tls.url('/hook', 'receiver.test'), AMPLE_MS, { ca: certificate('nul').cert });
      expect(result.failure).toBe('tls');
      expect(result.detail).toContain('a\ufffdb');
    });
  });

  it('shows our certificate to a receiver that asks for it', async () => {
    await withServer(
      'server',
      async (tls) => {
        expect(await post(tls.url(), AMPLE_MS, { ca: AUTHORITY, ...certificate('client') })).toMatchObject({
          failure: null,
        });
        expect((await post(tls.url(), AMPLE_MS, { ca: AUTHORITY })).failure).toMatch(/tls|reset/);
        expect(tls.ledger).toHaveLength(1);
      },
      true,
    );
  });
});

it('sends the bytes as they are, and gives up when it is aborted', async () => {
  const body = Buffer.from('{"name":"Zoë ✓"}');
  receiver.on('/exact', answer(200));
  await client.post({
    url: new URL(receiver.url('/exact')),
    headers: {},
    body,
    tls: {},
    profile: '',
    timeoutMs: AMPLE_MS,
  });
  expect(receiver.at('/exact')[0]?.body.equals(body)).toBe(true);

  receiver.on('/wait', () => undefined);
  const stop = new AbortController();
  const waiting = client.post({
    url: new URL(receiver.url('/wait')),
    headers: {},
    body,
    tls: {},
    profile: '',
    timeoutMs: AMPLE_MS,
    stop: stop.signal,
  });
  await waitFor(() => receiver.at('/wait')[0], { what: 'the request' });
  stop.abort();
  expect(await waiting).toMatchObject({ failure: 'interrupted' });
});
