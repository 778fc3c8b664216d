import { waitFor } from '../support/services';
import { createTestDatabase } from '../support/test-database';
import { CallbackHarness, Json } from './callback-harness';
import { callbackStory } from './callback-story';
import { type Received, TestReceiver } from './test-receiver';

/** Headers that an endpoint's owner wants sent, to a gateway before a receiver for one. */
const story = callbackStory();

const KEY = 'Basic c2VjcmV0OmdhdGV3YXk=';

/** Every row of every table, as a dump has it. */
async function dump(): Promise<string> {
  const tables = await story.query<{ name: string }[]>(
    `SELECT format('%I', table_name) AS name FROM information_schema.tables
     WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
  );
  const rows = await Promise.all(
    tables.map(({ name }) => story.query<{ row: string }[]>(`SELECT t::text AS row FROM ${name} t`)),
  );
  return rows
    .flat()
    .map(({ row }) => row)
    .join('\n');
}

const challengeAt = (path: string): Received | undefined =>
  story.receiver.ledger.findLast(
    (received) => received.path === path && received.body.includes('"webhook.endpoint.verification"'),
  );

it('come with the challenge and with every callback, beside ours', async () => {
  const endpoint = await story.register('/gateway', {
    headers: { Authorization: KEY, 'X-Tenant': 'shop 7', 'User-Agent': 'shop-hooks/2' },
  });
  const own = { authorization: KEY, 'x-tenant': 'shop 7', 'user-agent': 'shop-hooks/2' };
  expect(challengeAt('/gateway')!.headers).toMatchObject(own);
  await story.client.submit();
  await story.called('/gateway');
  const [received] = story.receiver.at('/gateway');
  expect(received!.headers).toMatchObject({
    ...own,
    'content-type': 'application/json',
    'webhook-id': expect.any(String),
    'webhook-signature': expect.stringMatching(/^v1,/),
  });
  // No name comes twice.
  const names = received!.headers;
  expect(Object.values(names).flat()).toHaveLength(Object.keys(names).length);
  expect(endpoint.header_names).toEqual(['authorization', 'user-agent', 'x-tenant']);
});

it('are sent to that endpoint alone', async () => {
  await story.register('/with', { headers: { Authorization: KEY } });
  await story.register('/without');
  await story.client.submit(story.receiver.url('/neither'));
  await Promise.all(['/with', '/without', '/neither'].map((path) => story.called(path)));
  const sent = (path: string): unknown => story.receiver.at(path)[0]!.headers.authorization;
  expect(['/with', '/without', '/neither'].map(sent)).toEqual([KEY, undefined, undefined]);
});

it('are changed as a whole, and stay where they are not mentioned', async () => {
  const { id } = await story.register('/changing', { headers: { 'X-One': '1', 'X-Two': '2' } });
  const path = `/v1/webhooks/endpoints/${id}`;
  const change = async (body: object): Promise<Json> => (await story.client.call('PATCH', path, body)).body;
  expect((await change({ description: 'the same' })).header_names).toEqual(['x-one', 'x-two']);
  expect((await change({ headers: { 'X-Three': '3' } })).header_names).toEqual(['x-three']);
  await story.client.submit();
  await story.called('/changing');
  const { headers } = story.receiver.at('/changing')[0]!;
  expect([headers['x-one'], headers['x-two'], headers['x-three']]).toEqual([undefined, undefined, '3']);
  expect((await change({ headers: null })).header_names).toEqual([]);
  expect((await change({ headers: { 'X-Four': '4' } })).header_names).toEqual(['x-four']);
  expect((await change({ headers: {} })).header_names).toEqual([]);
  await story.client.submit();
  await story.called('/changing', 2);
  expect(story.receiver.at('/changing')[1]!.headers).not.toHaveProperty('x-three');
});

it('do not follow an endpoint to another origin unless they are given again', async () => {
  const { id } = await story.register('/moving', { headers: { 'X-Api-Key': KEY } });
  const path = `/v1/webhooks/endpoints/${id}`;
  const elsewhere = await TestReceiver.start();
  try {
    const refused = await story.client.call('PATCH', path, { url: elsewhere.url('/theirs') });
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ field: 'headers' }] } });
    expect(elsewhere.ledger).toEqual([]);
    const moved = await story.client.call('PATCH', path, { url: elsewhere.url('/theirs'), headers: null });
    expect(moved.body).toMatchObject({ url: elsewhere.url('/theirs'), header_names: [] });
    expect(elsewhere.ledger.map(({ headers }) => headers['x-api-key'])).toEqual([undefined]);
  } finally {
    await elsewhere.stop();
  }
  const { id: near } = await story.register('/near', { headers: { 'X-Api-Key': KEY } });
  const kept = await story.client.call('PATCH', `/v1/webhooks/endpoints/${near}`, {
    url: story.receiver.url('/nearby'),
  });
  expect(kept.body.header_names).toEqual(['x-api-key']);
  expect(challengeAt('/nearby')!.headers['x-api-key']).toBe(KEY);
});

it('have values that are shown nowhere, and stand nowhere in the database', async () => {
  const secret = 'never-to-be-seen-again';
  const registered = await story.register('/hidden', { headers: { 'X-Api-Key': secret } });
  const changed = await story.client.call('PATCH', `/v1/webhooks/endpoints/${registered.id}`, {
    headers: { 'X-Api-Key': `${secret}-2` },
  });
  const refused = await story.client.call('PATCH', `/v1/webhooks/endpoints/${registered.id}`, {
    headers: { 'X-Api-Key': `${secret}\n` },
  });
  // It answers with all that it was sent.
  story.receiver.on('/hidden', ({ headers }, response) =>
    response.writeHead(200).end(JSON.stringify(headers)),
  );
  await story.client.submit();
  await story.client.allEnded(1);
  const [row] = await story.client.deliveries();
  const shown = [
    registered,
    changed.body,
    refused.body,
    await story.client.endpoint(registered.id),
    (await story.client.call('GET', '/v1/webhooks/endpoints')).body,
    await story.client.delivery(row!.id),
  ];
  expect(refused).toMatchObject({ status: 422, body: { errors: [{ field: 'headers' }] } });
  expect(JSON.stringify(shown)).toContain('x-api-key');
  expect(JSON.stringify(shown)).not.toContain(secret);
  const stored = await dump();
  expect(stored).toContain('x-api-key');
  for (const form of [secret, Buffer.from(secret).toString('hex'), Buffer.from(secret).toString('base64')])
    expect(stored).not.toContain(form);
  const audited = await story.query<{ details: Json }[]>(
    `SELECT details FROM audit_entry WHERE action = 'endpoint.changed' AND client_id = $1`,
    [story.client.id],
  );
  expect(audited).toEqual([{ details: { endpoint_id: registered.id, fields: ['headers'] } }]);
});

it.each([
  ['Host', 'elsewhere'],
  ['Connection', 'close'],
  ['transfer-encoding', 'chunked'],
  ['Content-Length', '5'],
  ['WebHook-Signature', 'v1,forged'],
  ['X-Key', 'a\r\nwebhook-id: forged'],
  ['X Key', 'a'],
  ['X-Key', 7],
])('refuse %s: %j and name the field', async (name, value) => {
  const { status, body } = await story.client.call('POST', '/v1/webhooks/endpoints', {
    url: story.receiver.url('/refused'),
    headers: { [name]: value },
  });
  expect([status, body.errors]).toEqual([
    422,
    [{ field: 'headers', message: expect.stringMatching(/^headers must/) }],
  ]);
  expect(challengeAt('/refused')).toBeUndefined();
});

it('are sealed anew under another master key, and do not open in another place', async () => {
  const own = await createTestDatabase();
  const services = { databaseUrl: own.url, redisUrl: story.redisUrl };
  const [old, current] = [Buffer.alloc(32, 3).toString('base64'), Buffer.alloc(32, 4).toString('base64')];
  const first = await CallbackHarness.start(services, { WEBHOOK_MASTER_KEYS: old });
  const owner = await first.client('with headers');
  await owner.call('POST', '/v1/webhooks/endpoints', {
    url: story.receiver.url('/resealed'),
    headers: { Authorization: KEY },
  });
  const sealed = async (of: CallbackHarness): Promise<Buffer> =>
    (await of.database.query('SELECT headers FROM webhook_endpoint'))[0].headers;
  const before = await sealed(first);
  await first.stop();
  const second = await CallbackHarness.start(services, { WEBHOOK_MASTER_KEYS: `${current},${old}` });
  expect(await sealed(second)).not.toEqual(before);
  await second.stop();
  const third = await CallbackHarness.start(services, { WEBHOOK_MASTER_KEYS: current, LOG_LEVEL: 'error' });
  try {
    const again = await third.client('with headers');
    await again.submit();
    const received = await waitFor(() => story.receiver.at('/resealed')[0], { what: 'the callback' });
    expect(received.headers.authorization).toBe(KEY);
    await third.database.query('UPDATE webhook_endpoint SET client_key = headers, client_certificate = $1', [
      'none',
    ]);
    await again.submit();
    const failed = await waitFor(
      async () => (await again.deliveries()).find(({ failure }) => failure !== null),
      { what: 'an attempt that cannot be made' },
    );
    expect(failed).toMatchObject({ failure: 'internal' });
    expect(story.receiver.at('/resealed')).toHaveLength(1);
  } finally {
    await third.stop();
    await own.drop();
  }
});
