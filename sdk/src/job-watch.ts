import { ApiError } from './errors.ts';
import type { HttpClient } from './http-client.ts';
import { retryAfterSeconds } from './retry-after.ts';
import { EventStreamParser, type ServerSentEvent } from './server-sent-events.ts';
import { sleep } from './timing.ts';
import type { Job } from './types.ts';

/** The service writes at once when it opens a stream: what says nothing for so long is kept back by a proxy. */
const FIRST_BYTE_MS = 5_000;
/** Three of its heartbeats. */
const STREAM_IDLE_MS = 45_000;
const STREAM_TRIES = 2;
const RECONNECT_MS = 1_000;
const WAIT_SECONDS = 20;
const [FEWEST_SECONDS, MOST_SECONDS] = [1, 30];

/** A browser has six connections to a host, of which each stream and each wait keeps one: some are left for calls. */
const MOST_HELD = 'document' in globalThis || 'importScripts' in globalThis ? 4 : Infinity;
/** Streams and waits that are open, of all clients: a page has one for each job where it has a token for each. */
let held = 0;
const mayHold = (): boolean => held < MOST_HELD;

const TERMINAL: readonly string[] = ['COMPLETED', 'FAILED', 'CANCELLED'];
const hasEnded = ({ status }: Pick<Job, 'status'>): boolean => TERMINAL.includes(status);

interface Progress {
  status: Job['status'];
  attempt: number;
  progress: number;
  step: string | null;
}

/**
 * Follows a job to its end, by what gets through: the stream of its events; where a proxy keeps streams back, answers
 * that wait; where those are cut off, or connections are few, polls. Whatever breaks is taken up again, at the event that
 * came last.
 */
export class JobWatch {
  private lastEventId: string | undefined;
  /** Streams in a row that brought nothing. */
  private silent = 0;
  private mayWait = true;
  private job: Job;
  private readonly http: HttpClient;
  private readonly id: string;
  private readonly signal: AbortSignal | undefined;

  /** @param known the job as it was seen last */
  constructor(http: HttpClient, id: string, known: Job, signal: AbortSignal | undefined) {
    this.http = http;
    this.id = id;
    this.job = known;
    this.signal = signal;
  }

  /** The job with each change, the first at once, the last when it has ended. */
  async *updates(): AsyncGenerator<Job, void, undefined> {
    yield this.job;
    while (!hasEnded(this.job)) {
      if (this.silent < STREAM_TRIES && mayHold()) yield* this.streamed();
      else yield await this.asked();
    }
  }

  private async *streamed(): AsyncGenerator<Job, void, undefined> {
    try {
      for await (const event of this.events()) {
        const job = await this.after(event);
        if (job !== undefined) yield job;
        if (hasEnded(this.job)) return;
      }
    } catch (error) {
      this.signal?.throwIfAborted();
      // A token of one job may be without streams. Whether it may not even ask is seen by the next call.
      if (isFinal(error) && error.status !== 403) throw error;
      this.silent += 1;
    }
    // Whatever the stream died of: this waits until the service answers, and sees what was missed.
    yield await this.get();
    if (!hasEnded(this.job)) await sleep(RECONNECT_MS * (0.5 + Math.random()), this.signal);
  }

  /** The events since the last one; ends when the service ends the stream. */
  private async *events(): AsyncGenerator<ServerSentEvent, void, undefined> {
    held += 1;
    try {
      yield* this.eventsHeld();
    } finally {
      held -= 1;
    }
  }

  private async *eventsHeld(): AsyncGenerator<ServerSentEvent, void, undefined> {
    const { body, idle } = await this.http.send(
      {
        method: 'GET',
        path: `/v1/jobs/${this.id}/events`,
        headers: {
          Accept: 'text/event-stream',
          ...(this.lastEventId !== undefined && { 'Last-Event-ID': this.lastEventId }),
        },
        signal: this.signal,
        idleMs: FIRST_BYTE_MS,
        once: true,
      },
      async (response, timeout) => Promise.resolve({ body: response.body, idle: timeout }),
    );
    const reader = body?.getReader();
    const parser = new EventStreamParser();
    try {
      // 204: the job has ended, and the last event was had.
      while (reader !== undefined) {
        const { done, value } = await reader.read();
        if (done) return;
        this.silent = 0;
        idle.restart(STREAM_IDLE_MS);
        for (const event of parser.push(value)) if (event !== undefined) yield event;
      }
    } finally {
      idle.stop();
      // Whoever wants no more events ends the connection; one that is broken already cannot be ended.
      await reader?.cancel().catch(() => undefined);
    }
  }

  /** @returns the job after an event; nothing where it is as it was */
  private async after({ id, event, data }: ServerSentEvent): Promise<Job | undefined> {
    this.lastEventId = id ?? this.lastEventId;
    if (event === 'accepted') return undefined;
    if (event !== 'progress') return this.get();
    this.job = withProgress(this.job, JSON.parse(data) as Progress);
    return this.job;
  }

  /** Asks for the job, and has the answer wait for its end where that is possible. */
  private async asked(): Promise<Job> {
    if (this.mayWait && mayHold()) {
      held += 1;
      try {
        const { value, headers } = await this.http.json<Job>({
          ...this.request(),
          headers: { Prefer: `wait=${WAIT_SECONDS}` },
          idleMs: (WAIT_SECONDS + 10) * 1_000,
          once: true,
        });
        this.job = value;
        if (!hasEnded(value) && headers.get('preference-applied') === null) await this.pause(headers);
        return value;
      } catch (error) {
        this.signal?.throwIfAborted();
        if (isFinal(error)) throw error;
        this.mayWait = false;
      } finally {
        held -= 1;
      }
    }
    const { value, headers } = await this.http.json<Job>(this.request());
    this.job = value;
    if (!hasEnded(value)) await this.pause(headers);
    return value;
  }

  private async pause(headers: Headers): Promise<void> {
    const seconds = retryAfterSeconds(headers) ?? FEWEST_SECONDS;
    await sleep(1_000 * Math.min(MOST_SECONDS, Math.max(FEWEST_SECONDS, seconds)), this.signal);
  }

  private async get(): Promise<Job> {
    const { value } = await this.http.json<Job>(this.request());
    this.job = value;
    return value;
  }

  private request(): { method: string; path: string; signal: AbortSignal | undefined } {
    return { method: 'GET', path: `/v1/jobs/${this.id}`, signal: this.signal };
  }
}

/** Asking again would be answered the same; what is no problem of the service says nothing of it. */
const isFinal = (error: unknown): error is ApiError =>
  error instanceof ApiError && error.problem !== undefined && [400, 401, 403, 404].includes(error.status);

function withProgress(job: Job, { status, attempt, progress, step }: Progress): Job {
  const now = job.steps.findIndex(({ name }) => name === step);
  const steps = job.steps.map(({ name }, index): Job['steps'][number] => ({
    name,
    status: index < now ? 'COMPLETED' : index === now ? 'IN_PROGRESS' : 'PENDING',
  }));
  return { ...job, status, attempt, progress, steps };
}
