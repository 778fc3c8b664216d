import { answer } from './test-receiver';
import { callbackStory } from './callback-story';

/** Delivering again at the request of an owner. */
const story = callbackStory({
  CALLBACK_RETRY_SCHEDULE: '1s,1s',
  CALLBACK_TIMEOUT_SECONDS: '60',
  LOG_LEVEL: 'error',
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
