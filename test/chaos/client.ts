import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger } from './ledger';
import type { Random } from './random';

const TIMEOUT_MS = 15_000;
/** A stream is left by then, and opened again. */
const STREAM_TIMEOUT_MS = 20_000;

export interface HttpAnswer {
  status: number;
  headers: Headers;
  body: Buffer;
  tookMs: number;
  /** Of a problem. */
  code: string | undefined;
}

/** What the client makes of requests that were not served. */
export interface Expectations {
  /** Whether each of them breaks a promise: a proxy before the service is to spare callers its restarts. */
  serveAll: boolean;
  /** Requests a second; no more than that are sent. */
  rate?: number;
}

/** A client of the service as a careful integrator writes it: takes any API, and asks again when there is no answer. */
export class ApiClient {
  private nextAt = 0;
  private rate: number | undefined;

  constructor(
    private readonly urls: string[],
    private readonly apiKey: string,
    private readonly random: Random,
    private readonly ledger: Ledger,
    private readonly expectations: Expectations,
  ) {
    this.rate = expectations.rate;
  }

  /** From now on requests are sent as they come. */
  hurry(): void {
    this.rate = undefined;
  }

  /** One try at one of the APIs. `undefined`: no answer, or one that asks to come back. */
  async once(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: unknown,
  ): Promise<HttpAnswer | undefined> {
    const from = await this.untilAllowed();
    try {
      const answer = await fetch(this.random.pick(this.urls) + path, {
        method,
        redirect: 'manual',
        headers: {
          authorization: `Bearer ${this.apiKey}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const bytes = Buffer.from(await answer.arrayBuffer());
      const { status, headers: answered } = answer;
      const code = status < 400 ? undefined : codeOf(bytes);
      if (status >= 500) this.judge(method, path, status, code, answered);
      if (status === 429) {
        this.ledger.notServed(`429 ${code ?? 'without a code'}`);
        await sleep(Number(answered.get('retry-after') ?? 1) * 1_000);
        return undefined;
      }
      return { status, headers: answered, body: bytes, tookMs: performance.now() - from, code };
    } catch (error) {
      this.broken(method, path, error);
      return undefined;
    }
  }

  /**
   * Tries until there is an answer that the service stands by.
   *
   * @param isFinal which statuses are taken; a failed report is a 500 of its own that trying again does not change
   */
  async persist(
    method: string,
    path: string,
    until: number,
    headers: Record<string, string> = {},
    isFinal = (status: number): boolean => status < 500,
  ): Promise<HttpAnswer | undefined> {
    while (Date.now() < until) {
      const answer = await this.once(method, path, headers);
      if (answer !== undefined && isFinal(answer.status)) return answer;
      await sleep(200 + this.random.next() * 300);
    }
    return undefined;
  }

  /** Reads a stream of events until the service ends it, or for as long as a client reads at most. */
  async stream(path: string): Promise<void> {
    await this.untilAllowed();
    const signal = AbortSignal.timeout(STREAM_TIMEOUT_MS);
    try {
      const answer = await fetch(this.random.pick(this.urls) + path, {
        headers: { authorization: `Bearer ${this.apiKey}` },
        signal,
      });
      const bytes = Buffer.from(await answer.arrayBuffer());
      if (answer.status >= 500) this.judge('GET', path, answer.status, codeOf(bytes), answer.headers);
      if (answer.status === 429) await sleep(Number(answer.headers.get('retry-after') ?? 1) * 1_000);
    } catch (error) {
      if (!signal.aborted) this.broken('GET', path, error);
    }
  }

  /** Resolves when the next request may be sent, to the time of that. */
  private async untilAllowed(): Promise<number> {
    if (this.rate !== undefined) {
      const at = Math.max(performance.now(), this.nextAt);
      this.nextAt = at + 1_000 / this.rate;
      await sleep(at - performance.now());
    }
    this.ledger.requests += 1;
    return performance.now();
  }

  private broken(method: string, path: string, error: unknown): void {
    this.ledger.notServed('no answer');
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    if (this.expectations.serveAll) this.ledger.violation(`${method} ${path}: no answer: ${String(cause)}`);
  }

  /** An outage is a 503 that names itself and says when to come back; everything else is the service's own mistake. */
  private judge(
    method: string,
    path: string,
    status: number,
    code: string | undefined,
    headers: Headers,
  ): void {
    this.ledger.notServed(`${status} ${code ?? 'without a code'}`);
    const wrong = (text: string): void =>
      this.ledger.violation(
        `${method} ${path}: ${text} (request ${headers.get('x-request-id') ?? 'without an id'})`,
      );
    if (this.expectations.serveAll) wrong(`${status} ${code ?? 'without a code'}`);
    else if (code === undefined || code === 'internal_error') wrong(`${status} ${code ?? 'without a code'}`);
    else if (status === 503 && !headers.has('retry-after')) wrong(`503 ${code} without Retry-After`);
  }
}

function codeOf(body: Buffer): string | undefined {
  try {
    return (JSON.parse(body.toString()) as { code?: string }).code;
  } catch {
    return undefined;
  }
}
