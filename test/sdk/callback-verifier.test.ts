import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { CallbackVerifier, ConnectionError, VerificationError } from '../../sdk/src/index.ts';
import { publicKeyOf, signatureHeader, type SigningKey } from '../../src/webhooks/signing/standard-webhooks';
import {
  BODY,
  ED25519,
  GOLDEN,
  GOLDEN_V1,
  GOLDEN_V1A,
  HMAC,
  signedRequests,
} from '../webhooks/signed-requests';
import type { Attempt } from '../webhooks/verification-sample';

type Headers3 = Record<string, string | undefined>;

const headersOf = ({ id, timestamp, signatures }: Attempt): Headers3 => ({
  'Webhook-Id': id,
  'Webhook-Timestamp': timestamp,
  'Webhook-Signature': signatures,
});

async function verdict(verifier: CallbackVerifier, attempt: Attempt): Promise<string> {
  try {
    return await verifier.verify(headersOf(attempt), attempt.body);
  } catch (error) {
    if (error instanceof VerificationError) return 'refused';
    throw error;
  }
}

describe.each([
  ['a secret', HMAC, GOLDEN_V1],
  ['a public key', ED25519, GOLDEN_V1A],
])('a callback is verified by %s', (_what, key, golden) => {
  it.each(signedRequests(key, golden))('$what: $genuine', async ({ genuine, attempt }) => {
    expect(await verdict(new CallbackVerifier({ keys: [attempt.key] }), attempt)).toBe(
      genuine ? GOLDEN.id : 'refused',
    );
  });

  it('beside others, while it changes', async () => {
    const { attempt } = signedRequests(key, golden)[0]!;
    const others = [
      `whsec_${Buffer.alloc(24, 3).toString('base64')}`,
      `whpk_${Buffer.alloc(32, 3).toString('base64')}`,
    ];
    expect(await verdict(new CallbackVerifier({ keys: others }), attempt)).toBe('refused');
    expect(await verdict(new CallbackVerifier({ keys: [...others, attempt.key] }), attempt)).toBe(GOLDEN.id);
    expect(await verdict(new CallbackVerifier({ keys: [attempt.key, ...others] }), attempt)).toBe(GOLDEN.id);
  });
});

it('takes the headers of fetch, and tolerates as much time as it is said to', async () => {
  const now = Math.floor(Date.now() / 1_000) - 3_000;
  const headers = new Headers({
    'webhook-id': GOLDEN.id,
    'webhook-timestamp': String(now),
    'webhook-signature': signatureHeader(GOLDEN.id, now, BODY, [HMAC]),
  });
  const { key } = signedRequests(HMAC, GOLDEN_V1)[0]!.attempt;
  await expect(new CallbackVerifier({ keys: [key] }).verify(headers, BODY)).rejects.toThrow('too old');
  expect(await new CallbackVerifier({ keys: [key], toleranceSeconds: 4_000 }).verify(headers, BODY)).toBe(
    GOLDEN.id,
  );
});

it.each([
  ['none at all', {}, 'by `keys`, by `jwks`, or both'],
  ['an empty list', { keys: [] }, 'by `keys`, by `jwks`, or both'],
  ['no key', { keys: ['secret'] }, 'begins with whsec_ or whpk_'],
  ['a secret that is no base64', { keys: ['whsec_*'] }, 'goes on in base64'],
  ['an empty secret', { keys: ['whsec_'] }, 'goes on in base64'],
  ['half a public key', { keys: ['whpk_AAAA'] }, '32 bytes'],
  [
    'the published keys of everybody',
    { jwks: 'https://reports.example.com/.well-known/jwks.json' },
    'name your endpoint',
  ],
])('refuses %s for keys', (_what, options, message) => {
  expect(() => new CallbackVerifier(options)).toThrow(message);
});

describe('published keys', () => {
  let server: Server;
  let published: SigningKey[];
  let asked: number;
  let status: number;
  let jwks: string;

  beforeAll(async () => {
    server = createServer((_request, response) => {
      asked += 1;
      const keys = published.map(({ key }) => ({
        kty: 'OKP',
        crv: 'Ed25519',
        x: publicKeyOf(key).toString('base64url'),
      }));
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    jwks = `http://127.0.0.1:${(server.address() as AddressInfo).port}/.well-known/jwks.json?endpoint_id=1`;
  });
  beforeEach(() => {
    [published, asked, status] = [[ED25519], 0, 200];
  });
  afterEach(() => jest.restoreAllMocks());
  afterAll(() => server.close());

  const another: SigningKey = { scheme: 'v1a', key: Buffer.alloc(32, 9) };
  const sent = (...keys: SigningKey[]): Attempt => {
    const now = Math.floor(Date.now() / 1_000);
    return {
      key: '',
      id: GOLDEN.id,
      timestamp: String(now),
      signatures: signatureHeader(GOLDEN.id, now, BODY, keys),
      body: BODY,
    };
  };

  it('are fetched once, whoever waits for them, and not for a secret', async () => {
    const verifier = new CallbackVerifier({ jwks, keys: [signedRequests(HMAC, GOLDEN_V1)[0]!.attempt.key] });
    expect(await verdict(verifier, sent(HMAC))).toBe(GOLDEN.id);
    expect(asked).toBe(0);
    const verdicts = await Promise.all(Array.from({ length: 5 }, () => verdict(verifier, sent(ED25519))));
    expect(verdicts).toEqual(Array.from({ length: 5 }, () => GOLDEN.id));
    expect(asked).toBe(1);
  });

  it('are fetched again for a key that is new, though not for each that is forged', async () => {
    const clock = jest.spyOn(performance, 'now').mockReturnValue(1_000_000);
    const verifier = new CallbackVerifier({ jwks });
    expect(await verdict(verifier, sent(ED25519))).toBe(GOLDEN.id);
    published = [another];
    expect(await verdict(verifier, sent(another))).toBe('refused');
    expect(asked).toBe(1);
    clock.mockReturnValue(1_010_001);
    expect(await verdict(verifier, sent(another))).toBe(GOLDEN.id);
    expect(await verdict(verifier, sent(ED25519))).toBe('refused');
    expect(asked).toBe(2);
  });

  it('are forgotten after five minutes', async () => {
    const clock = jest.spyOn(performance, 'now').mockReturnValue(1_000_000);
    const verifier = new CallbackVerifier({ jwks });
    expect(await verdict(verifier, sent(ED25519))).toBe(GOLDEN.id);
    published = [another];
    clock.mockReturnValue(1_300_001);
    expect(await verdict(verifier, sent(ED25519))).toBe('refused');
  });

  it('that cannot be had say nothing of the callback', async () => {
    const verifier = new CallbackVerifier({ jwks });
    status = 503;
    await expect(verdict(verifier, sent(ED25519))).rejects.toBeInstanceOf(ConnectionError);
    status = 200;
    expect(await verdict(verifier, sent(ED25519))).toBe(GOLDEN.id);
  });
});
