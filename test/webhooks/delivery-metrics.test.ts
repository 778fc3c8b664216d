import { waitFor } from '../support/services';
import { answer } from './test-receiver';
import { callbackStory } from './callback-story';

const story = callbackStory({ CALLBACK_RETRY_SCHEDULE: '1h', CALLBACK_TIMEOUT_SECONDS: '60' });

/** Every series of the deliveries with its value. */
async function scrape(): Promise<Map<string, number>> {
  const { body } = await story.client.call('GET', '/metrics');
  const lines = String(body)
    .split('\n')
    .filter((line) => line.startsWith('webhook_'));
  return new Map(
    lines.map((line) => [
      line.slice(0, line.lastIndexOf(' ')),
      Number(line.slice(line.lastIndexOf(' ') + 1)),
    ]),
  );
}

const reached = (series: string, is: (value: number) => boolean, what: string): Promise<unknown> =>
  waitFor(
    async () => {
      const value = (await scrape()).get(series);
      return value !== undefined && is(value);
    },
    { what: `${series} ${what}` },
  );
const until = (series: string, value: number): Promise<unknown> =>
  reached(series, (is) => is === value, `to be ${value}`);

it('/metrics counts attempts, backlog and destinations, and names no endpoint', async () => {
  story.receiver.on('/broken', answer(500)).on('/gone', answer(410));
  story.receiver.on('/hang', () => undefined);
  const gone = await story.register('/gone');
  await story.client.submit(story.receiver.url('/fine'));
  await until('webhook_attempts_total{outcome="delivered"}', 1);
  await until('webhook_attempts_total{outcome="gone"}', 1);
  await until('webhook_destinations{condition="disabled_gone"}', 1);
  await story.client.call('DELETE', `/v1/webhooks/endpoints/${String(gone.id)}`);
  await until('webhook_destinations{condition="disabled_gone"}', 0);

  for (let index = 0; index < 5; index += 1) await story.client.submit(story.receiver.url('/broken'));
  await until('webhook_destinations{condition="circuit_open"}', 1);
  await story.client.submit(story.receiver.url('/hang'));
  await until('webhook_deliveries_unfinished{state="delivering"}', 1);
  // Counted once an outcome is stored, and so perhaps a moment after what it led to is seen.
  await until('webhook_attempts_total{outcome="http_status"}', 5);
  await until('webhook_attempt_seconds_count{outcome="failed"}', 6);
  await until('webhook_attempt_seconds_bucket{le="+Inf",outcome="delivered"}', 1);
  await until('webhook_deliveries_unfinished{state="waiting"}', 5);
  await until('webhook_deliveries_overdue', 0);
  await until('webhook_events_waiting', 0);

  await story.query(
    `UPDATE webhook_destination SET paused_until = now() + interval '1 h' WHERE failures > 0`,
  );
  await story.query(
    `UPDATE delivery SET due_at = now() - interval '60 s' WHERE state = 'PENDING' AND client_id = $1`,
    [story.client.id],
  );
  await until('webhook_deliveries_overdue', 5);
  // Each figure is counted by itself: one may be of the moment before the other.
  await reached('webhook_deliveries_oldest_due_seconds', (is) => is >= 60, 'to be 60 or more');
  for (const series of (await scrape()).keys()) expect(series).not.toMatch(/[0-9a-f]{8}-|http:|127\.0/);
});
