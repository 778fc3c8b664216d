import { JobsService } from '../../src/jobs/jobs.service';
import { EventReader } from '../support/event-reader';
import { submitScript, withScripts } from '../support/scripted-app';
import { waitFor } from '../support/services';
import { TestApp } from '../support/test-app';
import { ADMIN_KEY } from '../support/test-config';
import { gates } from '../support/test-jobs';
import { Scope } from '../../src/clients/scope';
import { OpenApi } from './support/openapi';
import { validatorsOf } from './support/schema-validators';
import { issueKey } from './support/tenant';

let app: TestApp;
/** A second process: it serves HTTP alone, and learns of everything from the database. */
let api: TestApp;
let owner: { id: string; key: string };

beforeAll(async () => {
  app = await TestApp.start({}, undefined, withScripts);
  api = await TestApp.start({ ROLE: 'api', HELD_REQUESTS_PER_CLIENT: '3' }, app, withScripts);
  owner = await app.client('Streamer');
});

afterAll(async () => {
  gates.release();
  await api.stop();
  await app.stop();
});

const open = (from: TestApp, id: string, options: { key?: string; lastEventId?: string } = {}) =>
  EventReader.open(`${from.url}/v1/jobs/${id}/events`, { key: owner.key, ...options });

const started = (id: string): Promise<unknown> =>
  waitFor(
    async () => (await app.call('GET', `/v1/jobs/${id}`, { key: owner.key })).body.status === 'IN_PROGRESS',
    { what: 'the start' },
  );

describe('the event stream', () => {
  it('ends at once for HEAD, and counts as a stream no longer', async () => {
    const id = await submitScript(app, owner.id, 'wait');
    await started(id);
    for (let n = 0; n < 5; n += 1) {
      const head = await api.call('HEAD', `/v1/jobs/${id}/events`, { key: owner.key });
      expect(head.status).toBe(200);
    }
    gates.release();
  });

  it('sends the history, then what happens in another process, and ends after the terminal event', async () => {
    const id = await submitScript(app, owner.id, 'wait');
    await started(id);
    const stream = await open(api, id);
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(stream.response.headers.get('cache-control')).toContain('no-store');
    const progress = await waitFor(
      () => stream.events.find(({ event, data }) => event === 'progress' && data.progress === 50),
      { what: 'the progress' },
    );
    expect(progress).toMatchObject({
      data: { status: 'IN_PROGRESS', attempt: 1, step: 'second' },
    });
    expect(progress).not.toHaveProperty('id');
    expect(stream.ended).toBe(false);
    gates.release();
    const last = await stream.until('completed');
    await stream.end();
    expect(stream.history).toEqual(['accepted', 'started', 'progressed', 'completed']);
    expect(last.data).toMatchObject({
      id: last.id,
      type: 'test.scripted.completed',
      job_id: id,
      attempt: 1,
      data: { status: 'COMPLETED', result: { attempt: 1 } },
    });
    expect(stream.retry).toBeGreaterThan(0);

    const openApi = await OpenApi.of(app);
    const stated = openApi.operations.find(({ operationId }) => operationId === 'streamJobEvents')!;
    const { schema } = stated.responses['200']!.content!['text/event-stream']!;
    const validate = validatorsOf(openApi)(schema);
    for (const { data } of stream.events) expect([validate(data), validate.errors]).toEqual([true, null]);
  });

  it('sends each event under the id that it has in the log', async () => {
    const id = await submitScript(app, owner.id, 'succeed');
    const stream = await open(api, id);
    await stream.end();
    const log = await app.dataSource.query('SELECT id FROM job_event WHERE job_id = $1 ORDER BY position', [
      id,
    ]);
    expect(stream.events.flatMap((event) => event.id ?? [])).toEqual(
      log.map((row: { id: string }) => row.id),
    );
  });

  it('resumes after Last-Event-ID without a gap or a repetition', async () => {
    const id = await submitScript(app, owner.id, 'wait');
    const first = await open(api, id);
    const accepted = await first.until('accepted');
    await first.until('started');
    first.close();
    const second = await open(app, id, { lastEventId: accepted.id! });
    await second.until('progressed');
    gates.release();
    await second.end();
    expect(second.history).toEqual(['started', 'progressed', 'completed']);
  });

  it('begins anew for an id that it does not know, another job’s too', async () => {
    const other = await open(app, await submitScript(app, owner.id, 'succeed'));
    await other.end();
    const id = await submitScript(app, owner.id, 'succeed');
    for (const lastEventId of ['nonsense', other.events[0]!.id!]) {
      const stream = await open(app, id, { lastEventId });
      await stream.end();
      expect(stream.history[0]).toBe('accepted');
    }
  });

  it('answers 204 to a reader that has the last event, so that an EventSource stays away', async () => {
    const id = await submitScript(app, owner.id, 'succeed');
    const stream = await open(app, id);
    const { id: lastEventId } = await stream.until('completed');
    expect((await open(app, id, { lastEventId: lastEventId! })).response.status).toBe(204);
  });

  it('shows a failure without what is internal about it', async () => {
    const id = await submitScript(app, owner.id, 'fail for good');
    const stream = await open(app, id);
    const failed = await stream.until('failed');
    expect(failed.data.data.error).toEqual({
      code: 'invalid_file',
      message: 'This can never work.',
      retryable: false,
      step: 'second',
      attempt: 1,
    });
  });

  it('sends a cancellation', async () => {
    const id = await submitScript(app, owner.id, 'wait');
    await started(id);
    const stream = await open(api, id);
    await stream.until('started');
    await app.app.get(JobsService, { strict: false }).cancel(owner.id, id);
    await stream.end();
    expect(stream.history).toContain('cancel_requested');
    expect(stream.history.at(-1)).toBe('cancelled');
  });

  it('goes on over an operator’s retry for a reader that has the first end', async () => {
    const id = await submitScript(app, owner.id, 'fail for good', 'succeed');
    const first = await open(app, id);
    const { id: lastEventId } = await first.until('failed');
    await first.end();
    expect((await app.call('POST', `/v1/jobs/${id}/retry`, { key: owner.key })).status).toBe(202);
    const second = await open(app, id, { lastEventId: lastEventId! });
    await second.end();
    expect(second.history.filter((name) => name !== 'progressed')).toEqual([
      'retried',
      'started',
      'completed',
    ]);
  });

  it('is invisible to another client and to a key without the scope', async () => {
    const id = await submitScript(app, owner.id, 'succeed');
    const other = await app.client('Eavesdropper');
    const stream = await open(app, id, { key: other.key });
    expect(stream.response.status).toBe(404);
    const path = `/v1/jobs/${id}/events`;
    expect((await app.call('GET', path, { key: other.key })).body.code).toBe('not_found');
    expect((await app.call('GET', path, { key: null })).status).toBe(401);
    expect((await app.call('GET', '/v1/jobs/nonsense/events')).status).toBe(400);
  });

  it('is bounded for each client, where one that has ended counts no longer', async () => {
    const id = await submitScript(app, owner.id, 'wait');
    // A reader of the tests before may be leaving still.
    const opened = (): Promise<EventReader> =>
      waitFor(
        async () => {
          const stream = await open(api, id);
          return stream.response.status === 200 && stream;
        },
        { what: 'a stream to be opened' },
      );
    const streams = [await opened(), await opened(), await opened()];
    const refused = await api.call('GET', `/v1/jobs/${id}/events`, { key: owner.key });
    expect(refused).toMatchObject({ status: 429, body: { code: 'too_many_streams' } });
    expect(refused.headers.get('retry-after')).toBe('5');
    // A wait is a preference: beyond the bound it is left aside.
    const answeredAtOnce = await api.call('GET', `/v1/jobs/${id}`, {
      key: owner.key,
      headers: { Prefer: 'wait=30' },
    });
    expect(answeredAtOnce.status).toBe(200);
    expect(answeredAtOnce.headers.get('preference-applied')).toBeNull();
    const other = await app.client('Another streamer');
    expect((await open(api, id, { key: other.key })).response.status).toBe(404);
    streams[0]!.close();
    await waitFor(
      async () => {
        const again = await open(api, id);
        again.close();
        return again.response.status === 200;
      },
      { what: 'one stream to have ended' },
    );
    await waitFor(() => gates.waiting.length > 0, { what: 'the job' });
    gates.release();
    await Promise.all([streams[1]!.end(), streams[2]!.end()]);
  });

  it('holds no database connection: more streams than the pool has connections', async () => {
    const id = await submitScript(app, owner.id, 'wait');
    const streams = await Promise.all(Array.from({ length: 60 }, () => open(app, id)));
    expect(streams.every(({ response }) => response.status === 200)).toBe(true);
    expect((await app.call('GET', '/v1/jobs', { key: owner.key })).status).toBe(200);
    await waitFor(() => gates.waiting.length > 0, { what: 'the job' });
    gates.release();
    await Promise.all(streams.map((stream) => stream.end()));
    expect(streams.every(({ history }) => history.at(-1) === 'completed')).toBe(true);
  });

  it('is linked from the job', async () => {
    const id = await submitScript(app, owner.id, 'succeed');
    const { links } = (await app.call('GET', `/v1/jobs/${id}`, { key: owner.key })).body;
    expect(links).toContainEqual({ rel: 'events', href: `/v1/jobs/${id}/events` });
  });

  describe('with a key of its own', () => {
    let id: string;
    let keys: string;

    beforeAll(async () => {
      id = await submitScript(app, owner.id, 'wait');
      keys = `/v1/clients/${owner.id}/keys`;
      await started(id);
    });

    afterAll(() => gates.release());

    const streamsOf = (key: string): Promise<EventReader[]> =>
      Promise.all([open(app, id, { key }), open(api, id, { key })]);
    const endOf = async (stream: EventReader): Promise<number> => {
      await stream.end();
      return Date.now();
    };

    it('ends when the key is revoked: at once there, and within two seconds in every other process', async () => {
      const { id: keyId, key } = await issueKey(app, owner.id, [Scope.Reports, Scope.Orders]);
      const streams = await streamsOf(key);
      const bystander = await open(api, id);
      const revokedAt = Date.now();
      await app.call('DELETE', `${keys}/${keyId}`, { key: ADMIN_KEY });
      const [here, there] = await Promise.all(streams.map(endOf));
      // A stream lives for a quarter of an hour; on a machine of its own these take 5 ms and a second.
      expect(Math.max(here!, there!) - revokedAt).toBeLessThan(10_000);
      for (const { url } of [app, api])
        expect((await EventReader.open(`${url}/v1/jobs/${id}/events`, { key })).response.status).toBe(401);
      expect(bystander.ended).toBe(false);
      bystander.close();
    });

    it('ends when the key expires, to the second', async () => {
      const expiresAt = Date.now() + 2_500;
      const { key } = await issueKey(app, owner.id, [Scope.Reports, Scope.Orders], {
        expires_at: new Date(expiresAt).toISOString(),
      });
      for (const end of await Promise.all((await streamsOf(key)).map(endOf))) {
        expect(end).toBeGreaterThanOrEqual(expiresAt);
        expect(end - expiresAt).toBeLessThan(10_000);
      }
    });

    it('ends when the key was rotated without an overlap', async () => {
      const { id: keyId, key } = await issueKey(app, owner.id, [Scope.Reports, Scope.Orders]);
      const streams = await streamsOf(key);
      const body = { overlap_seconds: 0 };
      await app.call('POST', `${keys}/${keyId}/rotate`, { key: ADMIN_KEY, body });
      await Promise.all(streams.map(endOf));
    });
  });

  it('does not keep a process from stopping', async () => {
    const third = await TestApp.start({ ROLE: 'api' }, app, withScripts);
    const id = await submitScript(app, owner.id, 'wait');
    const stream = await open(third, id);
    await stream.until('accepted');
    const startedAt = Date.now();
    await third.stop();
    // A stream lives for a quarter of an hour.
    expect(Date.now() - startedAt).toBeLessThan(60_000);
    await stream.end();
    await waitFor(() => gates.waiting.length > 0, { what: 'the job' });
    gates.release();
  });
});
