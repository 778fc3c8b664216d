import { VerificationError } from '../errors.ts';
import type { Callback, JobCallback } from '../types.ts';
import { headerOf, type HeadersLike } from './callback-headers.ts';
import { CallbackVerifier, type VerifierOptions } from './callback-verifier.ts';
import { BodyGoneError, MAX_BODY_BYTES, readBody } from './raw-body.ts';
import { MemorySeenEvents, type SeenEvents } from './seen-events.ts';

export interface ReceivedEvent {
  /** The same each time that the event comes. */
  id: string;
  body: Callback;
}

export interface ReceiverOptions extends VerifierOptions {
  /**
   * Called once for each event. When it throws, the event is answered 500 and comes again later. The service waits for
   * 20 seconds: what takes longer belongs into a queue.
   */
  onEvent: (event: ReceivedEvent) => Promise<void> | void;
  /** In memory without it. */
  seen?: SeenEvents;
  /** What `onEvent` or `seen` threw, and what was wrong with the keys; on the console without it. */
  onError?: (error: unknown) => void;
}

export interface ReceivedRequest {
  method: string;
  headers: HeadersLike;
  /** The bytes as they came, before any JSON parser; `undefined` when they are too many. */
  body: () => Promise<Uint8Array | undefined> | Uint8Array;
}

export interface ReceiverAnswer {
  status: number;
  headers: Record<string, string>;
  /** JSON. */
  body: string;
}

const OWNERSHIP_CHALLENGE = 'webhook.endpoint.verification';
const RETRY_AFTER_SECONDS = 5;

/** Whether it is the end of a job: `body.data` has its id, status, and file or error. */
export const isJobCallback = (body: Callback): body is JobCallback => 'status' in body;

/** Receives callbacks: verifies them, answers the challenge of a registration, drops what was had. */
export class Receiver {
  private readonly verifier: CallbackVerifier;
  private readonly onEvent: ReceiverOptions['onEvent'];
  private readonly seen: SeenEvents;
  private readonly onError: (error: unknown) => void;
  /** Events that are being worked on: one that comes again meanwhile shares the outcome. */
  private readonly underWay = new Map<string, Promise<'received' | 'duplicate'>>();

  constructor({ onEvent, seen = new MemorySeenEvents(), onError = console.error, ...keys }: ReceiverOptions) {
    this.verifier = new CallbackVerifier(keys);
    this.onEvent = onEvent;
    this.seen = seen;
    this.onError = onError;
  }

  /** Answers by the status codes that the service acts on; never throws. */
  async handle({ method, headers, body }: ReceivedRequest): Promise<ReceiverAnswer> {
    try {
      if (method !== 'POST') return refusal(405, 'POST callbacks here.', { allow: 'POST' });
      const isTooLarge = Number(headerOf(headers, 'content-length')) > MAX_BODY_BYTES;
      const bytes = isTooLarge ? undefined : await body();
      // What is left of it is not read, so the connection is of no more use.
      if (bytes === undefined) return refusal(413, 'The body is too large.', { connection: 'close' });
      const callback = callbackOf(bytes);
      if (callback === undefined) return refusal(400, 'The body is no callback.');
      // It comes while the endpoint is being registered, when its secret is not known here yet. Whoever else has us say
      // this has proved nothing but that there is a receiver: what they send then is refused by its signature.
      if (callback.type === OWNERSHIP_CHALLENGE && 'challenge' in callback.data)
        return answer(200, { challenge: callback.data.challenge });
      return await this.verified(headers, bytes, callback);
    } catch (error) {
      this.onError(error);
      return refusal(500, 'The event could not be taken.');
    }
  }

  /** For whatever serves by `Request` and `Response`: Deno, Bun, workers. */
  async fetch(request: Request): Promise<Response> {
    const { method, headers } = request;
    const { status, ...rest } = await this.handle({ method, headers, body: () => bodyOf(request) });
    return new Response(rest.body, { status, headers: rest.headers });
  }

  private async verified(headers: HeadersLike, bytes: Uint8Array, body: Callback): Promise<ReceiverAnswer> {
    let id: string;
    try {
      id = await this.verifier.verify(headers, bytes);
    } catch (error) {
      if (error instanceof VerificationError) return refusal(401, error.message);
      // Nothing can be verified: all events wait, rather than this one.
      this.onError(error);
      return refusal(503, 'The keys cannot be had.', { 'retry-after': String(RETRY_AFTER_SECONDS) });
    }
    const outcome = await this.once({ id, body });
    return answer(200, { [outcome]: true });
  }

  private once(event: ReceivedEvent): Promise<'received' | 'duplicate'> {
    const { id } = event;
    const before = this.underWay.get(id);
    if (before !== undefined) return before;
    const work = this.work(event).finally(() => this.underWay.delete(id));
    this.underWay.set(id, work);
    return work;
  }

  private async work(event: ReceivedEvent): Promise<'received' | 'duplicate'> {
    if (await this.seen.has(event.id)) return 'duplicate';
    await this.onEvent(event);
    await this.seen.add(event.id);
    return 'received';
  }
}

function bodyOf({ bodyUsed, body }: Request): Promise<Uint8Array | undefined> | Uint8Array {
  if (bodyUsed) throw new BodyGoneError();
  // Every server that has `Request` can iterate over it; the types of browsers cannot.
  return body === null ? new Uint8Array() : readBody(body);
}

const answer = (status: number, body: object, headers: Record<string, string> = {}): ReceiverAnswer => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

const refusal = (status: number, error: string, headers?: Record<string, string>): ReceiverAnswer =>
  answer(status, { error }, headers);

function callbackOf(bytes: Uint8Array): Callback | undefined {
  try {
    const body = JSON.parse(new TextDecoder().decode(bytes)) as Partial<Callback> | null;
    const isCallback =
      typeof body?.type === 'string' && typeof body.data === 'object' && (body.data as unknown) !== null;
    return isCallback ? (body as Callback) : undefined;
  } catch {
    return undefined;
  }
}
