import type { AppConfig } from '../../src/config/app-config';
import { CallbackAnswer, CallbackClientService } from '../../src/webhooks/egress/callback-client.service';
import { EgressGuardService } from '../../src/webhooks/egress/egress-guard.service';
import { DnsResolver, NameResolver } from '../../src/webhooks/egress/name-resolver';
import { emptyTestRedis, freePort } from '../support/services';
import { createTestDatabase } from '../support/test-database';
import { CallbackHarness, Json } from './callback-harness';
import { StubNameServer } from './stub-name-server';
import { TestReceiver } from './test-receiver';

/** Names as they are really resolved, from a name server that lies as much as it likes. */
let server: StubNameServer;
let resolver: DnsResolver;
let receiver: TestReceiver;

beforeAll(async () => {
  server = await StubNameServer.start();
  resolver = new DnsResolver([server.address]);
  receiver = await TestReceiver.start();
});

beforeEach(() => {
  server.names.clear();
  server.asked.length = 0;
  receiver.ledger.length = 0;
});

afterAll(async () => {
  await receiver.stop();
  await server.stop();
});

const resolve = (name: string, signal = new AbortController().signal): Promise<string[]> =>
  resolver.addressesOf(name, signal);

describe('a name', () => {
  it.each([
    ['an IPv4 address', { a: ['192.0.2.1'] }, ['192.0.2.1']],
    ['an IPv6 address alone', { aaaa: ['2001:db8::1'] }, ['2001:db8::1']],
    [
      'addresses of both kinds',
      { a: ['192.0.2.1', '192.0.2.2'], aaaa: ['2001:db8::1'] },
      ['192.0.2.1', '192.0.2.2', '2001:db8::1'],
    ],
    [
      'another name with addresses',
      { cname: 'inner.example', a: ['10.0.0.1'], aaaa: ['fd00::1'] },
      ['10.0.0.1', 'fd00::1'],
    ],
  ])('has %s', async (_what, records, expected) => {
    server.names.set('host.example', records);
    expect((await resolve('host.example')).sort()).toEqual(expected.sort());
    expect(server.asked.sort()).toEqual(['host.example A', 'host.example AAAA']);
  });

  it('has what is known of it when the other kind is never answered', async () => {
    server.names.set('half.example', { a: ['192.0.2.1'], drops: ['AAAA'] });
    expect(await resolve('half.example')).toEqual(['192.0.2.1']);
  });

  it.each([
    ['does not exist', { fails: 'NXDOMAIN' as const }, false],
    ['has no address', {}, false],
    ['leads to another without an address', { cname: 'inner.example' }, false],
    ['is of a server that fails', { fails: 'SERVFAIL' as const }, true],
    ['is of a server that will not', { fails: 'REFUSED' as const }, true],
  ])('that %s has none, and it is known whether to try again', async (_what, records, transient) => {
    server.names.set('none.example', records);
    await expect(resolve('none.example')).rejects.toMatchObject({ name: 'NameError', transient });
  });

  it('is given up when the attempt is', async () => {
    server.names.set('silent.example', { drops: ['A', 'AAAA'] });
    const attempt = new AbortController();
    const resolving = resolve('silent.example', attempt.signal);
    attempt.abort();
    await expect(resolving).rejects.toMatchObject({ name: 'NameError', transient: true });
  });

  it.each(['localhost', 'a.localhost'])('that is %s is never asked of a server', async (name) => {
    expect(await resolve(name)).toEqual(['127.0.0.1']);
    expect(server.asked).toEqual([]);
  });
});

describe('a callback by a name', () => {
  const config = { callbackAllowedAddresses: ['127.0.0.0/8'], publicUrl: 'https://us.example', port: 3000 };
  let client: CallbackClientService;

  beforeAll(() => {
    client = new CallbackClientService(new EgressGuardService(config as unknown as AppConfig, resolver));
  });

  afterAll(() => client.onApplicationShutdown());

  const post = (host: string): Promise<CallbackAnswer> =>
    client.post({
      url: new URL(receiver.url('/hook', host)),
      headers: {},
      body: Buffer.from('{}'),
      tls: {},
      profile: '',
      timeoutMs: 60_000,
    });

  it('of which all addresses may be called goes out', async () => {
    server.names.set('good.example', { cname: 'inner.internal', a: ['127.0.0.1'] });
    expect(await post('good.example')).toMatchObject({ failure: null, address: '127.0.0.1' });
  });

  it.each([
    ['one of which is private', { a: ['127.0.0.1', '10.0.0.1'] }],
    ['the IPv6 one of which is private', { a: ['127.0.0.1'], aaaa: ['fd00::1'] }],
    ['that carry a private one inside', { a: ['127.0.0.1'], aaaa: ['64:ff9b::a9fe:a9fe'] }],
    ['behind another name', { cname: 'inner.example', a: ['169.254.169.254'] }],
  ])('is refused for addresses %s', async (_what, records) => {
    server.names.set('bad.example', records);
    expect(await post('bad.example')).toMatchObject({ failure: 'blocked', status: null });
    expect(receiver.ledger).toHaveLength(0);
  });
});

it('a name that is rebound to a private address after it was accepted looks like a closed port', async () => {
  const database = await createTestDatabase();
  const harness = await CallbackHarness.start(
    { databaseUrl: database.url, redisUrl: await emptyTestRedis() },
    { CALLBACK_RETRY_SCHEDULE: '1s', CALLBACK_TIMEOUT_SECONDS: '2' },
  );
  try {
    // The machine's own name servers, but for their address.
    harness.app.get(NameResolver).addressesOf = (name, signal) => resolver.addressesOf(name, signal);
    const client = await harness.client();
    server.names.set('rebound.example', { a: ['127.0.0.1'] });
    const url = receiver.url('/hook', 'rebound.example');
    await client.submit(url);
    await client.allEnded(1);
    expect(receiver.at()).toHaveLength(1);
    const closed = await freePort();
    receiver.on('/hook', (_received, response) => {
      server.names.set('rebound.example', { a: ['169.254.169.254'] });
      response.writeHead(500).end();
    });
    await client.submit(url);
    await client.submit(`http://127.0.0.1:${closed}/hook`);
    await client.allEnded(3);
    const views = await Promise.all(
      (await client.deliveries()).map(
        async ({ id }): Promise<Json> => (await client.call('GET', `/v1/webhooks/deliveries/${id}`)).body,
      ),
    );
    const of = (part: string): Json => views.filter((view) => view.url.includes(part)).at(-1);
    const withoutTimes = (attempt: Json): Json => ({
      ...attempt,
      attempt: null,
      started_at: null,
      next_attempt_at: null,
    });
    const [rebound, refused] = [of('rebound'), of(String(closed))];
    expect(rebound).toMatchObject({ status: 'EXHAUSTED', failure: 'unreachable' });
    expect(withoutTimes(rebound.attempt_log.at(-1))).toEqual(withoutTimes(refused.attempt_log.at(-1)));
    expect(receiver.at()).toHaveLength(2);
  } finally {
    await harness.stop();
    await database.drop();
  }
});
