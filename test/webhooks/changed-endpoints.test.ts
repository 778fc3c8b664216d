import { waitFor } from '../support/services';
import { answer } from './test-receiver';
import { callbackStory } from './callback-story';

/** What becomes of deliveries, under way and waiting, when an endpoint of their URL is changed, removed or registered. */
const story = callbackStory({
  CALLBACK_RETRY_SCHEDULE: '1s,1s',
  CALLBACK_TIMEOUT_SECONDS: '60',
  LOG_LEVEL: 'error',
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
