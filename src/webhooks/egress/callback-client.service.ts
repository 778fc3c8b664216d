import { Injectable, OnApplicationShutdown } from '@nestjs/common';
import { Client, Dispatcher } from 'undici';
import { CallbackExchange, withoutNul } from './callback-exchange';
import { CallbackFailure, failureOfError, failureOfStatus } from './callback-failure';
import { ConnectionPool, discard } from './connection-pool';
import { EgressGuardService } from './egress-guard.service';
import { ConnectionTrace, guardedConnector, type TlsProfile } from './guarded-connector';

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
  /** As the receiver sent it, and its own clock with it. */
  retryAfter: string | null;
  date: string | null;
}

/** Sends one request to a URL that a stranger gave. Follows no redirect, inflates nothing, never throws. */
@Injectable()
export class CallbackClientService implements OnApplicationShutdown {
  private readonly pool = new ConnectionPool();
  /** What each signal from outside would give up. */
  private readonly underWay = new WeakMap<AbortSignal, Set<CallbackExchange>>();

  constructor(private readonly guard: EgressGuardService) {}

  onApplicationShutdown(): void {
    this.pool.close();
  }

  async post(request: CallbackRequest): Promise<CallbackAnswer> {
    const exchange = new CallbackExchange(request.timeoutMs);
    const trace: ConnectionTrace = { address: null, connectMs: null, tlsMs: null };
    const group = request.stop && this.groupOf(request.stop);
    group?.add(exchange);
    if (request.stop?.aborted === true) exchange.abort(request.stop.reason);
    const dns = await this.exchange(request, exchange, trace);
    group?.delete(exchange);
    const failed = exchange.status === null;
    const failure = failed ? failureOfError(exchange.error) : failureOfStatus(exchange.status ?? 0);
    return {
      failure: failed && request.stop?.aborted === true ? CallbackFailure.Interrupted : failure,
      status: exchange.status,
      address: trace.address,
      timings: {
        ...(dns !== null && { dns }),
        ...(trace.connectMs !== null && { connect: round(trace.connectMs) }),
        ...(trace.tlsMs !== null && { tls: round(trace.tlsMs) }),
        ...(exchange.firstByteMs !== null && { first_byte: exchange.firstByteMs }),
        total: exchange.since(),
      },
      detail: failed ? detailOf(exchange.error) : failure && `The answer was ${exchange.status}.`,
      response: exchange.text(),
      retryAfter: exchange.retryAfter,
      date: exchange.date,
    };
  }

  /** @returns the milliseconds of the look-up; `null` when it did not come to its end */
  private async exchange(
    request: CallbackRequest,
    exchange: CallbackExchange,
    trace: ConnectionTrace,
  ): Promise<number | null> {
    const { url } = request;
    const literal = this.literalFor(url, exchange);
    const addresses = literal ?? (exchange.isOver ? null : await this.addressesFor(url, exchange));
    if (addresses === null) return null;
    const dns = exchange.since();
    const key = `${request.profile} ${url.origin} ${addresses.join(' ')}`;
    trace.address = addresses[0] ?? null;
    const options: Dispatcher.DispatchOptions = {
      method: 'POST',
      path: url.pathname + url.search,
      headers: request.headers,
      body: request.body,
    };
    const kept = this.pool.take(key);
    let client = kept ?? this.open(request, addresses, trace);
    if (kept) {
      exchange.secondTry = () => {
        discard(kept);
        client = this.open(request, addresses, trace);
        client.dispatch(options, exchange);
      };
    }
    client.dispatch(options, exchange);
    await exchange.over;
    if (exchange.whole) this.pool.give(key, client);
    else discard(client);
    return dns;
  }

  /** The address that the URL itself names, if it may be called; `null` for a name, and when the exchange is over. */
  private literalFor(url: URL, exchange: CallbackExchange): string[] | null {
    try {
      const literal = this.guard.literalOf(url);
      return literal === null || exchange.isOver ? null : [literal];
    } catch (error) {
      exchange.fail(error);
      return null;
    }
  }

  /** `null` when the exchange is over before its end. A look-up that does not come back must not outlive it. */
  private async addressesFor(url: URL, exchange: CallbackExchange): Promise<string[] | null> {
    try {
      const lookUp = this.guard.addressesOf(url, exchange.signal);
      lookUp.catch(() => undefined);
      const addresses = await Promise.race([lookUp, exchange.over]);
      return exchange.isOver ? null : (addresses ?? null);
    } catch (error) {
      exchange.fail(error);
      return null;
    }
  }

  private groupOf(stop: AbortSignal): Set<CallbackExchange> {
    const known = this.underWay.get(stop);
    if (known) return known;
    const group = new Set<CallbackExchange>();
    this.underWay.set(stop, group);
    stop.addEventListener('abort', () => {
      for (const exchange of group) exchange.abort(stop.reason);
    });
    return group;
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

const round = (ms: number): number => Math.round(ms * 10) / 10;

/**
 * What failed an assertion of the parser is no proper HTTP; the assertion itself means nothing to its owner. Other texts may
 * hold what the receiver sent, the names of its certificate for one.
 */
const detailOf = (error: unknown): string =>
  error instanceof Error && error.name === 'AssertionError'
    ? 'The answer was no proper HTTP.'
    : withoutNul(String(error instanceof Error ? error.message : error)).slice(0, 500);
