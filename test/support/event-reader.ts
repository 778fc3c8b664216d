import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { waitFor } from './services';
import { DEMO_KEY } from './test-config';

export interface ReadEvent {
  id?: string;
  event?: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what came over the wire, for a test to look into
  data: any;
  /** Milliseconds since the epoch when it came. */
  at: number;
}

/** A reader of Server-Sent Events that keeps all that comes. */
export class EventReader {
  readonly events: ReadEvent[] = [];
  readonly comments: string[] = [];
  retry: number | undefined;
  ended = false;
  private readonly abort = new AbortController();

  private constructor(readonly response: Response) {
    if (response.body !== null && response.ok) void this.read(response.body as ReadableStream<Uint8Array>);
  }

  static async open(
    url: string,
    { key = DEMO_KEY, lastEventId }: { key?: string; lastEventId?: string } = {},
  ): Promise<EventReader> {
    const abort = new AbortController();
    const response = await fetch(url, {
      signal: abort.signal,
      headers: {
        Authorization: `Bearer ${key}`,
        ...(lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId }),
      },
    });
    const reader = new EventReader(response);
    reader.abort.signal.addEventListener('abort', () => abort.abort());
    return reader;
  }

  /** The names of the job's own events, without the progress between them. */
  get history(): string[] {
    return this.events.filter(({ id }) => id !== undefined).map(({ event }) => event!);
  }

  until(name: string): Promise<ReadEvent> {
    return waitFor(() => this.events.find(({ event }) => event === name), { what: `the event ${name}` });
  }

  end(): Promise<boolean> {
    return waitFor(() => this.ended, { what: 'the end of the stream' });
  }

  close(): void {
    this.abort.abort();
  }

  private async read(body: ReadableStream<Uint8Array>): Promise<void> {
    let event: Partial<ReadEvent> = {};
    try {
      for await (const line of createInterface({ input: Readable.fromWeb(body) })) {
        if (line === '') {
          if (event.data !== undefined) this.events.push({ ...event, data: event.data, at: Date.now() });
          event = {};
        } else if (line.startsWith(':')) this.comments.push(line.slice(1).trim());
        else {
          const [, field, value = ''] = /^(\w+): ?(.*)$/.exec(line) ?? [];
          if (field === 'data') event.data = JSON.parse(value);
          else if (field === 'id') event.id = value;
          else if (field === 'event') event.event = value;
          else if (field === 'retry') this.retry = Number(value);
        }
      }
    } catch {
      // It broke off, or was closed.
    }
    this.ended = true;
  }
}
