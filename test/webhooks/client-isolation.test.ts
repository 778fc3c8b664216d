import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { freePort, waitFor } from '../support/services';
import { Json } from './callback-harness';
import { answer, TestReceiver } from './test-receiver';
import { callbackStory } from './callback-story';

/** What one client cannot do to the callbacks of another, whatever it registers or submits. */
const story = callbackStory({
  CALLBACK_RETRY_SCHEDULE: '1s,1s',
  CALLBACK_TIMEOUT_SECONDS: '60',
  LOG_LEVEL: 'error',
});

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
