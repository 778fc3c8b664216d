import { createPublicKey, verify } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { freePort, waitFor } from '../support/services';
import { Json, TestClient } from './callback-harness';
import { answer, Received, TestReceiver } from './test-receiver';
import { callbackStory } from './callback-story';

const story = callbackStory({ CALLBACK_RETRY_SCHEDULE: '1s,1s', CALLBACK_TIMEOUT_SECONDS: '30' });

const register = (body: object = {}): ReturnType<TestClient['call']> =>
  story.client.call('POST', '/v1/webhooks/endpoints', { url: story.receiver.url(), ...body });

const headersOf = ({ headers }: Received): Record<string, string> => ({
  'webhook-id': String(headers['webhook-id']),
  'webhook-timestamp': String(headers['webhook-timestamp']),
  'webhook-signature': String(headers['webhook-signature']),
});

describe('registering an endpoint', () => {
  it('verifies who owns the URL, and answers the secret once', async () => {
    const { status, headers, body } = await register({ event_types: ['test.noop.*'], description: 'mine' });
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/v1/webhooks/endpoints/${body.id}`);
    expect(body).toMatchObject({
      status: 'enabled',
      secret: expect.stringMatching(/^whsec_/),
      description: 'mine',
    });
    const again = await story.client.call('GET', `/v1/webhooks/endpoints/${body.id}`);
    expect(again.body).toMatchObject({ id: body.id, status: 'enabled', url: story.receiver.url() });
    expect(JSON.stringify(again.body)).not.toContain(body.secret);
    expect(JSON.stringify(again.body)).not.toMatch(/"secret"/);
  });

  it('leaves one that does not echo the challenge unverified, and sends it nothing', async () => {
    story.receiver.on('/mute#verify', answer(200, {}, 'yes'));
    const { body } = await register({ url: story.receiver.url('/mute') });
    expect(body.status).toBe('unverified');
    await story.client.submit(story.receiver.url('/other'));
    await story.client.allEnded(1);
    expect(story.receiver.at('/mute')).toHaveLength(0);
    expect((await story.client.call('POST', `/v1/webhooks/endpoints/${body.id}/test`)).status).toBe(409);
    // Nor may it be named by a job.
    await expect(story.client.submit(story.receiver.url('/mute'))).rejects.toMatchObject({
      kind: 'unprocessable',
    });
  });

  it('takes no echo for a proof that comes with the status of a failure', async () => {
    for (const [index, status] of [404, 500, 503, 307].entries()) {
      story.receiver.on(`/echo/${index}#verify`, ({ body }, response) => {
        const { data } = JSON.parse(body.toString()) as { data: { challenge: string } };
        response.writeHead(status).end(JSON.stringify({ challenge: data.challenge }));
      });
      const { body } = await register({ url: story.receiver.url(`/echo/${index}`) });
      expect(body.status).toBe('unverified');
      expect(body.verification_failure).toMatch(new RegExp(` ${status}$`));
    }
  });

  it('signs the challenge as every callback, by the schemes that were chosen', async () => {
    const { body } = await register({ url: story.receiver.url('/signed'), signatures: ['v1', 'v1a'] });
    const challenge = story.receiver.ledger.find(({ path }) => path === '/signed')!;
    const text = challenge.body.toString();
    expect(new Webhook(body.secret).verify(text, headersOf(challenge))).toMatchObject({
      type: 'webhook.endpoint.verification',
      data: { endpoint_id: body.id },
    });
    expect(headersOf(challenge)['webhook-signature']).toMatch(/^v1,\S+ v1a,\S+$/);
    expect(() => new Webhook(`whsec_${'A'.repeat(43)}=`).verify(text, headersOf(challenge))).toThrow();
  });

  it('is not fooled by a server that mirrors requests', async () => {
    story.receiver.on('/mirror#verify', ({ body }, response) => response.writeHead(200).end(body));
    expect((await register({ url: story.receiver.url('/mirror') })).body.status).toBe('unverified');
  });

  it('verifies later, on demand', async () => {
    story.receiver.on('/late#verify', answer(500));
    const { body } = await register({ url: story.receiver.url('/late') });
    expect(body.status).toBe('unverified');
    story.receiver.on('/late#verify', ({ body: challenge }, response) =>
      response.end((JSON.parse(challenge.toString()) as { data: { challenge: string } }).data.challenge),
    );
    const verified = await story.client.call('POST', `/v1/webhooks/endpoints/${body.id}/verify`);
    expect(verified.body).toMatchObject({ status: 'enabled', verification_failure: null });
  });

  it('says why it is not verified, and sends the challenge again at most every ten seconds', async () => {
    story.receiver.on('/wrong#verify', answer(404));
    const { body } = await register({ url: story.receiver.url('/wrong') });
    expect(body).toMatchObject({ status: 'unverified', verification_failure: 'http_status 404' });
    story.receiver.on('/wrong#verify', answer(200, {}, 'hello'));
    const path = `/v1/webhooks/endpoints/${body.id}/verify`;
    expect((await story.client.call('POST', path)).body.verification_failure).toBe('not_echoed');
    const asked = story.receiver.ledger.length;
    const again = await story.client.call('POST', path);
    expect([again.status, again.body.code, again.headers.get('retry-after')]).toEqual([
      429,
      'challenged_just_now',
      '10',
    ]);
    expect(story.receiver.ledger).toHaveLength(asked);
  });

  it('sends the challenge to another URL at most every ten seconds too, and keeps the one it has until then', async () => {
    const { body } = await register({ url: story.receiver.url('/first') });
    const path = `/v1/webhooks/endpoints/${body.id}`;
    expect((await story.client.call('PATCH', path, { url: story.receiver.url('/second') })).status).toBe(200);
    const asked = story.receiver.ledger.length;
    const third = await story.client.call('PATCH', path, {
      url: story.receiver.url('/third'),
      description: 'moved',
    });
    expect([third.status, third.body.code, third.headers.get('retry-after')]).toEqual([
      429,
      'challenged_just_now',
      '10',
    ]);
    expect((await story.client.call('POST', `${path}/verify`)).status).toBe(429);
    expect(story.receiver.ledger).toHaveLength(asked);
    const { body: kept } = await story.client.call('GET', path);
    expect(kept).toMatchObject({ url: story.receiver.url('/second'), status: 'enabled', description: '' });
    // What needs no challenge is changed at any time.
    expect((await story.client.call('PATCH', path, { url: kept.url, description: 'same' })).status).toBe(200);
  });

  it('shows neither by a word nor by the time whether a port is closed or silent', async () => {
    story.receiver.on('/silent#verify', () => undefined);
    const began = Date.now();
    const answers = await Promise.all(
      [story.receiver.url('/silent'), `http://127.0.0.1:${await freePort()}/`].map(async (url) => {
        const { body } = await register({ url });
        return { ms: Date.now() - began, failure: body.verification_failure };
      }),
    );
    expect(answers.map(({ failure }) => failure)).toEqual(['unreachable', 'unreachable']);
    // Both after ten seconds, when the one that is silent is given up: the closed port is known at once.
    for (const { ms } of answers) expect(ms).toBeGreaterThanOrEqual(9_900);
  });

  it('never gives a client more than 100, nor one URL twice, however many ask at the same time', async () => {
    const some = (count: number, url: (index: number) => string): Promise<number[]> =>
      Promise.all(
        Array.from({ length: count }, async (_, index) => (await register({ url: url(index) })).status),
      );
    for (let index = 0; index < 96; index += 24) {
      await some(24, (offset) => story.receiver.url(`/many/${index + offset}`));
    }
    const last = await some(12, (index) => story.receiver.url(`/last/${index}`));
    expect(last.filter((status) => status === 201)).toHaveLength(4);
    expect(last.filter((status) => status === 409)).toHaveLength(8);
    const { body } = await story.client.call('GET', '/v1/webhooks/endpoints?page_size=12');
    const moved = await Promise.all(
      body.data.map(({ id }: Json) =>
        story.client.call('PATCH', `/v1/webhooks/endpoints/${id}`, { url: story.receiver.url('/same') }),
      ),
    );
    expect(moved.map(({ status }: Json) => status).sort()).toEqual([200, ...Array<number>(11).fill(409)]);
  });

  it.each([
    ['a private address', { url: 'https://10.0.0.1/' }, 'url'],
    ['a name of a private network', { url: 'https://intranet/' }, 'url'],
    ['a secret that is none', { secret: 'whsec_short' }, 'secret'],
    ['a secret that is too long', { secret: `whsec_${Buffer.alloc(65, 9).toString('base64')}` }, 'secret'],
    ['a secret of 66 bytes', { secret: `whsec_${Buffer.alloc(66, 9).toString('base64')}` }, 'secret'],
    ['a URL that is too long as it is sent', { url: `https://example.com/${'\u6f22'.repeat(300)}` }, 'url'],
    ['an unknown scheme', { signatures: ['v2'] }, 'signatures'],
    ['a key without its certificate', { client_key: 'x' }, 'client_certificate'],
    ['an authority that is no certificate', { certificate_authority: 'x' }, 'certificate_authority'],
    ['an unknown field', { colour: 'red' }, 'colour'],
  ])('refuses %s and names the field', async (_what, extra, field) => {
    const { status, body } = await register(extra);
    expect(status).toBe(422);
    expect(body.errors[0].field).toBe(field);
  });

  it('says what is most wrong with a field', async () => {
    for (const [extra, message] of [
      [{ url: 5 }, 'url must be a string'],
      [{ event_types: null }, 'event_types must be an array'],
      [
        { event_types: ['Reports!'] },
        'each value in event_types must be *, a type such as orders.report.completed, or orders.report.*',
      ],
    ] as const) {
      expect((await register(extra)).body.errors).toEqual([expect.objectContaining({ message })]);
    }
  });

  it('refuses a URL twice, and gives another client its own', async () => {
    expect((await register()).status).toBe(201);
    expect((await register()).status).toBe(409);
    story.client = await story.harness.client();
    expect((await register()).status).toBe(201);
  });
});

describe('an endpoint', () => {
  it('gets what it subscribed to, once for its URL even when a job names it too', async () => {
    const { body } = await register({ event_types: ['test.noop.completed'] });
    await story.client.submit(story.receiver.url());
    await story.client.submit(undefined, { fail: true });
    await story.client.submit();
    await story.client.allEnded(2);
    expect(story.receiver.at().map((each) => JSON.parse(each.body.toString()).type)).toEqual([
      'test.noop.completed',
      'test.noop.completed',
    ]);
    expect((await story.client.deliveries()).length).toBe(2);
    const log = await story.client.call('GET', `/v1/webhooks/deliveries?endpoint_id=${body.id}`);
    expect(log.body.data).toHaveLength(2);
  });

  it('can verify what it gets with an independent library, by its own secret, and only that', async () => {
    const { body } = await register();
    await story.client.submit();
    const received = await waitFor(() => story.receiver.at()[0], { what: 'the callback' });
    const text = received.body.toString();
    const webhook = new Webhook(body.secret);
    expect(webhook.verify(text, headersOf(received))).toMatchObject({ type: 'test.noop.completed' });
    expect(() => webhook.verify(text.replace('COMPLETED', 'COMPLETEE'), headersOf(received))).toThrow();
    expect(() => new Webhook(`whsec_${'A'.repeat(43)}=`).verify(text, headersOf(received))).toThrow();
    const old = { ...headersOf(received), 'webhook-timestamp': String(Math.floor(Date.now() / 1000) - 600) };
    expect(() => webhook.verify(text, old)).toThrow(/old/);
  });

  it('signs by Ed25519 where it chose that, with the key of /.well-known/jwks.json', async () => {
    const { body } = await register({ signatures: ['v1', 'v1a'] });
    await story.client.submit();
    const received = await waitFor(() => story.receiver.at()[0], { what: 'the callback' });
    const { kid } = body.secrets.find(({ scheme }: { scheme: string }) => scheme === 'v1a');
    const { body: jwks } = await story.client.call('GET', `/.well-known/jwks.json?endpoint_id=${body.id}`);
    const key = jwks.keys.find((each: { kid: string }) => each.kid === kid);
    const {
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': signatures,
    } = headersOf(received);
    const signature = signatures!.split(' ').find((each) => each.startsWith('v1a,'))!;
    const content = Buffer.from(`${id}.${timestamp}.${received.body.toString()}`);
    const publicKey = createPublicKey({ key, format: 'jwk' });
    expect(verify(null, content, publicKey, Buffer.from(signature.slice(4), 'base64'))).toBe(true);
    expect(new Webhook(body.secret).verify(received.body.toString(), headersOf(received))).toBeTruthy();
  });

  it('that rotates an Ed25519 key which has leaked finds the old one in /.well-known/jwks.json no more', async () => {
    const { body } = await register({ signatures: ['v1a'] });
    const kidsOf = (of: Json): string[] => of.secrets.flatMap(({ kid }: Json) => kid ?? []);
    const served = async (): Promise<string[]> =>
      (await story.client.call('GET', `/.well-known/jwks.json?endpoint_id=${body.id}`)).body.keys.map(
        ({ kid }: Json) => kid,
      );
    const path = `/v1/webhooks/endpoints/${body.id}/rotate-secret`;
    const [first] = kidsOf(body);
    const beside = await story.client.call('POST', path);
    const [second] = kidsOf(beside.body).filter((kid) => kid !== first);
    expect(await served()).toEqual([second, first]);
    const alone = await story.client.call('POST', path, { overlap_seconds: 0 });
    const [third] = kidsOf(alone.body);
    expect(kidsOf(alone.body)).toEqual([third]);
    expect(await served()).toEqual([third]);
  });

  it('finds its key among those of all endpoints, however many another client has', async () => {
    const { body } = await register({ signatures: ['v1a'] });
    const [kid] = body.secrets.flatMap((secret: Json) => secret.kid ?? []);
    const greedy = await story.harness.client();
    await story.query(
      `INSERT INTO webhook_secret (id, client_id, scheme, sealed, public_key, expires_at)
       SELECT gen_random_uuid(), $1, 'v1a', '', decode(repeat('00', 32), 'hex'), now() + interval '1 hour'
       FROM generate_series(1, 1200)`,
      [greedy.id],
    );
    const keys = await waitFor(
      async () => {
        const { body: jwks } = await story.client.call('GET', '/.well-known/jwks.json');
        return jwks.keys.length === 1_000 && jwks.keys;
      },
      { what: 'a document with as many keys as it may have' },
    );
    await story.query('DELETE FROM webhook_secret WHERE client_id = $1', [greedy.id]);
    expect(keys.map((key: Json) => key.kid)).toContain(kid);
  });

  it('signs with both secrets after a rotation', async () => {
    const { body } = await register();
    const rotated = await story.client.call('POST', `/v1/webhooks/endpoints/${body.id}/rotate-secret`);
    expect(rotated.status).toBe(200);
    expect(rotated.body.secret).not.toBe(body.secret);
    expect(rotated.body.secrets).toHaveLength(2);
    await story.client.submit();
    const received = await waitFor(() => story.receiver.at()[0], { what: 'the callback' });
    for (const secret of [body.secret, rotated.body.secret]) {
      expect(new Webhook(secret).verify(received.body.toString(), headersOf(received))).toBeTruthy();
    }
    // Whoever rotates again because the answer was lost does not cut off the receiver with the first.
    const third = await story.client.call('POST', `/v1/webhooks/endpoints/${body.id}/rotate-secret`);
    expect(third.body.secrets).toHaveLength(3);
    story.receiver.ledger.length = 0;
    await story.client.submit();
    const later = await waitFor(() => story.receiver.at()[0], { what: 'the second callback' });
    for (const secret of [body.secret, rotated.body.secret, third.body.secret]) {
      expect(new Webhook(secret).verify(later.body.toString(), headersOf(later))).toBeTruthy();
    }
    const ends = third.body.secrets.map(({ expires_at }: Json) => Date.parse(expires_at) - Date.now());
    for (const overlap of ends.slice(1)) expect(overlap).toBeGreaterThan(23 * 3_600_000);
  });

  it('signs with the new secret alone when the old ones have leaked', async () => {
    const { body } = await register();
    const path = `/v1/webhooks/endpoints/${body.id}/rotate-secret`;
    const second = await story.client.call('POST', path);
    const third = await story.client.call('POST', path, { overlap_seconds: 0 });
    expect(third.body.secrets).toHaveLength(1);
    await story.client.submit();
    const received = await waitFor(() => story.receiver.at()[0], { what: 'the callback' });
    const verify = (secret: string) => () =>
      new Webhook(secret).verify(received.body.toString(), headersOf(received));
    expect(verify(third.body.secret)()).toBeTruthy();
    for (const leaked of [body.secret, second.body.secret]) expect(verify(leaked)).toThrow();
    const refused = await story.client.call('POST', path, { overlap_seconds: null });
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ field: 'overlap_seconds' }] } });
  });

  it('keeps all secrets of rotations at the same time, up to ten', async () => {
    const { body } = await register();
    const path = `/v1/webhooks/endpoints/${body.id}/rotate-secret`;
    const answers = await Promise.all(Array.from({ length: 6 }, () => story.client.call('POST', path)));
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(6).fill(200));
    await story.client.submit();
    const received = await waitFor(() => story.receiver.at()[0], { what: 'the callback' });
    for (const secret of [body, ...answers.map((each) => each.body)].map((each: Json) => each.secret)) {
      expect(new Webhook(secret).verify(received.body.toString(), headersOf(received))).toBeTruthy();
    }
    const more = await Promise.all(Array.from({ length: 6 }, () => story.client.call('POST', path)));
    expect(more.map(({ status }) => status).sort()).toEqual([200, 200, 200, 409, 409, 409]);
  });

  it('is signed for by the schemes that it chose, and by no other', async () => {
    const schemesAfter = async (): Promise<string[]> => {
      story.receiver.ledger.length = 0;
      await story.client.submit();
      const received = await waitFor(() => story.receiver.at()[0], { what: 'the callback' });
      const { 'webhook-signature': signatures } = headersOf(received);
      return signatures!.split(' ').map((each) => each.split(',')[0]!);
    };
    const { body } = await register({ signatures: ['v1a'] });
    expect(body.status).toBe('enabled');
    expect(await schemesAfter()).toEqual(['v1a']);
    const path = `/v1/webhooks/endpoints/${body.id}`;
    await story.client.call('PATCH', path, { signatures: ['v1'] });
    expect(await schemesAfter()).toEqual(['v1']);
    await story.client.call('PATCH', path, { signatures: ['v1', 'v1a'] });
    expect(await schemesAfter()).toEqual(['v1', 'v1a']);
  });

  it('gets a test event', async () => {
    const { body } = await register();
    const test = await story.client.call('POST', `/v1/webhooks/endpoints/${body.id}/test`);
    expect(test.status).toBe(202);
    const received = await waitFor(() => story.receiver.at()[0], { what: 'the test event' });
    expect(JSON.parse(received.body.toString())).toMatchObject({ type: 'webhook.test' });
    expect(received.headers['webhook-id']).toBe(test.body.event_id);
    const delivery = await waitFor(
      async () => {
        const { body: view } = await story.client.call('GET', `/v1/webhooks/deliveries/${test.body.id}`);
        return view.status === 'DELIVERED' && view;
      },
      { what: 'the delivery to be recorded' },
    );
    expect(delivery.attempt_log).toEqual([
      expect.objectContaining({
        attempt: 1,
        outcome: 'delivered',
        status: 204,
        address: '127.0.0.1',
        timings: expect.objectContaining({ dns: expect.any(Number), first_byte: expect.any(Number) }),
      }),
    ]);
  });

  it('is changed, stopped, started and removed by its owner', async () => {
    const { body } = await register();
    const path = `/v1/webhooks/endpoints/${body.id}`;
    const off = await story.client.call('PATCH', path, { enabled: false, description: 'resting' });
    expect(off.body).toMatchObject({ status: 'disabled', disabled_reason: 'owner', description: 'resting' });
    await story.client.submit(story.receiver.url('/other'));
    await story.client.allEnded(1);
    expect(story.receiver.at()).toHaveLength(0);
    expect((await story.client.call('PATCH', path, { enabled: true })).body.status).toBe('enabled');
    await story.client.submit();
    await waitFor(() => story.receiver.at()[0], { what: 'the callback' });
    story.receiver.on('/moved#verify', answer(404));
    const moved = await story.client.call('PATCH', path, { url: story.receiver.url('/moved') });
    expect(moved.body).toMatchObject({ status: 'unverified', url: story.receiver.url('/moved') });
    expect((await story.client.call('DELETE', path)).status).toBe(204);
    expect((await story.client.call('GET', path)).status).toBe(404);
    expect(
      (await story.client.call('GET', `/v1/webhooks/deliveries?endpoint_id=${body.id}`)).body.data,
    ).toHaveLength(1);
  });

  it('and its deliveries do not exist for another client', async () => {
    const { body } = await register();
    const test = await story.client.call('POST', `/v1/webhooks/endpoints/${body.id}/test`);
    const other = await story.harness.client();
    for (const [method, path] of [
      ['GET', `/v1/webhooks/endpoints/${body.id}`],
      ['PATCH', `/v1/webhooks/endpoints/${body.id}`],
      ['DELETE', `/v1/webhooks/endpoints/${body.id}`],
      ['POST', `/v1/webhooks/endpoints/${body.id}/rotate-secret`],
      ['POST', `/v1/webhooks/endpoints/${body.id}/verify`],
      ['POST', `/v1/webhooks/endpoints/${body.id}/test`],
      ['GET', `/v1/webhooks/deliveries/${test.body.id}`],
      ['POST', `/v1/webhooks/deliveries/${test.body.id}/redeliver`],
    ] as const) {
      const { status } = await other.call(method, path, method === 'PATCH' ? { enabled: false } : undefined);
      expect([method, path, status]).toEqual([method, path, 404]);
    }
    expect((await other.call('GET', '/v1/webhooks/endpoints')).body.data).toEqual([]);
    expect((await other.call('GET', '/v1/webhooks/deliveries')).body.data).toEqual([]);
    expect((await other.call('GET', '/v1/events')).body.data).toEqual([]);
    expect((await other.call('GET', `/v1/events?after=${test.body.event_id}`)).status).toBe(410);
  });
});

describe('a callback_url that is no endpoint', () => {
  it('is signed with the secret of the client, which can be rotated', async () => {
    const { body } = await story.client.call('POST', '/v1/webhooks/signing-secret/rotate');
    await story.client.submit(story.receiver.url());
    const received = await waitFor(() => story.receiver.at()[0], { what: 'the callback' });
    expect(new Webhook(body.secret).verify(received.body.toString(), headersOf(received))).toBeTruthy();
    const shown = await story.client.call('GET', '/v1/webhooks/signing-secret');
    expect(shown.body.secrets).toHaveLength(1);
    expect(JSON.stringify(shown.body)).not.toContain('whsec_');
  });

  it('may be limited to the origins of endpoints that are verified and enabled', async () => {
    await story.client.call('PUT', '/v1/webhooks/settings', { unregistered_callbacks: 'verified_origins' });
    const refusal = expect.objectContaining({
      details: {
        errors: [
          {
            field: 'callback_url',
            message: 'callback_url must be on the origin of an endpoint that is verified and enabled',
          },
        ],
      },
    });
    const isRefused = (): Promise<void> =>
      expect(story.client.submit(story.receiver.url('/anything'))).rejects.toEqual(refusal);
    story.receiver.on('/unproven#verify', answer(404));
    await register({ url: story.receiver.url('/unproven') });
    await isRefused();
    const { body } = await register();
    await story.client.submit(story.receiver.url('/anything'));
    const other = await TestReceiver.start();
    await expect(story.client.submit(other.url())).rejects.toEqual(refusal);
    await other.stop();
    const path = `/v1/webhooks/endpoints/${body.id}`;
    await story.client.call('PATCH', path, { enabled: false });
    await isRefused();
    // One that fails gets its callbacks when it works again.
    await story.client.call('PATCH', path, { enabled: true });
    await story.query(
      `UPDATE webhook_destination SET disabled_reason = 'failing', disabled_at = now() WHERE id = $1`,
      [body.id],
    );
    await story.client.submit(story.receiver.url('/anything'));
    await story.client.call('DELETE', path);
    await isRefused();
  });
});
