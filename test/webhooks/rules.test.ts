import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { DataSource } from 'typeorm';
import { emptyTestRedis, freePort, waitFor } from '../support/services';
import { createTestDatabase, TestDatabase } from '../support/test-database';
import { CallbackHarness, Json, TestClient } from './callback-harness';
import { answer, TestReceiver } from './test-receiver';

/** Rules of the deliveries that one client must not be able to break for another, nor an owner for himself. */
const SETTINGS = { CALLBACK_RETRY_SCHEDULE: '1s,1s', CALLBACK_TIMEOUT_SECONDS: '60', LOG_LEVEL: 'error' };

let database: TestDatabase;
let redisUrl: string;
let harness: CallbackHarness;
let receiver: TestReceiver;
let client: TestClient;

beforeAll(async () => {
  database = await createTestDatabase();
  redisUrl = await emptyTestRedis();
  harness = await CallbackHarness.start({ databaseUrl: database.url, redisUrl }, SETTINGS);
  receiver = await TestReceiver.start();
});

beforeEach(async () => {
  client = await harness.client();
  receiver.ledger.length = 0;
});

afterAll(async () => {
  await receiver.stop();
  await harness.stop();
  await database.drop();
});

const register = async (path: string, of = client): Promise<Json> =>
  (await of.call('POST', '/v1/webhooks/endpoints', { url: receiver.url(path) })).body;
const endpoint = async (id: string): Promise<Json> =>
  (await client.call('GET', `/v1/webhooks/endpoints/${id}`)).body;
const delivery = async (id: string): Promise<Json> =>
  (await client.call('GET', `/v1/webhooks/deliveries/${id}`)).body;
const heard = (path: string, count = 1, timeoutMs?: number): Promise<unknown> =>
  waitFor(() => receiver.at(path).length >= count, {
    what: `${count} callback(s) at ${path}`,
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
/** The feed when it has so many events: it hides what comes after any transaction of the cluster that is open. */
const feedOf = (of: TestClient, count: number, after = ''): Promise<Json[]> =>
  waitFor(
    async () => {
      const { body } = await of.call('GET', `/v1/events${after}`);
      return body.data.length >= count && body.data;
    },
    { what: `${count} events in the feed` },
  );
/** Whatever was due before has had its turn when this resolves. */
const othersHadTheirTurn = async (): Promise<void> => {
  const other = await harness.client();
  for (let turn = 1; turn <= 3; turn += 1) {
    await other.submit(receiver.url('/turn'));
    await other.allEnded(turn);
  }
};

describe('an event that cannot be sent', () => {
  it('is set aside, and holds up nobody', async () => {
    // As accepted before the length was checked as it is sent.
    const job = await client.submit(receiver.url('/long'));
    const noise = [...createHash('shake256', { outputLength: 4_000 }).update('noise').digest()].flatMap(
      (byte, index, bytes) => (index % 2 === 0 ? [0x4e00 + ((byte * 256 + bytes[index + 1]!) % 20_000)] : []),
    );
    const spoilt = receiver.url('/') + String.fromCodePoint(...noise);
    await waitFor(async () => (await client.deliveries()).length === 1, { what: 'the first delivery' });
    const events = await harness.database.query<{ id: string; position: string }[]>(
      'SELECT id, position FROM job_event WHERE job_id = $1 AND terminal',
      [job.id],
    );
    await harness.database.query('DELETE FROM webhook_message WHERE id = $1', [events[0]!.id]);
    await harness.database.query('UPDATE job SET callback_url = $2 WHERE id = $1', [job.id, spoilt]);
    await harness.database.query('INSERT INTO webhook_outbox (event_id, position) VALUES ($1, $2)', [
      events[0]!.id,
      events[0]!.position,
    ]);
    const other = await harness.client();
    for (let index = 0; index < 5; index += 1) await other.submit(receiver.url('/bystander'));
    await heard('/bystander', 5);
    const aside = await waitFor(
      async () =>
        (
          await harness.database.query<Json[]>('SELECT * FROM webhook_dead_letter WHERE event_id = $1', [
            events[0]!.id,
          ])
        )[0],
      { what: 'the event to be set aside' },
    );
    expect(aside.error).toMatch(/index row/);
    expect(await harness.database.query('SELECT FROM webhook_outbox')).toEqual([]);
  });
});

describe('a secret that cannot be opened', () => {
  it('fails the attempts at its own endpoint alone', async () => {
    const { id } = await register('/broken-seal');
    await harness.database.query(
      `UPDATE webhook_secret SET sealed = set_byte(sealed, 2, 255 - get_byte(sealed, 2)) WHERE endpoint_id = $1`,
      [id],
    );
    const other = await harness.client();
    const hook = await register('/sealed-well', other);
    await Promise.all(
      Array.from({ length: 5 }, () => [
        client.submit(),
        other.submit(),
        other.submit(receiver.url('/too')),
      ]).flat(),
    );
    await Promise.all([heard('/sealed-well', 5), heard('/too', 5)]);
    await other.allEnded(15);
    await waitFor(async () => (await client.deliveries()).some(({ failure }) => failure === 'internal'), {
      what: 'the failure',
    });
    expect(hook.status).toBe('enabled');
    expect(
      (await other.deliveries()).every(({ state, attempt }) => state === 'DELIVERED' && attempt === 1),
    ).toBe(true);
    const failed = (await client.deliveries()).find(({ failure }) => failure === 'internal');
    const { attempt_log } = await delivery(failed!.id);
    expect(attempt_log[0]).toMatchObject({ outcome: 'internal', detail: 'It could not be signed.' });
    expect(receiver.at('/broken-seal')).toHaveLength(0);
  });
});

describe('one client', () => {
  it('cannot take all slots of a worker, by however many hosts, ports and endpoints', async () => {
    const second = await TestReceiver.start();
    const unanswered: ServerResponse[] = [];
    const pathsOf = (hanging: TestReceiver): string[] =>
      Array.from({ length: 45 }, (_, index) => hanging.url(`/hang/${index}`));
    for (const each of [receiver, second]) {
      for (let i = 0; i < 45; i += 1)
        each.on(`/hang/${i}`, (_received, response) => void unanswered.push(response));
    }
    for (const url of [...pathsOf(receiver), ...pathsOf(second)]) {
      expect((await client.call('POST', '/v1/webhooks/endpoints', { url })).body.status).toBe('enabled');
    }
    await Promise.all(Array.from({ length: 8 }, () => client.submit()));
    const underWay = async (): Promise<number> =>
      (
        await harness.database.query<{ count: number }[]>(
          `SELECT count(*)::int AS count FROM delivery WHERE client_id = $1 AND state = 'DELIVERING'`,
          [client.id],
        )
      )[0]!.count;
    await waitFor(async () => (await underWay()) >= 200, { what: 'its slots to be taken' });
    expect(await underWay()).toBeLessThanOrEqual(256);
    // Its own other hosts are called as well.
    await client.submit(receiver.url('/of-its-own', 'localhost'));
    await heard('/of-its-own', 1, 30_000);
    // On another host: `localhost`, which has shares of its own.
    const other = await harness.client();
    for (let index = 0; index < 5; index += 1) {
      await other.submit(receiver.url('/free', 'localhost'));
      // Long before one of those that hang has timed out.
      await heard('/free', index + 1, 30_000);
    }
    expect(await underWay()).toBeLessThanOrEqual(256);
    for (const { id } of (await client.call('GET', '/v1/webhooks/endpoints?page_size=100')).body.data) {
      await client.call('DELETE', `/v1/webhooks/endpoints/${id}`);
    }
    for (const each of [receiver, second]) {
      for (let i = 0; i < 45; i += 1) each.on(`/hang/${i}`, answer(204));
    }
    for (const response of unanswered) response.writeHead(204).end();
    await client.allEnded(720);
    await second.stop();
  });

  it('keeps no slot while a server that refuses must look like one that says nothing', async () => {
    const port = await freePort();
    const refused = Array.from({ length: 300 }, (_, index) => `http://127.0.0.1:${port}/${index}`);
    await Promise.all(refused.map((url) => client.submit(url)));
    const allTried = async (): Promise<boolean> =>
      (await client.deliveries()).filter(({ attempt }) => attempt === 1).length === refused.length;
    // Long before the time is over in which they may be delivered.
    await waitFor(allTried, { what: 'every one to be tried', timeoutMs: 40_000 });
    await client.submit(receiver.url('/alive'));
    await heard('/alive', 1, 15_000);
  });
});

describe('another URL of an endpoint', () => {
  it('is called for what waited, once it is verified, and is not to blame for the old one', async () => {
    // Whose next attempt is far away, and the destination as a whole may go on.
    receiver.on('/old', (_received, response) => {
      response.writeHead(500, { 'retry-after': '3600' }).end();
    });
    const { id } = await register('/old');
    await client.submit();
    await waitFor(async () => (await client.deliveries()).some(({ failure }) => failure === 'http_status'), {
      what: 'the first outcome',
    });
    receiver.on('/new#verify', answer(404));
    const path = `/v1/webhooks/endpoints/${id}`;
    const moved = await client.call('PATCH', path, { url: receiver.url('/new') });
    expect(moved.body.status).toBe('unverified');
    const before = receiver.at('/old').length;
    await harness.database.query(
      `UPDATE delivery SET due_at = now() WHERE client_id = $1 AND state = 'PENDING'`,
      [client.id],
    );
    await othersHadTheirTurn();
    expect(receiver.at('/old')).toHaveLength(before);
    expect(receiver.at('/new')).toHaveLength(0);
    receiver.on('/new#verify', ({ body }, response) =>
      response.end((JSON.parse(body.toString()) as { data: { challenge: string } }).data.challenge),
    );
    // Ten seconds after the last challenge.
    await harness.database.query(
      `UPDATE webhook_endpoint SET challenge_asked_at = now() - interval '10 s' WHERE id = $1`,
      [id],
    );
    expect((await client.call('POST', `${path}/verify`)).body.status).toBe('enabled');
    await heard('/new');
    await client.allEnded(1);
    const [row] = await client.deliveries();
    expect(row).toMatchObject({ state: 'DELIVERED', url: receiver.url('/new') });
    expect(receiver.at('/old')).toHaveLength(before);
    // And again: the same.
    expect((await client.call('POST', `/v1/webhooks/deliveries/${row!.id}/redeliver`)).status).toBe(202);
    await heard('/new', 2);
  });

  it('does not inherit the failure of an attempt at the old one that was still under way', async () => {
    let fail = (): void => undefined;
    receiver.on('/slow-old', (_received, response) => {
      fail = () => response.writeHead(410).end();
    });
    const { id } = await register('/slow-old');
    await client.submit();
    await heard('/slow-old');
    await client.call('PATCH', `/v1/webhooks/endpoints/${id}`, { url: receiver.url('/young') });
    fail();
    await client.allEnded(1);
    expect(await endpoint(id)).toMatchObject({ status: 'enabled', consecutive_failures: 0 });
  });
});

describe('an endpoint that is removed', () => {
  it('under load goes at once, and leaves nothing waiting', async () => {
    for (let index = 0; index < 10; index += 1) {
      receiver.on(`/busy/${index}`, (_received, response) => {
        setTimeout(() => response.writeHead(index % 2 === 0 ? 204 : 500).end(), 5);
      });
    }
    const hooks = await Promise.all(Array.from({ length: 10 }, (_, index) => register(`/busy/${index}`)));
    const submitted = (async () => {
      for (let round = 0; round < 10; round += 1)
        await Promise.all(Array.from({ length: 10 }, () => client.submit()));
    })();
    await heard('/busy/0', 3);
    const removed = await Promise.all(
      hooks.map(async ({ id }, index) => {
        // One after another, each while it is being called; those that fail are left alone after five.
        await heard(`/busy/${index}`, 1 + Math.floor(index / 3));
        return (await client.call('DELETE', `/v1/webhooks/endpoints/${id}`)).status;
      }),
    );
    await submitted;
    expect(removed).toEqual(Array<number>(10).fill(204));
    await waitFor(
      async () =>
        (await client.deliveries()).every(({ state }) => state === 'DELIVERED' || state === 'EXHAUSTED'),
      { what: 'every delivery to end' },
    );
  });
});

describe('a receiver that asks for a long rest', () => {
  it('gets what waits for it after that, and so does what comes in the meantime', async () => {
    receiver.on('/resting', answer(503, { 'retry-after': '3600' }));
    const { id } = await register('/resting');
    await client.submit();
    await client.submit();
    await waitFor(async () => (await client.deliveries()).some(({ failure }) => failure === 'throttled'), {
      what: 'the first outcome',
    });
    await client.submit();
    await waitFor(async () => (await client.deliveries()).length === 3, { what: 'the third delivery' });
    const rows = await harness.database.query<{ left: number }[]>(
      `SELECT extract(epoch FROM give_up_at - now())::int AS left FROM delivery WHERE endpoint_id = $1`,
      [id],
    );
    for (const { left } of rows) expect(left).toBeGreaterThan(3_600);
  });
});

describe('delivering again', () => {
  it('asks a destination that only failed whether it works again', async () => {
    receiver.on('/mended', answer(500));
    await client.submit(receiver.url('/mended'));
    await client.allEnded(1);
    const [row] = await client.deliveries();
    await harness.database.query(
      `UPDATE webhook_destination SET failures = 9, disabled_reason = 'failing', disabled_at = now(),
         paused_until = now() + interval '1 h' WHERE client_id = $1`,
      [client.id],
    );
    receiver.on('/mended', answer(204));
    const again = await client.call('POST', `/v1/webhooks/deliveries/${row!.id}/redeliver`);
    expect(again.status).toBe(202);
    await client.allEnded(1);
    expect(await delivery(row!.id)).toMatchObject({ status: 'DELIVERED' });
  });

  it('leaves the rest to one that asked for it, and says when it ends', async () => {
    receiver.on('/tired', answer(204));
    await client.submit(receiver.url('/tired'));
    await client.allEnded(1);
    const [row] = await client.deliveries();
    await harness.database.query(
      `UPDATE webhook_destination SET paused_until = now() + interval '1 h' WHERE client_id = $1`,
      [client.id],
    );
    const again = await client.call('POST', `/v1/webhooks/deliveries/${row!.id}/redeliver`);
    expect(again.status).toBe(202);
    expect(Date.parse(again.body.next_attempt_at) - Date.now()).toBeGreaterThan(3_500_000);
  });

  it('is refused while an attempt is under way, and says for how long at most', async () => {
    let finish = (): void => undefined;
    receiver.on('/slow', (_received, response) => {
      finish = () => response.writeHead(204).end();
    });
    await client.submit(receiver.url('/slow'));
    await heard('/slow');
    const [row] = await client.deliveries();
    const refused = await client.call('POST', `/v1/webhooks/deliveries/${row!.id}/redeliver`);
    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'not_redeliverable', reason: 'under_way', detail: 'It is being delivered just now.' },
    });
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThanOrEqual(1);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(await delivery(row!.id)).toMatchObject({ status: 'DELIVERING', attempts: 1 });
    finish();
    await client.allEnded(1);
    expect(await delivery(row!.id)).toMatchObject({ status: 'DELIVERED', attempts: 1 });
    expect(receiver.at('/slow')).toHaveLength(1);
  });

  it('is refused while its endpoint gets no callbacks, and says why', async () => {
    const { id } = await register('/quiet');
    await client.submit();
    await client.allEnded(1);
    const [row] = await client.deliveries();
    const path = `/v1/webhooks/endpoints/${id}`;
    const refusal = async (): Promise<unknown> => {
      const { status, headers, body } = await client.call(
        'POST',
        `/v1/webhooks/deliveries/${row!.id}/redeliver`,
      );
      return [status, body.code, body.reason, headers.get('retry-after')];
    };
    const because = (reason: string): unknown => [409, 'not_redeliverable', reason, null];
    await client.call('PATCH', path, { enabled: false });
    expect(await refusal()).toEqual(because('endpoint_disabled'));
    receiver.on('/quiet-elsewhere#verify', answer(404));
    await client.call('PATCH', path, { enabled: true, url: receiver.url('/quiet-elsewhere') });
    expect(await refusal()).toEqual(because('endpoint_unverified'));
    await client.call('DELETE', path);
    expect(await refusal()).toEqual(because('endpoint_removed'));
    expect(receiver.at('/quiet')).toHaveLength(1);
    expect(await client.deliveries()).toMatchObject([{ state: 'DELIVERED', attempt: 1 }]);
  });
});

describe('a callback_url that has become that of an endpoint since', () => {
  /** A job that ends only after `meanwhile`. */
  const endAfter = async (url: string, meanwhile: () => Promise<void>): Promise<void> => {
    const job = await client.submit(url);
    await waitFor(async () => (await client.deliveries()).length === 1, { what: 'the delivery' });
    await client.allEnded(1);
    await meanwhile();
    // Published once more, as though the job had ended only now.
    const [event] = await harness.database.query<{ id: string; position: string }[]>(
      'SELECT id, position FROM job_event WHERE job_id = $1 AND terminal',
      [job.id],
    );
    receiver.ledger.length = 0;
    await harness.database.query('DELETE FROM webhook_message WHERE id = $1', [event!.id]);
    await harness.database.query('INSERT INTO webhook_outbox (event_id, position) VALUES ($1, $2)', [
      event!.id,
      event!.position,
    ]);
    await client.allEnded(1);
  };

  it('that is not verified is called as before', async () => {
    receiver.on('/became#verify', answer(404));
    await endAfter(receiver.url('/became'), async () => {
      expect((await register('/became')).status).toBe('unverified');
    });
    await heard('/became');
    await client.allEnded(1);
    expect((await client.deliveries())[0]).toMatchObject({ state: 'DELIVERED' });
  });

  it('that is disabled has a delivery that says so', async () => {
    await endAfter(receiver.url('/stopped'), async () => {
      const { id } = await register('/stopped');
      await client.call('PATCH', `/v1/webhooks/endpoints/${id}`, { enabled: false });
    });
    expect((await client.deliveries())[0]).toMatchObject({
      state: 'EXHAUSTED',
      failure: 'endpoint_disabled',
    });
    expect(receiver.at('/stopped')).toHaveLength(0);
  });
});

describe('a URL that is no endpoint', () => {
  it('shows by no time whether it is closed or silent', async () => {
    receiver.on('/silent', () => undefined);
    const own = await createTestDatabase();
    const settings = { ...SETTINGS, CALLBACK_TIMEOUT_SECONDS: '2' };
    const hasty = await CallbackHarness.start({ databaseUrl: own.url, redisUrl }, settings);
    const owner = await hasty.client();
    await owner.submit(receiver.url('/silent'));
    await owner.submit(`http://127.0.0.1:${await freePort()}/closed`);
    await owner.allEnded(2);
    const waits = await Promise.all(
      (await owner.deliveries()).map(async ({ id }) =>
        (await owner.call('GET', `/v1/webhooks/deliveries/${id}`)).body.attempt_log
          .filter((each: Json) => each.next_attempt_at !== null)
          .map((each: Json) => Date.parse(each.next_attempt_at) - Date.parse(each.started_at)),
      ),
    );
    await hasty.stop();
    await own.drop();
    expect(waits.flat()).toHaveLength(4);
    // Two seconds until the one that is silent is given up, and for the closed one too; then 0.8 s at least.
    for (const wait of waits.flat() as number[]) expect(wait).toBeGreaterThanOrEqual(2_700);
  });
});

describe('an owner who disables and enables an endpoint', () => {
  it('reads both in the feed', async () => {
    const { id } = await register('/switched');
    await client.call('PATCH', `/v1/webhooks/endpoints/${id}`, { enabled: false });
    await client.call('PATCH', `/v1/webhooks/endpoints/${id}`, { enabled: true, description: 'x' });
    await client.call('PATCH', `/v1/webhooks/endpoints/${id}`, { enabled: true });
    expect((await feedOf(client, 2)).map(({ type }) => type)).toEqual([
      'webhook.endpoint.disabled',
      'webhook.endpoint.enabled',
    ]);
  });
});

describe('a dump that was restored into another cluster', () => {
  it('keeps the order of the events, hides none, and what happens next comes after them', async () => {
    const own = await createTestDatabase();
    const first = await CallbackHarness.start({ databaseUrl: own.url, redisUrl }, SETTINGS);
    const reader = await first.client('restored');
    for (let index = 0; index < 5; index += 1) await reader.submit(receiver.url('/restored'));
    await reader.allEnded(5);
    const feed = async (of: TestClient, count: number, after = ''): Promise<string[]> =>
      (await feedOf(of, count, after)).map(({ id }) => id);
    const before = await feed(reader, 5);
    expect(before).toHaveLength(5);
    await first.database.query(
      `UPDATE webhook_message SET transaction_id = (transaction_id::text::bigint + 1000000)::text::xid8`,
    );
    expect(await feed(reader, 0)).toEqual([]);
    const versionsOf = (database: DataSource): Promise<unknown[]> =>
      database.query('SELECT id, xmin, ctid, transaction_id FROM webhook_message ORDER BY id');
    const versions = await versionsOf(first.database);
    await first.stop();
    const second = await CallbackHarness.start({ databaseUrl: own.url, redisUrl }, SETTINGS);
    const again = await second.client('restored');
    // However many there were: the start rewrote none of them.
    expect(await versionsOf(second.database)).toEqual(versions);
    expect(await feed(again, 5)).toEqual(before);
    await again.submit(receiver.url('/restored'));
    await again.allEnded(6);
    const after = await feed(again, 1, `?after=${before.at(-1)!}`);
    expect(after).toHaveLength(1);
    expect(await feed(again, 6)).toEqual([...before, ...after]);
    await second.stop();
    // A third start has nothing to mend, and one after another restore begins above what is there by then.
    const third = await CallbackHarness.start({ databaseUrl: own.url, redisUrl }, SETTINGS);
    expect(await feed(await third.client('restored'), 6)).toEqual([...before, ...after]);
    await third.database.query(
      `UPDATE webhook_message SET transaction_id = (transaction_id::text::bigint + 1000000)::text::xid8`,
    );
    await third.stop();
    const fourth = await CallbackHarness.start({ databaseUrl: own.url, redisUrl }, SETTINGS);
    const last = await fourth.client('restored');
    await last.submit(receiver.url('/restored'));
    await last.allEnded(7);
    const all = await feed(last, 7);
    expect(all.slice(0, 6)).toEqual([...before, ...after]);
    await fourth.stop();
    await own.drop();
  });
});
