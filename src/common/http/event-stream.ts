import type { Response } from 'express';

/** How long a client waits before it connects again. */
const RECONNECT_MS = 2_000;
/** Keeps proxies from ending a silent stream, and finds connections that are dead. */
const HEARTBEAT_MS = 15_000;
/** Then the client connects again: no stream is for ever, and processes that are new get their share. */
const LIFETIME_MS = 15 * 60_000;
/** A reader that is this far behind is cut off; it may resume. */
const MAX_BACKLOG_BYTES = 256 * 1024;

export interface ServerSentEvent {
  /** Where a reader resumes; an event without one is not resumed from. */
  id?: string;
  event: string;
  data: object;
}

/** An answer as a stream of events (text/event-stream, WHATWG HTML, section 9.2). */
export class EventStream {
  private readonly heartbeat: NodeJS.Timeout;
  private readonly lifetime: NodeJS.Timeout;

  constructor(private readonly response: Response) {
    response.status(200).set({
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store, no-transform',
      // Proxies of the nginx kind would hold events back.
      'X-Accel-Buffering': 'no',
    });
    response.flushHeaders();
    this.write(`retry: ${RECONNECT_MS}\n\n`);
    this.heartbeat = setInterval(() => this.write(': heartbeat\n\n'), HEARTBEAT_MS);
    this.lifetime = setTimeout(() => this.end(), LIFETIME_MS * (0.9 + Math.random() * 0.2));
    response.on('close', () => this.stopTimers());
  }

  send({ id, event, data }: ServerSentEvent): void {
    // JSON has no line breaks of its own, so one `data` line holds it.
    this.write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  end(): void {
    this.stopTimers();
    this.response.end();
  }

  private write(text: string): void {
    if (this.response.writableLength > MAX_BACKLOG_BYTES) this.response.destroy();
    else this.response.write(text);
  }

  private stopTimers(): void {
    clearInterval(this.heartbeat);
    clearTimeout(this.lifetime);
  }
}
