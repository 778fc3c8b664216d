import type { paths } from './api-types.ts';
import { type HttpClient, type HttpRequest, type QueryValue } from './http-client.ts';
import { idempotencyKeyHeader } from './idempotency-key.ts';
import type { CallOptions, CallResult, MethodOf } from './typed-call.ts';

interface PlainOptions {
  path?: Record<string, string>;
  query?: Record<string, QueryValue>;
  body?: unknown;
  headers?: Record<string, string>;
  idempotencyKey?: string;
  signal?: AbortSignal;
}

/** Any call of the OpenAPI document, with its types. */
export class Api {
  readonly http: HttpClient;

  constructor(http: HttpClient) {
    this.http = http;
  }

  /**
   * `call('get', '/v1/orders/{id}', { path: { id } })`
   *
   * @throws ApiError what the service says no to
   * @throws ConnectionError when it could not be reached for too long
   */
  async call<P extends keyof paths, M extends MethodOf<P>>(
    method: M,
    path: P,
    ...[options]: object extends CallOptions<P, M> ? [CallOptions<P, M>?] : [CallOptions<P, M>]
  ): Promise<CallResult<P, M>> {
    const { value } = await this.http.json<CallResult<P, M>>(requestOf(method, path, options ?? {}));
    return value;
  }
}

function requestOf(
  method: string,
  template: string,
  { path = {}, query, body, headers, idempotencyKey, signal }: PlainOptions,
): HttpRequest {
  return {
    method: method.toUpperCase(),
    path: template.replace(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(path[name] ?? '')),
    ...(query && { query }),
    ...(body !== undefined && { body: JSON.stringify(body) }),
    headers: {
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...(idempotencyKey !== undefined && idempotencyKeyHeader(idempotencyKey)),
      ...headers,
    },
    signal,
  };
}
