import { ApiError, apiErrorOf, ConnectionError, reasonOf, rootOf } from './errors.ts';
import { backoffMs, IdleTimeout, sleep } from './timing.ts';
import type { Problem } from './types.ts';

export interface ClientOptions {
  /** Where the service is, with the path that it is under: `https://reports.example.com/api`. */
  baseUrl: string;
  /** An API key, or a token of one job. */
  apiKey: string;
  /** How long a call is tried again while the service is away, or says that it is busy; 300 without it. */
  retryForSeconds?: number;
  /** Instead of the global one: for a proxy, for own certificates. */
  fetch?: typeof fetch;
  /** Called each time before a call is tried again, with what it failed of. */
  onRetry?: (failure: ApiError | ConnectionError) => void;
}

/** What may be sent: everything that can be sent again when the connection breaks. */
export type SentBody = string | Uint8Array<ArrayBuffer> | Blob;

export type QueryValue = string | number | boolean | readonly string[] | undefined | null;

export interface HttpRequest {
  method: string;
  /** Path-absolute, after the base: `/v1/jobs`. */
  path: string;
  query?: Record<string, QueryValue>;
  body?: SentBody;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
  /** How long the answer may say nothing. */
  idleMs?: number;
  /** Whether it is tried once only. */
  once?: boolean;
}

export interface HttpAnswer<T> {
  value: T;
  headers: Headers;
}

/** More than the 50 seconds for which `Prefer: wait` may hold an answer. */
const IDLE_MS = 60_000;
const RETRY_FOR_SECONDS = 300;
/** Of an upload: slower than this it is taken for dead. */
const UPLOAD_BYTES_PER_MS = 50;
/**
 * It may have been done, also where the service itself answers 503: a database that goes away can do so between a change
 * and its answer. Only what may be done twice is tried again.
 */
const PERHAPS_DONE = [408, 502, 503, 504];
/** Codes that the service answers before it does anything. */
const NOT_DONE: readonly (Problem['code'] | undefined)[] = ['store_unavailable', 'store_full'];

/** Calls over `fetch`, tried again until they are answered. */
export class HttpClient {
  private readonly base: string;
  private readonly origin: string;
  private readonly key: string;
  private readonly retryForMs: number;
  private readonly fetch: typeof fetch;
  private readonly onRetry: ClientOptions['onRetry'];

  /** @throws TypeError for what no call can be made with */
  constructor({
    baseUrl,
    apiKey,
    retryForSeconds = RETRY_FOR_SECONDS,
    fetch = globalThis.fetch,
    onRetry,
  }: ClientOptions) {
    const address = addressOf(baseUrl);
    if (address === undefined)
      throw new TypeError(
        'baseUrl must be an address that begins with http:// or https:// and has no password, query or fragment: https://reports.example.com',
      );
    // Never with the key: messages end in logs.
    if (!isApiKey(apiKey)) throw new TypeError('apiKey must be printable ASCII without spaces around it');
    this.base = address.href.replace(/\/+$/, '');
    this.origin = address.origin;
    this.key = apiKey;
    this.retryForMs = retryForSeconds * 1_000;
    this.onRetry = onRetry;
    // Browsers refuse a `fetch` that is called as a method of something else.
    this.fetch = (...args) => fetch(...args);
  }

  /** @returns what the answer holds as JSON; `undefined` where it holds nothing */
  async json<T>(request: HttpRequest): Promise<HttpAnswer<T>> {
    return this.send(request, async (response, idle) => {
      const text = await response.text();
      idle.stop();
      return { value: (text === '' ? undefined : JSON.parse(text)) as T, headers: response.headers };
    });
  }

  /**
   * @param read what is made of a good answer; when it fails the call is tried again. Whoever goes on reading restarts
   *   the timeout with what comes, and stops it in the end.
   * @throws ApiError what the service says no to
   * @throws ConnectionError when it could not be reached for too long
   * @throws TypeError for a header that cannot be sent, however often it is tried; a DOMException `NotReadableError` for
   *   a file that cannot be read
   */
  async send<T>(
    request: HttpRequest,
    read: (response: Response, idle: IdleTimeout) => Promise<T>,
  ): Promise<T> {
    const headers = new Headers({
      Authorization: `Bearer ${this.key}`,
      Accept: 'application/json',
      ...request.headers,
    });
    const until = Date.now() + (request.once ? 0 : this.retryForMs);
    const repeatable = isRepeatable(request);
    for (let tries = 1; ; tries += 1) {
      let failure: ApiError | ConnectionError;
      try {
        return await this.attempt(request, headers, read);
      } catch (error) {
        request.signal?.throwIfAborted();
        // Of a file that cannot be read, or was changed meanwhile.
        const root = rootOf(error);
        if (root.name === 'NotReadableError') throw root;
        failure =
          error instanceof ApiError
            ? error
            : new ConnectionError(
                `${request.method} ${request.path} got no answer from ${this.origin}: ${reasonOf(error)}`,
                { cause: error },
              );
      }
      if (!mayHelp(failure, repeatable)) throw failure;
      const retryAfter = failure instanceof ApiError ? (failure.retryAfter ?? 0) : 0;
      // Not sooner than by ourselves: a proxy may say 0 for as long as what is behind it is away.
      const delay = Math.max(retryAfter * 1_000, backoffMs(tries));
      if (Date.now() + delay > until) throw failure;
      this.onRetry?.(failure);
      await sleep(delay, request.signal);
    }
  }

  private async attempt<T>(
    { method, path, query = {}, body, signal, idleMs = IDLE_MS }: HttpRequest,
    headers: Headers,
    read: (response: Response, idle: IdleTimeout) => Promise<T>,
  ): Promise<T> {
    const idle = new IdleTimeout(idleMs + bytesOf(body) / UPLOAD_BYTES_PER_MS, signal);
    try {
      const response = await this.fetch(this.base + path + queryText(query), {
        method,
        headers,
        ...(body !== undefined && { body }),
        signal: idle.signal,
        // Nothing that is called here redirects; a proxy that does so is a mistake in the base, to be seen as such.
        redirect: 'manual',
      });
      if (!response.ok) throw await apiErrorOf(response);
      return await read(response, idle);
    } catch (error) {
      idle.stop();
      throw error;
    }
  }
}

/** @returns where the service is; nothing for what no path can be put after. A page may say it relative to itself. */
export function addressOf(baseUrl: string): URL | undefined {
  const page = (globalThis as { location?: { href: string } }).location?.href;
  if (!URL.canParse(baseUrl, page)) return undefined;
  const url = new URL(baseUrl, page);
  const isBase = /^https?:[^?#]*$/.test(url.href) && url.username === '' && url.password === '';
  return isBase ? url : undefined;
}

/** Whether it can stand in a header, and is read there as it is. */
export const isApiKey = (text: string): boolean => /^[!-~](?:[ -~]*[!-~])?$/.test(text);

const isRepeatable = ({ method, headers }: HttpRequest): boolean =>
  ['GET', 'HEAD', 'PUT', 'DELETE'].includes(method) || headers?.['Idempotency-Key'] !== undefined;

function mayHelp(failure: ApiError | ConnectionError, repeatable: boolean): boolean {
  if (failure instanceof ConnectionError) return repeatable;
  // A limit that time alone does not lift, a full store for one, has no Retry-After.
  if (failure.status === 429) return failure.retryAfter !== undefined;
  return PERHAPS_DONE.includes(failure.status) && (repeatable || NOT_DONE.includes(failure.code));
}

function bytesOf(body: SentBody | undefined): number {
  if (body === undefined) return 0;
  return typeof body === 'string' ? body.length : body instanceof Blob ? body.size : body.byteLength;
}

function queryText(query: Record<string, QueryValue>): string {
  const pairs = Object.entries(query).flatMap(([name, value]): [string, string][] => {
    if (value === undefined || value === null) return [];
    return (Array.isArray(value) ? (value as string[]) : [String(value)]).map((each) => [name, each]);
  });
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`;
}
