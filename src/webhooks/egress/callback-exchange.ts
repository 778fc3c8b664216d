import type { Dispatcher } from 'undici';
import { CallbackFailure, failureOfError } from './callback-failure';

/** Interim answers that one request may get before its real one. */
const MOST_INTERIM = 16;

/** As much of an answer as is read and kept. */
export const RESPONSE_BYTES = 4_096;
/** How long an answer's body may take once its status is known: the status alone decides. */
const BODY_MS = 1_500;

/** Postgres takes no NUL in a text. */
export const withoutNul = (text: string): string => text.replaceAll('\0', '\ufffd');

/** No status came in time. */
class DeadlineError extends Error {
  constructor(timeoutMs: number) {
    super(`No answer within ${timeoutMs} ms.`);
    this.name = 'TimeoutError';
  }
}

/** The answer is none of HTTP's, or none to our request. */
class ProtocolError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ProtocolError';
  }
}

/**
 * One request and its answer, as undici's parser reports it: the start of the body is kept, and one that is endless,
 * slow or broken is cut, because the status has been received by then. Without a stream or a signal for each attempt:
 * they cost more than the request.
 */
export class CallbackExchange implements Dispatcher.DispatchHandler {
  status: number | null = null;
  retryAfter: string | null = null;
  date: string | null = null;
  /** Milliseconds from the start until the status. */
  firstByteMs: number | null = null;
  /** Whether the answer was read to its end, so that the connection can be used again. */
  whole = false;
  /** Why there is no status. */
  error: unknown = null;
  /**
   * On a kept connection: begins anew on a fresh one, once, when that one breaks before a byte of the answer. The receiver
   * may have closed it just when the request went out.
   */
  secondTry: (() => void) | undefined;
  /** Resolves when it is over, with a status or an error. */
  readonly over: Promise<void>;

  private readonly began = performance.now();
  private readonly chunks: Buffer[] = [];
  private bytes = 0;
  private interim = 0;
  private controller: Dispatcher.DispatchController | undefined;
  private aborting: AbortController | undefined;
  private timer: NodeJS.Timeout;
  private end: (() => void) | undefined;

  /** @param timeoutMs until the status */
  constructor(timeoutMs: number) {
    this.over = new Promise((resolve) => (this.end = resolve));
    this.timer = setTimeout(() => this.abort(new DeadlineError(timeoutMs)), timeoutMs);
  }

  /** For what has to be given up when the exchange ends: made for those that need one. */
  get signal(): AbortSignal {
    this.aborting ??= new AbortController();
    return this.aborting.signal;
  }

  get isOver(): boolean {
    return this.end === undefined;
  }

  /** Milliseconds since the start. */
  since(): number {
    return Math.round((performance.now() - this.began) * 10) / 10;
  }

  /** The first bytes of the answer. */
  text(): string | null {
    if (this.status === null) return null;
    if (this.bytes === 0) return '';
    return withoutNul(Buffer.concat(this.chunks).subarray(0, RESPONSE_BYTES).toString('utf8'));
  }

  abort(error: unknown): void {
    if (this.isOver) return;
    this.fail(error);
    this.controller?.abort(error as Error);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.isOver) controller.abort(new Error('The attempt is over.'));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    this.secondTry = undefined;
    if (status < 200) {
      this.onInterim(status);
      return;
    }
    this.status = status;
    this.firstByteMs = this.since();
    this.retryAfter = firstOf(headers['retry-after']);
    this.date = firstOf(headers['date']);
    clearTimeout(this.timer);
    // Most answers are whole with their status: a timer for each would cost more than the rest of this.
    queueMicrotask(() => {
      if (!this.isOver) this.timer = setTimeout(() => this.abort(null), BODY_MS);
    });
  }

  /** Interim answers are passed over (RFC 9110, section 15.2); we asked for no other protocol. */
  private onInterim(status: number): void {
    this.interim += 1;
    if (status < 100 || status === 101) this.abort(new ProtocolError(`The answer was ${status}.`));
    else if (this.interim > MOST_INTERIM)
      this.abort(new ProtocolError('There was no end of interim answers.'));
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.isOver) return;
    // A copy: the parser's buffer is larger, and used again.
    this.chunks.push(Buffer.from(chunk.subarray(0, RESPONSE_BYTES)));
    this.bytes += chunk.length;
    if (this.bytes > RESPONSE_BYTES) this.abort(null);
  }

  onResponseEnd(): void {
    this.whole = !this.isOver;
    this.finish();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: unknown): void {
    const { secondTry } = this;
    this.secondTry = undefined;
    if (secondTry && !this.isOver && failureOfError(error) === CallbackFailure.Reset) {
      secondTry();
      return;
    }
    this.fail(error);
  }

  /** Also a look-up that failed, before there was a request. */
  fail(error: unknown): void {
    if (this.isOver) return;
    if (this.status === null) this.error = error;
    this.finish();
  }

  private finish(): void {
    clearTimeout(this.timer);
    const { end } = this;
    this.end = undefined;
    this.aborting?.abort();
    end?.();
  }
}

const firstOf = (header: string | string[] | undefined): string | null =>
  (Array.isArray(header) ? header[0] : header) ?? null;
