import { waitFor } from '../support/services';
import { answer } from './test-receiver';
import { CallbackHarness } from './callback-harness';
import { callbackStory } from './callback-story';

const SETTINGS = {
  CALLBACK_RETRY_SCHEDULE: '1h',
  WEBHOOK_MASTER_KEYS: Buffer.alloc(32, 3).toString('base64'),
};
const story = callbackStory(SETTINGS);

/** What is kept of each URL of the client: events, deliveries, attempts, destinations. */
async function kept(): Promise<Record<string, number[]>> {
  const rows = await story.query<{ path: string; counts: number[] }[]>(
    `SELECT d.url AS path, ARRAY[count(DISTINCT m.id), count(DISTINCT d.id), count(a), count(DISTINCT t.id)]::int[] AS counts
     FROM delivery d LEFT JOIN webhook_message m ON m.id = d.message_id
     LEFT JOIN delivery_attempt a ON a.delivery_id = d.id LEFT JOIN webhook_destination t ON t.id = d.destination_id
     WHERE d.client_id = $1 GROUP BY d.url`,
    [story.client.id],
  );
  return Object.fromEntries(rows.map(({ path, counts }) => [new URL(path).pathname, counts]));
}

const countAll = async (): Promise<Record<string, number>> =>
  Object.fromEntries(
    await Promise.all(
      ['webhook_message', 'delivery', 'delivery_attempt', 'webhook_destination'].map(async (table) => {
        const rows = await story.query<{ count: number }[]>(`SELECT count(*)::int AS count FROM ${table}`);
        return [table, rows[0]!.count] as const;
      }),
    ),
  );

it('an event of 31 days ago goes with its deliveries, attempts and destination; what is young or undelivered stays', async () => {
  story.receiver.on('/undelivered', answer(500));
  const before = await countAll();
  for (const path of ['/old', '/undelivered', '/young']) await story.client.submit(story.receiver.url(path));
  await waitFor(
    async () => {
      const rows = await story.client.deliveries();
      return rows.length === 3 && rows.every(({ attempt, state }) => attempt === 1 && state !== 'DELIVERING');
    },
    { what: 'the attempts' },
  );
  // An id has the time of its making.
  await story.query(
    `WITH aged AS (
       SELECT message_id AS young_id, overlay(message_id::text
         PLACING left(first_uuid_v7(now() - interval '31 days')::text, 13) FROM 1 FOR 13)::uuid AS id
       FROM delivery WHERE url NOT LIKE '%/young'
     ), message AS (
       UPDATE webhook_message m SET id = aged.id, created_at = now() - interval '31 days' FROM aged WHERE m.id = young_id
     )
     UPDATE delivery SET message_id = aged.id FROM aged WHERE message_id = young_id`,
  );
  await story.query(
    `UPDATE webhook_destination SET last_used_at = now() - interval '32 days' WHERE address NOT LIKE '%/young'`,
  );
  const [oldEvent] = await story.query<{ id: string }[]>(
    `SELECT message_id AS id FROM delivery WHERE url LIKE '%/old'`,
  );
  const second = await story.anotherProcess();
  try {
    await waitFor(async () => !('/old' in (await kept())), { what: 'the old event to be removed' });
    expect(await kept()).toEqual({ '/undelivered': [1, 1, 1, 1], '/young': [1, 1, 1, 1] });
  } finally {
    await second.stop();
  }
  // Destinations are looked through at a start and then hourly: this one goes at the next, as the event had gone by then.
  const third = await story.anotherProcess();
  try {
    await waitFor(
      async () => (await countAll())['webhook_destination'] === before['webhook_destination']! + 2,
      {
        what: 'the destination of the old event to be removed',
      },
    );
    expect(await countAll()).toEqual({
      webhook_message: before['webhook_message']! + 2,
      delivery: before['delivery']! + 2,
      delivery_attempt: before['delivery_attempt']! + 2,
      webhook_destination: before['webhook_destination']! + 2,
    });
    const { body } = await story.client.call('GET', '/v1/webhooks/deliveries');
    expect(body.data).toHaveLength(2);
    expect((await story.client.call('GET', `/v1/events?after=${oldEvent!.id}`)).status).toBe(410);
  } finally {
    await third.stop();
  }
});

it('a client that is removed leaves nothing of its callbacks', async () => {
  const before = await countAll();
  await story.register('/left');
  await story.client.submit(story.receiver.url('/also-left'));
  await story.client.allEnded(2);
  expect((await countAll())['delivery_attempt']).toBe(before['delivery_attempt']! + 2);
  await story.query('DELETE FROM client WHERE id = $1', [story.client.id]);
  expect(await countAll()).toEqual(before);
});

it('an endpoint that is removed during an attempt is not called again', async () => {
  let finish = (): void => undefined;
  story.receiver.on('/removed', (_received, response) => {
    finish = () => response.writeHead(500).end();
  });
  const body = await story.register('/removed');
  await story.client.submit();
  await waitFor(() => story.receiver.at('/removed').length === 1, { what: 'the attempt' });
  await story.client.call('DELETE', `/v1/webhooks/endpoints/${String(body.id)}`);
  finish();
  await story.client.allEnded(1);
  expect((await story.client.deliveries())[0]).toMatchObject({ state: 'EXHAUSTED', failure: 'http_status' });
});

it('a window of which messages were removed for their age is not proved, also when more are kept by now', async () => {
  const DAY_MS = 86_400_000;
  await story.withHarness(SETTINGS, async (harness) => {
    const { databaseUrl, redisUrl } = harness.config;
    const inAnotherProcess = async (
      settings: NodeJS.ProcessEnv,
      use: (other: CallbackHarness) => Promise<void>,
    ): Promise<void> => {
      const other = await CallbackHarness.start({ databaseUrl, redisUrl }, { ...SETTINGS, ...settings });
      await use(other).finally(() => other.stop());
    };
    const client = await harness.client('proven');
    await client.submit();
    await client.feed(1);
    const { id } = await story.register('/proven', {}, client);
    await client.submit();
    await client.allEnded(1);
    const occurred = new Date(Date.now() - 31 * DAY_MS);
    await harness.database.query(
      `UPDATE webhook_message SET created_at = $1, occurred_at = $1,
         id = overlay(id::text PLACING left(first_uuid_v7($1)::text, 13) FROM 1 FOR 13)::uuid
       WHERE id NOT IN (SELECT message_id FROM delivery)`,
      [occurred],
    );
    const until = new Date().toISOString();
    const proofSince = async (since: string, of = client) => {
      const { status, body } = await of.call(
        'GET',
        `/v1/webhooks/endpoints/${id}/proof?since=${since}&until=${until}`,
      );
      if (status !== 200) return [status, body.code, ...body.errors];
      const { complete, counts } = JSON.parse(Buffer.from(body.split('.')[1], 'base64url').toString());
      return { complete, delivered: counts.delivered, missing: counts.missing };
    };
    const early = new Date(Date.now() - 90 * DAY_MS).toISOString();
    // Nothing was removed yet: all that ever happened is there.
    expect(await proofSince(early)).toEqual({ complete: false, delivered: 1, missing: 1 });

    await inAnotherProcess({}, async () => {
      await waitFor(async () => (await client.feed(0)).length === 1, { what: 'the old event to be removed' });
    });
    const first = new Date(occurred.getTime() + 1).toISOString();
    const refusal = [422, 'window_not_kept', { field: 'since', message: `since must be ${first}, or later` }];
    expect(await proofSince(early)).toEqual(refusal);
    expect(await proofSince(occurred.toISOString())).toEqual(refusal);
    expect(await proofSince(first)).toEqual({ complete: true, delivered: 1, missing: 0 });
    await inAnotherProcess({ EVENT_RETENTION_DAYS: '120' }, async (other) => {
      expect(await proofSince(early, await other.client('proven'))).toEqual(refusal);
    });
  });
});
