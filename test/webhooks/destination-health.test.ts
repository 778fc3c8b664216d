import type { ServerResponse } from 'node:http';
import { waitFor } from '../support/services';
import { Json } from './callback-harness';
import { answer } from './test-receiver';
import { callbackStory } from './callback-story';

/** What a destination gets after it failed, where no attempt is repeated by its own schedule. */
const story = callbackStory({ CALLBACK_RETRY_SCHEDULE: '1h,1h', CALLBACK_TIMEOUT_SECONDS: '60' });

/** Keeps every request at the path waiting, until it is answered by hand. */
const leaveUnanswered = (path: string): ServerResponse[] => {
  const unanswered: ServerResponse[] = [];
  story.receiver.on(path, (_received, response) => void unanswered.push(response));
  return unanswered;
};

const states = async (): Promise<string[]> => (await story.client.deliveries()).map(({ state }) => state);

const written = (count: number): Promise<unknown> =>
  waitFor(async () => (await states()).length === count, { what: `${count} deliveries` });

it('that asked for less twice gets a quarter at once, and more again with each success', async () => {
  const url = story.receiver.url('/throttling');
  const unanswered = leaveUnanswered('/throttling');
  for (let index = 0; index < 2; index += 1) await story.client.submit(url);
  await waitFor(() => unanswered.length === 2, { what: 'the first two attempts' });
  for (const response of unanswered.splice(0)) response.writeHead(503, { 'retry-after': '0' }).end();
  await waitFor(
    async () => (await story.client.deliveries()).every(({ failure }) => failure === 'throttled'),
    {
      what: 'both outcomes',
    },
  );
  for (let index = 0; index < 10; index += 1) await story.client.submit(url);
  await written(12);
  await waitFor(() => unanswered.length >= 2, { what: 'the next two attempts' });
  await story.othersAreDelivered();
  // Eight at once as a rule.
  expect(unanswered).toHaveLength(2);
  unanswered.shift()?.writeHead(204).end();
  // One has ended, and there is room for one more than before.
  await waitFor(() => unanswered.length >= 3, { what: 'three at once' });
  await story.othersAreDelivered();
  expect(unanswered).toHaveLength(3);
  story.receiver.on('/throttling', answer(204));
  for (const response of unanswered) response.writeHead(204).end();
  await waitFor(async () => (await states()).filter((state) => state === 'DELIVERED').length === 10, {
    what: 'the others to be delivered',
  });
});

describe('410', () => {
  it('of an endpoint ends what was still to be sent to it, without an attempt', async () => {
    const body = await story.register('/leaving', { max_concurrency: 1 });
    expect(body.status).toBe('enabled');
    const unanswered = leaveUnanswered('/leaving');
    for (let index = 0; index < 2; index += 1) await story.client.submit();
    await written(2);
    await waitFor(() => unanswered[0], { what: 'the first attempt' });
    unanswered[0]!.writeHead(410).end();
    await story.client.allEnded(2);
    expect(await story.client.deliveries()).toEqual([
      expect.objectContaining({ state: 'EXHAUSTED', failure: 'gone', attempt: 1 }),
      expect.objectContaining({ state: 'EXHAUSTED', failure: 'gone', attempt: 0 }),
    ]);
    expect(story.receiver.at('/leaving')).toHaveLength(1);
  });

  it('of a URL that is no endpoint ends that delivery alone: the next job is sent', async () => {
    const url = story.receiver.url('/once');
    story.receiver.on('/once', answer(410));
    await story.client.submit(url);
    await story.client.allEnded(1);
    story.receiver.on('/once', answer(204));
    await story.client.submit(url);
    await story.client.allEnded(2);
    expect(await story.client.deliveries()).toEqual([
      expect.objectContaining({ state: 'EXHAUSTED', failure: 'gone' }),
      expect.objectContaining({ state: 'DELIVERED', attempt: 1 }),
    ]);
    const { body } = await story.client.call('GET', '/v1/webhooks/deliveries');
    for (const { destination } of body.data as Json[]) expect(destination.disabled_reason).toBeNull();
  });
});

it('that recovers gets all that waited, in order, long before its own time', async () => {
  const url = story.receiver.url('/recovering');
  story.receiver.on('/recovering', answer(500));
  for (let index = 0; index < 5; index += 1) await story.client.submit(url);
  await waitFor(
    async () =>
      (await story.client.deliveries()).filter(({ failure }) => failure === 'http_status').length === 5,
    { what: 'the circuit to open' },
  );
  // Each of the five is due in an hour; the sixth is the probe.
  story.receiver.on('/recovering', answer(204));
  story.receiver.ledger.length = 0;
  await story.client.submit(url);
  await story.client.allEnded(6);
  const rows = await story.query<{ message_id: string; state: string }[]>(
    'SELECT message_id, state FROM delivery WHERE client_id = $1 ORDER BY position',
    [story.client.id],
  );
  expect(rows.map(({ state }) => state)).toEqual(Array<string>(6).fill('DELIVERED'));
  const [probe, ...waited] = story.receiver.at('/recovering').map(({ headers }) => headers['webhook-id']);
  const ids = rows.map(({ message_id }) => message_id);
  expect(probe).toBe(ids.at(-1));
  // From the oldest on, and more of them at once with each success.
  expect(waited[0]).toBe(ids[0]);
  expect(waited.toSorted()).toEqual(ids.slice(0, -1).toSorted());
});
