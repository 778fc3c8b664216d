import { waitFor } from '../support/services';
import { ApiAnswer, Json } from './callback-harness';
import { answer } from './test-receiver';
import { callbackStory } from './callback-story';

/** What an owner does to an endpoint that is in use, and several do to it at once. */
const story = callbackStory({
  CALLBACK_RETRY_SCHEDULE: '1h,1h',
  CALLBACK_TIMEOUT_SECONDS: '30',
  LOG_LEVEL: 'error',
});

const on = (id: string, method: string, path = '', body?: object): Promise<ApiAnswer> =>
  story.client.call(method, `/v1/webhooks/endpoints/${id}${path}`, body);
const destination = async (id: string): Promise<Json> =>
  (
    await story.query<Json[]>(
      `SELECT epoch, paused_until > now() + interval '50 min' AS rests,
         (SELECT count(*)::int FROM delivery WHERE destination_id = t.id AND state = 'PENDING' AND due_at <= now()) AS due
       FROM webhook_destination t WHERE id = $1`,
      [id],
    )
  )[0];
const eventTypes = async (count: number): Promise<string[]> =>
  (await story.client.feed(count)).map(({ type }) => type);

describe('changes at the same time', () => {
  it('are all kept: another URL is not undone by another description', async () => {
    const rounds = Array.from({ length: 12 }, async (_, index) => {
      const { id } = await story.register(`/from/${index}`, { event_types: ['test.none'] });
      const [moved, described] = await Promise.all([
        on(id, 'PATCH', '', { url: story.receiver.url(`/to/${index}`) }),
        on(id, 'PATCH', '', { description: 'mine' }),
      ]);
      expect([moved.status, described.status]).toEqual([200, 200]);
      return (await on(id, 'GET')).body;
    });
    for (const [index, endpoint] of (await Promise.all(rounds)).entries()) {
      expect(endpoint).toMatchObject({
        url: story.receiver.url(`/to/${index}`),
        status: 'enabled',
        description: 'mine',
      });
    }
  });

  it('end in order when one of them removes the endpoint', async () => {
    const rounds = await Promise.all(
      Array.from({ length: 16 }, async (_, index) => {
        const { id } = await story.register(`/removed/${index}`, { event_types: ['webhook.*'] });
        const changes = [
          () => on(id, 'PATCH', '', { signatures: ['v1', 'v1a'] }),
          () => on(id, 'POST', '/rotate-secret'),
          () => on(id, 'PATCH', '', { enabled: false }),
          () => on(id, 'POST', '/test'),
          () => on(id, 'POST', '/verify'),
          () => on(id, 'PATCH', '', { url: story.receiver.url(`/removed/elsewhere/${index}`) }),
          () => on(id, 'POST', '/rotate-secret', { overlap_seconds: 0 }),
        ];
        // Each time after one more of them.
        changes.splice(index % 8, 0, () => on(id, 'DELETE'));
        const answers = await Promise.all(changes.map((change) => change()));
        return [...answers, await on(id, 'GET')].map(({ status }) => status);
      }),
    );
    for (const round of rounds) {
      for (const status of round) expect([200, 202, 204, 404, 409, 429]).toContain(status);
      expect([round.filter((status) => status === 204).length, round.at(-1)]).toEqual([1, 404]);
    }
  });

  /** Nobody can have the endpoint until the transaction is over; `waiting` resolves when so many wait for a lock. */
  const holding = async (
    id: string,
    work: (waiting: (count: number) => Promise<unknown>) => Promise<void>,
  ): Promise<void> => {
    const runner = story.harness.database.createQueryRunner();
    await runner.startTransaction();
    await runner.query('SELECT FROM webhook_destination WHERE id = $1 FOR UPDATE', [id]);
    try {
      await work((count) =>
        waitFor(
          async () => {
            const [row] = await story.query<{ waiting: number }[]>(
              `SELECT count(*)::int AS waiting FROM pg_stat_activity
               WHERE datname = current_database() AND wait_event_type = 'Lock'`,
            );
            return row!.waiting >= count;
          },
          { what: `${count} waiting for a lock` },
        ),
      );
    } finally {
      await runner.rollbackTransaction();
      await runner.release();
    }
  };

  it('end in order when the endpoint is removed just as the others are notified of its 410', async () => {
    const first = await story.register('/hears', { event_types: ['webhook.*'] });
    let leave = (): void => undefined;
    story.receiver.on('/going', (_received, response) => {
      leave = () => response.writeHead(410).end();
    });
    const { id } = await story.register('/going', { event_types: ['test.none'] });
    await on(id, 'POST', '/test');
    await waitFor(() => story.receiver.at('/going')[0], { what: 'the test event' });
    let removed: Promise<ApiAnswer> | undefined;
    await holding(first.id, async (waiting) => {
      // The outcome has locked the destination, and waits where it would notify the first endpoint.
      leave();
      await waiting(1);
      removed = on(id, 'DELETE');
      await waiting(2);
    });
    expect((await removed)?.status).toBe(204);
    await waitFor(() => story.receiver.at('/hears')[0], { what: 'the event' });
    expect((await story.client.deliveries()).map(({ failure }) => failure)).toEqual(['gone', null]);
  });

  it('end in order when the endpoint is removed just as a test event is sent to it', async () => {
    const { id } = await story.register('/leaves');
    let answers: Promise<ApiAnswer[]> | undefined;
    await holding(id, async (waiting) => {
      const removed = on(id, 'DELETE');
      await waiting(1);
      answers = Promise.all([removed, on(id, 'POST', '/test')]);
      await waiting(2);
    });
    expect((await answers)?.map(({ status }) => status)).toEqual([204, 409]);
  });
});

describe('enabling an endpoint that is enabled', () => {
  it('leaves it the rest that it asked for, and what waits its times', async () => {
    story.receiver.on('/tired', answer(503, { 'retry-after': '3600' }));
    const { id } = await story.register('/tired');
    await story.client.submit();
    await waitFor(
      async () => (await story.client.deliveries()).some(({ failure }) => failure === 'throttled'),
      {
        what: 'the first outcome',
      },
    );
    const before = await destination(id);
    expect(before).toEqual({ epoch: 0, rests: true, due: 0 });
    expect((await on(id, 'PATCH', '', { enabled: true })).body.status).toBe('enabled');
    expect(await destination(id)).toEqual(before);
    // Disabled and enabled, it is called at once.
    story.receiver.on('/tired', answer(204));
    await on(id, 'PATCH', '', { enabled: false });
    await on(id, 'PATCH', '', { enabled: true });
    await waitFor(() => story.receiver.at('/tired').length === 2, { what: 'what waited' });
  });
});

describe('another URL', () => {
  it('of an endpoint that its owner disabled is verified, and called only once he enables it', async () => {
    const { id } = await story.register('/off');
    await on(id, 'PATCH', '', { enabled: false });
    const moved = await on(id, 'PATCH', '', { url: story.receiver.url('/off-elsewhere') });
    expect(moved.body).toMatchObject({
      status: 'disabled',
      disabled_reason: 'owner',
      disabled_at: expect.any(String),
      verified_at: expect.any(String),
      verification_failure: null,
    });
    expect(await eventTypes(1)).toEqual(['webhook.endpoint.disabled']);
    expect((await on(id, 'POST', '/test')).status).toBe(409);
    expect((await on(id, 'PATCH', '', { enabled: true })).body.status).toBe('enabled');
    expect(await eventTypes(2)).toEqual(['webhook.endpoint.disabled', 'webhook.endpoint.enabled']);
    await story.client.submit();
    await waitFor(() => story.receiver.at('/off-elsewhere')[0], { what: 'the callback' });
  });

  it('enables one that was disabled because it was gone, unless its owner says otherwise', async () => {
    story.receiver.on('/gone', answer(410));
    const leave = async (): Promise<string> => {
      const { id } = await story.register('/gone', { event_types: ['test.noop.*'] });
      await story.client.submit();
      await waitFor(async () => (await on(id, 'GET')).body.disabled_reason === 'gone', { what: 'the 410' });
      return id;
    };
    const first = await leave();
    expect((await on(first, 'PATCH', '', { url: story.receiver.url('/found') })).body.status).toBe('enabled');
    const second = await leave();
    const off = await on(second, 'PATCH', '', { url: story.receiver.url('/found-2'), enabled: false });
    expect(off.body).toMatchObject({ status: 'disabled', disabled_reason: 'owner' });
  });
});

describe('a rotation of an endpoint with keys of both schemes', () => {
  it('changes both or none', async () => {
    const { id, secrets } = await story.register('/both', { signatures: ['v1', 'v1a'] });
    // As many as may be, of one scheme.
    await story.query(
      `INSERT INTO webhook_secret (id, client_id, endpoint_id, scheme, sealed, public_key, created_at, expires_at)
       SELECT uuid_v7(), client_id, endpoint_id, scheme, sealed, public_key, created_at - interval '1 h', now() + interval '1 h'
       FROM webhook_secret CROSS JOIN generate_series(1, 9) WHERE endpoint_id = $1 AND scheme = 'v1a'`,
      [id],
    );
    expect(await on(id, 'POST', '/rotate-secret')).toMatchObject({
      status: 409,
      body: { code: 'too_many_secrets' },
    });
    const { body } = await on(id, 'GET');
    const ofV1 = (all: Json[]): Json[] => all.filter(({ scheme }: Json) => scheme === 'v1');
    expect(ofV1(body.secrets)).toEqual(ofV1(secrets));
  });
});
