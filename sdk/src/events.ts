import type { Api } from './api.ts';
import { itemsOf } from './pages.ts';
import { sleep } from './timing.ts';
import type { FeedEvent } from './types.ts';

const ASK_AGAIN_MS = 1_000;
/** The largest that there is: whoever reads events has many to read. */
const PAGE_SIZE = 100;

export interface FollowOptions {
  /** The id of the last event that was read; from the oldest one on without it. */
  after?: string;
  signal?: AbortSignal;
}

/** The events that callbacks carry, to read, in one order and without gaps. */
export class Events {
  private readonly api: Api;

  constructor(api: Api) {
    this.api = api;
  }

  /** Those that are there. */
  list({ after, signal }: FollowOptions = {}): AsyncGenerator<FeedEvent, void, undefined> {
    return itemsOf((cursor = after) =>
      this.api.call('get', '/v1/events', {
        query: { page_size: PAGE_SIZE, ...(cursor !== undefined && { after: cursor }) },
        ...(signal && { signal }),
      }),
    );
  }

  /** The last of those that are there: `follow({ after: its id })` has what happens from now on. */
  async newest(signal?: AbortSignal): Promise<FeedEvent | undefined> {
    const { data } = await this.api.call('get', '/v1/events', {
      query: { newest: true },
      ...(signal && { signal }),
    });
    return data[0];
  }

  /** Those that are there, and then each as it happens, until the signal aborts. Keep the id of the last for next time. */
  async *follow({ after, signal }: FollowOptions = {}): AsyncGenerator<FeedEvent, never, undefined> {
    let last = after;
    for (;;) {
      for await (const event of this.list({
        ...(last !== undefined && { after: last }),
        ...(signal && { signal }),
      })) {
        last = event.id;
        yield event;
      }
      await sleep(ASK_AGAIN_MS, signal);
    }
  }
}
