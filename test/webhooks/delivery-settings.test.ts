import { Logger } from '@nestjs/common';
import { Webhook } from 'standardwebhooks';
import { freePort, waitFor } from '../support/services';
import { createTestDatabase } from '../support/test-database';
import { CallbackHarness, Json } from './callback-harness';
import { answer } from './test-receiver';
import { callbackStory } from './callback-story';

/** Applications with settings of their own. */
const story = callbackStory();

describe('settings of the service', () => {
  it('without Redis deliveries go on', async () => {
    await story.withHarness(
      {},
      async (other) => {
        const alone = await other.client();
        for (let index = 0; index < 10; index += 1) await alone.submit(story.receiver.url('/alone'));
        await alone.allEnded(10);
        expect(story.receiver.at('/alone')).toHaveLength(10);
      },
      `redis://127.0.0.1:${await freePort()}`,
    );
  });

  it('an endpoint that fails for too long is disabled loudly, and enabled when it works again', async () => {
    await story.withHarness(
      { CALLBACK_DISABLE_AFTER: '0s', CALLBACK_RETRY_SCHEDULE: '1s,1h' },
      async (other) => {
        const warned = jest.spyOn(Logger.prototype, 'warn');
        const owner = await other.client();
        const { body } = await owner.call('POST', '/v1/webhooks/endpoints', {
          url: story.receiver.url('/dead'),
        });
        story.receiver.on('/dead', answer(500));
        for (let index = 0; index < 5; index += 1) await owner.submit();
        const state = async (): Promise<Json> =>
          (await owner.call('GET', `/v1/webhooks/endpoints/${body.id}`)).body;
        await waitFor(async () => (await state()).disabled_reason === 'failing', {
          what: 'the endpoint to be disabled',
        });
        expect(await state()).toMatchObject({ status: 'disabled', paused_until: expect.any(String) });
        const where = `${new URL(story.receiver.url()).origin} (endpoint ${body.id})`;
        expect(warned).toHaveBeenCalledWith(
          `Callbacks to ${where} of client ${owner.id} are disabled: failing.`,
        );
        warned.mockRestore();
        // A failure that is stored only after the recovery would be a new one.
        await waitFor(async () => (await owner.deliveries()).every(({ state }) => state !== 'DELIVERING'), {
          what: 'all attempts to end',
        });
        story.receiver.on('/dead', answer(204));
        await other.database.query('UPDATE webhook_destination SET paused_until = now()');
        await other.database.query(`UPDATE delivery SET due_at = now() WHERE state = 'PENDING'`);
        await waitFor(async () => (await state()).status === 'enabled', {
          what: 'the endpoint to be enabled again',
        });
        await owner.allEnded(5);
        const changes = (await owner.feed(8))
          .map(({ type }: Json) => type)
          .filter((type: string) => type.startsWith('webhook.'));
        expect(changes).toEqual([
          'webhook.endpoint.disabled',
          'webhook.endpoint.enabled',
          'webhook.endpoint.recovered',
        ]);
      },
    );
  });

  it('a URL that is no endpoint and fails for too long shows it on its deliveries', async () => {
    await story.withHarness(
      { CALLBACK_DISABLE_AFTER: '0s', CALLBACK_RETRY_SCHEDULE: '1s,1h' },
      async (other) => {
        const owner = await other.client();
        const url = story.receiver.url('/lost');
        story.receiver.on('/lost', answer(500));
        for (let index = 0; index < 5; index += 1) await owner.submit(url);
        const log = async (): Promise<Json[]> =>
          (await owner.call('GET', '/v1/webhooks/deliveries')).body.data;
        const disabled = await waitFor(
          async () => {
            const rows = await log();
            return (
              rows.length === 5 &&
              rows.every(({ destination, status }) => destination.disabled_reason && status === 'PENDING') &&
              rows
            );
          },
          { what: 'the URL to be disabled' },
        );
        for (const { id, destination, next_attempt_at } of disabled) {
          expect(destination).toEqual({
            consecutive_failures: expect.any(Number),
            failing_since: expect.any(String),
            paused_until: expect.any(String),
            disabled_reason: 'failing',
            disabled_at: expect.any(String),
          });
          expect(destination.consecutive_failures).toBeGreaterThanOrEqual(5);
          // Probed about once an hour; until then nothing goes there.
          expect(Date.parse(destination.paused_until) - Date.now()).toBeGreaterThan(2_400_000);
          expect(Date.parse(next_attempt_at)).toBeGreaterThanOrEqual(Date.parse(destination.paused_until));
          const { body: one } = await owner.call('GET', `/v1/webhooks/deliveries/${id}`);
          expect(one.destination).toEqual(destination);
        }
        story.receiver.on('/lost', answer(204));
        await owner.call('POST', `/v1/webhooks/deliveries/${disabled[0].id}/redeliver`);
        await owner.allEnded(5);
        for (const { status, destination } of await log()) {
          expect([status, destination]).toEqual([
            'DELIVERED',
            {
              consecutive_failures: 0,
              failing_since: null,
              paused_until: null,
              disabled_reason: null,
              disabled_at: null,
            },
          ]);
        }
      },
    );
  });

  it('a rotation of the master key seals every secret anew, and they still sign', async () => {
    const own = await createTestDatabase();
    const services = { databaseUrl: own.url, redisUrl: story.redisUrl };
    const [old, current] = [Buffer.alloc(32, 1).toString('base64'), Buffer.alloc(32, 2).toString('base64')];
    const sealed = (of: CallbackHarness): Promise<{ sealed: Buffer }[]> =>
      of.database.query('SELECT sealed FROM webhook_secret');

    const first = await CallbackHarness.start(services, { WEBHOOK_MASTER_KEYS: old });
    const owner = await first.client('rotating');
    const { body: secret } = await owner.call('POST', '/v1/webhooks/signing-secret/rotate');
    const before = await sealed(first);
    expect(before[0]!.sealed.includes(Buffer.from(String(secret.secret).slice(6), 'base64'))).toBe(false);
    await first.stop();
    const second = await CallbackHarness.start(services, { WEBHOOK_MASTER_KEYS: `${current},${old}` });
    expect((await sealed(second))[0]!.sealed).not.toEqual(before[0]!.sealed);
    expect(
      await second.database.query(
        `SELECT actor_type, client_id FROM audit_entry WHERE action = 'secret.resealed'`,
      ),
    ).toEqual([{ actor_type: 'start', client_id: owner.id }]);
    await second.stop();
    const third = await CallbackHarness.start(services, { WEBHOOK_MASTER_KEYS: current });
    await (await third.client('rotating')).submit(story.receiver.url('/rotated'));
    const received = await waitFor(() => story.receiver.at('/rotated')[0], { what: 'the callback' });
    expect(
      new Webhook(secret.secret).verify(received.body.toString(), received.headers as Record<string, string>),
    ).toBeTruthy();
    await third.stop();
    await own.drop();
  });
});
