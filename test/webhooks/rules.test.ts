import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { DataSource } from 'typeorm';
import { freePort, waitFor } from '../support/services';
import { createTestDatabase } from '../support/test-database';
import { CallbackHarness, Json, TestClient } from './callback-harness';
import { answer, TestReceiver } from './test-receiver';
import { callbackStory } from './callback-story';

/** Rules of the deliveries that one client must not be able to break for another, nor an owner for himself. */
const SETTINGS = { CALLBACK_RETRY_SCHEDULE: '1s,1s', CALLBACK_TIMEOUT_SECONDS: '60', LOG_LEVEL: 'error' };

const story = callbackStory(SETTINGS);

describe('an event that cannot be sent', () => {
  it('is set aside, and holds up nobody', async () => {
    // As accepted before the length was checked as it is sent.
    const job = await story.client.submit(story.receiver.url('/long'));
    const noise = [...createHash('shake256', { outputLength: 4_000 }).update('noise').digest()].flatMap(
      (byte, index, bytes) => (index % 2 === 0 ? [0x4e00 + ((byte * 256 + bytes[index + 1]!) % 20_000)] : []),
    );
    const spoilt = story.receiver.url('/') + String.fromCodePoint(...noise);
    await waitFor(async () => (await story.client.deliveries()).length === 1, { what: 'the first delivery' });
    const events = await story.query<{ id: string; position: string }[]>(
      'SELECT id, position FROM job_event WHERE job_id = $1 AND terminal',
      [job.id],
    );
    await story.query('DELETE FROM webhook_message WHERE id = $1', [events[0]!.id]);
    await story.query('UPDATE job SET callback_url = $2 WHERE id = $1', [job.id, spoilt]);
    await story.query('INSERT INTO webhook_outbox (event_id, position) VALUES ($1, $2)', [
      events[0]!.id,
      events[0]!.position,
    ]);
    const other = await story.harness.client();
    for (let index = 0; index < 5; index += 1) await other.submit(story.receiver.url('/bystander'));
    await story.called('/bystander', 5);
    const aside = await waitFor(
      async () =>
        (
          await story.query<Json[]>('SELECT * FROM webhook_dead_letter WHERE event_id = $1', [events[0]!.id])
        )[0],
      { what: 'the event to be set aside' },
    );
    expect(aside.error).toMatch(/index row/);
    expect(await story.query('SELECT FROM webhook_outbox')).toEqual([]);
  });
});

describe('a secret that cannot be opened', () => {
  it('fails the attempts at its own endpoint alone', async () => {
    const { id } = await story.register('/broken-seal');
    await story.query(
      `UPDATE webhook_secret SET sealed = set_byte(sealed, 2, 255 - get_byte(sealed, 2)) WHERE endpoint_id = $1`,
      [id],
    );
    const other = await story.harness.client();
    const hook = await story.register('/sealed-well', {}, other);
    await Promise.all(
      Array.from({ length: 5 }, () => [
        story.client.submit(),
        other.submit(),
        other.submit(story.receiver.url('/too')),
      ]).flat(),
    );
    await Promise.all([story.called('/sealed-well', 5), story.called('/too', 5)]);
    await other.allEnded(15);
    await waitFor(
      async () => (await story.client.deliveries()).some(({ failure }) => failure === 'internal'),
      {
        what: 'the failure',
      },
    );
    expect(hook.status).toBe('enabled');
    expect(
      (await other.deliveries()).every(({ state, attempt }) => state === 'DELIVERED' && attempt === 1),
    ).toBe(true);
    const failed = (await story.client.deliveries()).find(({ failure }) => failure === 'internal');
    const { attempt_log } = await story.client.delivery(failed!.id);
    expect(attempt_log[0]).toMatchObject({ outcome: 'internal', detail: 'It could not be signed.' });
    expect(story.receiver.at('/broken-seal')).toHaveLength(0);
  });
});

describe('one client', () => {
  it('cannot take all slots of a worker, by however many hosts, ports and endpoints', async () => {
    const second = await TestReceiver.start();
    const unanswered: ServerResponse[] = [];
    const pathsOf = (hanging: TestReceiver): string[] =>
      Array.from({ length: 45 }, (_, index) => hanging.url(`/hang/${index}`));
    for (const each of [story.receiver, second]) {
      for (let i = 0; i < 45; i += 1)
        each.on(`/hang/${i}`, (_received, response) => void unanswered.push(response));
    }
    for (const url of [...pathsOf(story.receiver), ...pathsOf(second)]) {
      expect((await story.client.call('POST', '/v1/webhooks/endpoints', { url })).body.status).toBe(
        'enabled',
      );
    }
    await Promise.all(Array.from({ length: 8 }, () => story.client.submit()));
    const underWay = async (): Promise<number> =>
      (
        await story.query<{ count: number }[]>(
          `SELECT count(*)::int AS count FROM delivery WHERE client_id = $1 AND state = 'DELIVERING'`,
          [story.client.id],
        )
      )[0]!.count;
    await waitFor(async () => (await underWay()) >= 200, { what: 'its slots to be taken' });
    expect(await underWay()).toBeLessThanOrEqual(256);
    // Its own other hosts are called as well.
    await story.client.submit(story.receiver.url('/of-its-own', 'localhost'));
    await story.called('/of-its-own', 1, 30_000);
    // On another host: `localhost`, which has shares of its own.
    const other = await story.harness.client();
    for (let index = 0; index < 5; index += 1) {
      await other.submit(story.receiver.url('/free', 'localhost'));
      // Long before one of those that hang has timed out.
      await story.called('/free', index + 1, 30_000);
    }
    expect(await underWay()).toBeLessThanOrEqual(256);
    for (const { id } of (await story.client.call('GET', '/v1/webhooks/endpoints?page_size=100')).body.data) {
      await story.client.call('DELETE', `/v1/webhooks/endpoints/${id}`);
    }
    for (const each of [story.receiver, second]) {
      for (let i = 0; i < 45; i += 1) each.on(`/hang/${i}`, answer(204));
    }
    for (const response of unanswered) response.writeHead(204).end();
    await story.client.allEnded(720);
    await second.stop();
  });

  it('keeps no slot while a server that refuses must look like one that says nothing', async () => {
    const port = await freePort();
    const refused = Array.from({ length: 300 }, (_, index) => `http://127.0.0.1:${port}/${index}`);
    await Promise.all(refused.map((url) => story.client.submit(url)));
    const allTried = async (): Promise<boolean> =>
      (await story.client.deliveries()).filter(({ attempt }) => attempt === 1).length === refused.length;
    // Long before the time is over in which they may be delivered.
    await waitFor(allTried, { what: 'every one to be tried', timeoutMs: 40_000 });
    await story.client.submit(story.receiver.url('/alive'));
    await story.called('/alive', 1, 15_000);
  });
});

describe('another URL of an endpoint', () => {
  it('is called for what waited, once it is verified, and is not to blame for the old one', async () => {
    // Whose next attempt is far away, and the destination as a whole may go on.
    story.receiver.on('/old', (_received, response) => {
      response.writeHead(500, { 'retry-after': '3600' }).end();
    });
    const { id } = await story.register('/old');
    await story.client.submit();
    await waitFor(
      async () => (await story.client.deliveries()).some(({ failure }) => failure === 'http_status'),
      {
        what: 'the first outcome',
      },
    );
    story.receiver.on('/new#verify', answer(404));
    const path = `/v1/webhooks/endpoints/${id}`;
    const moved = await story.client.call('PATCH', path, { url: story.receiver.url('/new') });
    expect(moved.body.status).toBe('unverified');
    const before = story.receiver.at('/old').length;
    await story.query(`UPDATE delivery SET due_at = now() WHERE client_id = $1 AND state = 'PENDING'`, [
      story.client.id,
    ]);
    await story.othersAreDelivered();
    expect(story.receiver.at('/old')).toHaveLength(before);
    expect(story.receiver.at('/new')).toHaveLength(0);
    story.receiver.on('/new#verify', ({ body }, response) =>
      response.end((JSON.parse(body.toString()) as { data: { challenge: string } }).data.challenge),
    );
    // Ten seconds after the last challenge.
    await story.query(
      `UPDATE webhook_endpoint SET challenge_asked_at = now() - interval '10 s' WHERE id = $1`,
      [id],
    );
    expect((await story.client.call('POST', `${path}/verify`)).body.status).toBe('enabled');
    await story.called('/new');
    await story.client.allEnded(1);
    const [row] = await story.client.deliveries();
    expect(row).toMatchObject({ state: 'DELIVERED', url: story.receiver.url('/new') });
    expect(story.receiver.at('/old')).toHaveLength(before);
    // And again: the same.
    expect((await story.client.call('POST', `/v1/webhooks/deliveries/${row!.id}/redeliver`)).status).toBe(
      202,
    );
    await story.called('/new', 2);
  });

  it('does not inherit the failure of an attempt at the old one that was still under way', async () => {
    let fail = (): void => undefined;
    story.receiver.on('/slow-old', (_received, response) => {
      fail = () => response.writeHead(410).end();
    });
    const { id } = await story.register('/slow-old');
    await story.client.submit();
    await story.called('/slow-old');
    await story.client.call('PATCH', `/v1/webhooks/endpoints/${id}`, { url: story.receiver.url('/young') });
    fail();
    await story.client.allEnded(1);
    expect(await story.client.endpoint(id)).toMatchObject({ status: 'enabled', consecutive_failures: 0 });
  });
});

describe('an endpoint that is removed', () => {
  it('under load goes at once, and leaves nothing waiting', async () => {
    for (let index = 0; index < 10; index += 1) {
      story.receiver.on(`/busy/${index}`, (_received, response) => {
        setTimeout(() => response.writeHead(index % 2 === 0 ? 204 : 500).end(), 5);
      });
    }
    const hooks = await Promise.all(
      Array.from({ length: 10 }, (_, index) => story.register(`/busy/${index}`)),
    );
    const submitted = (async () => {
      for (let round = 0; round < 10; round += 1)
        await Promise.all(Array.from({ length: 10 }, () => story.client.submit()));
    })();
    await story.called('/busy/0', 3);
    const removed = await Promise.all(
      hooks.map(async ({ id }, index) => {
        // One after another, each while it is being called; those that fail are left alone after five.
        await story.called(`/busy/${index}`, 1 + Math.floor(index / 3));
        return (await story.client.call('DELETE', `/v1/webhooks/endpoints/${id}`)).status;
      }),
    );
    await submitted;
    expect(removed).toEqual(Array<number>(10).fill(204));
    await waitFor(
      async () =>
        (await story.client.deliveries()).every(
          ({ state }) => state === 'DELIVERED' || state === 'EXHAUSTED',
        ),
      { what: 'every delivery to end' },
    );
  });
});

describe('a receiver that asks for a long rest', () => {
  it('gets what waits for it after that, and so does what comes in the meantime', async () => {
    story.receiver.on('/resting', answer(503, { 'retry-after': '3600' }));
    const { id } = await story.register('/resting');
    await story.client.submit();
    await story.client.submit();
    await waitFor(
      async () => (await story.client.deliveries()).some(({ failure }) => failure === 'throttled'),
      {
        what: 'the first outcome',
      },
    );
    await story.client.submit();
    await waitFor(async () => (await story.client.deliveries()).length === 3, { what: 'the third delivery' });
    const rows = await story.query<{ left: number }[]>(
      `SELECT extract(epoch FROM give_up_at - now())::int AS left FROM delivery WHERE endpoint_id = $1`,
      [id],
    );
    for (const { left } of rows) expect(left).toBeGreaterThan(3_600);
  });
});

describe('delivering again', () => {
  it('asks a destination that only failed whether it works again', async () => {
    story.receiver.on('/mended', answer(500));
    await story.client.submit(story.receiver.url('/mended'));
    await story.client.allEnded(1);
    const [row] = await story.client.deliveries();
    await story.query(
      `UPDATE webhook_destination SET failures = 9, disabled_reason = 'failing', disabled_at = now(),
         paused_until = now() + interval '1 h' WHERE client_id = $1`,
      [story.client.id],
    );
    story.receiver.on('/mended', answer(204));
    const again = await story.client.call('POST', `/v1/webhooks/deliveries/${row!.id}/redeliver`);
    expect(again.status).toBe(202);
    await story.client.allEnded(1);
    expect(await story.client.delivery(row!.id)).toMatchObject({ status: 'DELIVERED' });
  });

  it('leaves the rest to one that asked for it, and says when it ends', async () => {
    story.receiver.on('/tired', answer(204));
    await story.client.submit(story.receiver.url('/tired'));
    await story.client.allEnded(1);
    const [row] = await story.client.deliveries();
    await story.query(
      `UPDATE webhook_destination SET paused_until = now() + interval '1 h' WHERE client_id = $1`,
      [story.client.id],
    );
    const again = await story.client.call('POST', `/v1/webhooks/deliveries/${row!.id}/redeliver`);
    expect(again.status).toBe(202);
    expect(Date.parse(again.body.next_attempt_at) - Date.now()).toBeGreaterThan(3_500_000);
  });

  it('is refused while an attempt is under way, and says for how long at most', async () => {
    let finish = (): void => undefined;
    story.receiver.on('/slow', (_received, response) => {
      finish = () => response.writeHead(204).end();
    });
    await story.client.submit(story.receiver.url('/slow'));
    await story.called('/slow');
    const [row] = await story.client.deliveries();
    const refused = await story.client.call('POST', `/v1/webhooks/deliveries/${row!.id}/redeliver`);
    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'not_redeliverable', reason: 'under_way', detail: 'It is being delivered just now.' },
    });
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThanOrEqual(1);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(await story.client.delivery(row!.id)).toMatchObject({ status: 'DELIVERING', attempts: 1 });
    finish();
    await story.client.allEnded(1);
    expect(await story.client.delivery(row!.id)).toMatchObject({ status: 'DELIVERED', attempts: 1 });
    expect(story.receiver.at('/slow')).toHaveLength(1);
  });

  it('is refused while its endpoint gets no callbacks, and says why', async () => {
    const { id } = await story.register('/quiet');
    await story.client.submit();
    await story.client.allEnded(1);
    const [row] = await story.client.deliveries();
    const path = `/v1/webhooks/endpoints/${id}`;
    const refusal = async (): Promise<unknown> => {
      const { status, headers, body } = await story.client.call(
        'POST',
        `/v1/webhooks/deliveries/${row!.id}/redeliver`,
      );
      return [status, body.code, body.reason, headers.get('retry-after')];
    };
    const because = (reason: string): unknown => [409, 'not_redeliverable', reason, null];
    await story.client.call('PATCH', path, { enabled: false });
    expect(await refusal()).toEqual(because('endpoint_disabled'));
    story.receiver.on('/quiet-elsewhere#verify', answer(404));
    await story.client.call('PATCH', path, { enabled: true, url: story.receiver.url('/quiet-elsewhere') });
    expect(await refusal()).toEqual(because('endpoint_unverified'));
    await story.client.call('DELETE', path);
    expect(await refusal()).toEqual(because('endpoint_removed'));
    expect(story.receiver.at('/quiet')).toHaveLength(1);
    expect(await story.client.deliveries()).toMatchObject([{ state: 'DELIVERED', attempt: 1 }]);
  });
});

describe('a callback_url that has become that of an endpoint since', () => {
  /** A job that ends only after `meanwhile`. */
  const endAfter = async (url: string, meanwhile: () => Promise<void>): Promise<void> => {
    const job = await story.client.submit(url);
    await waitFor(async () => (await story.client.deliveries()).length === 1, { what: 'the delivery' });
    await story.client.allEnded(1);
    await meanwhile();
    // Published once more, as though the job had ended only now.
    const [event] = await story.query<{ id: string; position: string }[]>(
      'SELECT id, position FROM job_event WHERE job_id = $1 AND terminal',
      [job.id],
    );
    story.receiver.ledger.length = 0;
    await story.query('DELETE FROM webhook_message WHERE id = $1', [event!.id]);
    await story.query('INSERT INTO webhook_outbox (event_id, position) VALUES ($1, $2)', [
      event!.id,
      event!.position,
    ]);
    await story.client.allEnded(1);
  };

  it('that is not verified is called as before', async () => {
    story.receiver.on('/became#verify', answer(404));
    await endAfter(story.receiver.url('/became'), async () => {
      expect((await story.register('/became')).status).toBe('unverified');
    });
    await story.called('/became');
    await story.client.allEnded(1);
    expect((await story.client.deliveries())[0]).toMatchObject({ state: 'DELIVERED' });
  });

  it('that is disabled has a delivery that says so', async () => {
    await endAfter(story.receiver.url('/stopped'), async () => {
      const { id } = await story.register('/stopped');
      await story.client.call('PATCH', `/v1/webhooks/endpoints/${id}`, { enabled: false });
    });
    expect((await story.client.deliveries())[0]).toMatchObject({
      state: 'EXHAUSTED',
      failure: 'endpoint_disabled',
    });
    expect(story.receiver.at('/stopped')).toHaveLength(0);
  });
});

describe('a URL that is no endpoint', () => {
  it('shows by no time whether it is closed or silent', async () => {
    story.receiver.on('/silent', () => undefined);
    const own = await createTestDatabase();
    const settings = { ...SETTINGS, CALLBACK_TIMEOUT_SECONDS: '2' };
    const hasty = await CallbackHarness.start({ databaseUrl: own.url, redisUrl: story.redisUrl }, settings);
    const owner = await hasty.client();
    await owner.submit(story.receiver.url('/silent'));
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
    const { id } = await story.register('/switched');
    await story.client.call('PATCH', `/v1/webhooks/endpoints/${id}`, { enabled: false });
    await story.client.call('PATCH', `/v1/webhooks/endpoints/${id}`, { enabled: true, description: 'x' });
    await story.client.call('PATCH', `/v1/webhooks/endpoints/${id}`, { enabled: true });
    expect((await story.client.feed(2)).map(({ type }) => type)).toEqual([
      'webhook.endpoint.disabled',
      'webhook.endpoint.enabled',
    ]);
  });
});

describe('a dump that was restored into another cluster', () => {
  it('keeps the order of the events, hides none, and what happens next comes after them', async () => {
    const own = await createTestDatabase();
    const first = await CallbackHarness.start({ databaseUrl: own.url, redisUrl: story.redisUrl }, SETTINGS);
    const reader = await first.client('restored');
    for (let index = 0; index < 5; index += 1) await reader.submit(story.receiver.url('/restored'));
    await reader.allEnded(5);
    const feed = async (of: TestClient, count: number, after = ''): Promise<string[]> =>
      (await of.feed(count, after)).map(({ id }) => id);
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
    const second = await CallbackHarness.start({ databaseUrl: own.url, redisUrl: story.redisUrl }, SETTINGS);
    const again = await second.client('restored');
    // However many there were: the start rewrote none of them.
    expect(await versionsOf(second.database)).toEqual(versions);
    expect(await feed(again, 5)).toEqual(before);
    await again.submit(story.receiver.url('/restored'));
    await again.allEnded(6);
    const after = await feed(again, 1, before.at(-1));
    expect(after).toHaveLength(1);
    expect(await feed(again, 6)).toEqual([...before, ...after]);
    await second.stop();
    // A third start has nothing to mend, and one after another restore begins above what is there by then.
    const third = await CallbackHarness.start({ databaseUrl: own.url, redisUrl: story.redisUrl }, SETTINGS);
    expect(await feed(await third.client('restored'), 6)).toEqual([...before, ...after]);
    await third.database.query(
      `UPDATE webhook_message SET transaction_id = (transaction_id::text::bigint + 1000000)::text::xid8`,
    );
    await third.stop();
    const fourth = await CallbackHarness.start({ databaseUrl: own.url, redisUrl: story.redisUrl }, SETTINGS);
    const last = await fourth.client('restored');
    await last.submit(story.receiver.url('/restored'));
    await last.allEnded(7);
    const all = await feed(last, 7);
    expect(all.slice(0, 6)).toEqual([...before, ...after]);
    await fourth.stop();
    await own.drop();
  });
});
