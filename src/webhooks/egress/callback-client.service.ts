import { Injectable, OnApplicationShutdown } from '@nestjs/common';
import { Client, Dispatcher } from 'undici';
import { CallbackFailure, failureOfError, failureOfStatus } from './callback-failure';
import { ConnectionPool, discard } from './connection-pool';
import { EgressGuard } from './egress-guard.service';
import { ConnectionTrace, guardedConnector } from './guarded-connector';
import type { TlsProfile } from './tls-profile';

/** As much of an answer as is read and kept. */
export const RESPONSE_BYTES = 4_096;
/** How long an answer's body may take once its status is known: the status alone decides. */
const BODY_MS = 1_500;
const HEADER_BYTES = 16_384;

export interface CallbackRequest {
  url: URL;
  headers: Record<string, string>;
  body: Buffer;
  tls: TlsProfile;
  /** Requests of the same profile may share connections. */
  profile: string;
  /** Milliseconds for all of it: look-up, connection, TLS, sending, and the status of the answer. */
  timeoutMs: number;
  /** Gives the attempt up from outside. */
  stop?: AbortSignal;
}

/** Milliseconds of each phase; a phase that did not take place is missing. */
export interface CallbackTimings {
  dns?: number;
  connect?: number;
  tls?: number;
  first_byte?: number;
  total: number;
}

export interface CallbackAnswer {
  /** `null` when it was a 2xx. */
  failure: CallbackFailure | null;
  status: number | null;
  /** The address that was dialled. */
  address: string | null;
  timings: CallbackTimings;
  /** For people: what went wrong. */
  detail: string | null;
  /** The first bytes of the answer. */
  response: string | null;
  retryAfter: string | null;
}

/** Sends one request to a URL that a stranger gave. Follows no redirect, inflates nothing, never throws. */
@Injectable()
export class CallbackClient implements OnApplicationShutdown {
  private readonly pool = new ConnectionPool();

  constructor(private readonly guard: EgressGuard) {}

  onApplicationShutdown(): void {
    this.pool.close();
  }

  async post(request: CallbackRequest): Promise<CallbackAnswer> {
    const began = performance.now();
    const since = (): number => Math.round((performance.now() - began) * 10) / 10;
    const answer: CallbackAnswer = {
      failure: null,
      status: null,
      address: null,
      timings: { total: 0 },
      detail: null,
      response: null,
      retryAfter: null,
    };
    const deadline = AbortSignal.timeout(request.timeoutMs);
    const signal = request.stop ? AbortSignal.any([deadline, request.stop]) : deadline;
    try {
      await this.exchange(request, signal, answer, since);
    } catch (error) {
      const failure = deadline.aborted ? CallbackFailure.Timeout : failureOfError(error);
      answer.failure = request.stop?.aborted === true ? CallbackFailure.Interrupted : failure;
      answer.detail = deadline.aborted
        ? `No answer within ${request.timeoutMs} ms.`
        : String(error instanceof Error ? error.message : error).slice(0, 500);
    }
    answer.timings.total = since();
    return answer;
  }

  private async exchange(
    request: CallbackRequest,
    signal: AbortSignal,
    answer: CallbackAnswer,
    since: () => number,
  ): Promise<void> {
    const { url } = request;
    const addresses = await unlessAborted(this.guard.addressesOf(url, signal), signal);
    answer.timings.dns = since();
    const key = `${request.profile} ${url.origin} ${addresses.join(' ')}`;
    const trace: ConnectionTrace = { address: addresses[0] ?? null, connectMs: null, tlsMs: null };
    const client = this.pool.take(key) ?? this.open(request, addresses, trace);
    let reusable = false;
    try {
      const response = await client.request({
        method: 'POST',
        path: url.pathname + url.search,
        headers: request.headers,
        body: request.body,
        signal,
      });
      answer.timings.first_byte = since();
      answer.status = response.statusCode;
      answer.failure = failureOfStatus(response.statusCode);
      if (answer.failure !== null) answer.detail = `The answer was ${response.statusCode}.`;
      answer.retryAfter = singleHeader(response.headers['retry-after']);
      const { text, whole } = await readStart(response.body);
      answer.response = text;
      reusable = whole;
    } finally {
      answer.address = trace.address;
      if (trace.connectMs !== null) answer.timings.connect = Math.round(trace.connectMs * 10) / 10;
      if (trace.tlsMs !== null) answer.timings.tls = Math.round(trace.tlsMs * 10) / 10;
      if (reusable) this.pool.give(key, client);
      else discard(client);
    }
  }

  private open(
    { url, tls, timeoutMs }: CallbackRequest,
    addresses: string[],
    trace: ConnectionTrace,
  ): Client {
    const check = (address: string): void => this.guard.check(address, url);
    return new Client(url.origin, {
      connect: guardedConnector(addresses, check, tls, timeoutMs, trace),
      pipelining: 1,
      maxHeaderSize: HEADER_BYTES,
      // The deadline of the whole attempt governs.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }
}

/** The start of a body. One that is endless, slow or broken is cut: the status has been received by then. */
async function readStart(body: Dispatcher.ResponseData['body']): Promise<{ text: string; whole: boolean }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const impatience = setTimeout(() => body.destroy(), BODY_MS);
  let whole = false;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > RESPONSE_BYTES) break;
    }
    whole = bytes <= RESPONSE_BYTES;
  } catch {
    // Reset or cut after the headers.
  } finally {
    clearTimeout(impatience);
    if (!whole) body.on('error', () => undefined).destroy();
  }
  // Postgres takes no NUL in a text.
  const text = Buffer.concat(chunks).subarray(0, RESPONSE_BYTES).toString('utf8').replaceAll('\0', '\ufffd');
  return { text, whole };
}

const singleHeader = (value: string | string[] | undefined): string | null =>
  (Array.isArray(value) ? value[0] : value) ?? null;

/** A look-up that does not come back must not outlive the attempt. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
