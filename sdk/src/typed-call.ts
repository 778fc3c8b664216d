import type { paths } from './api-types.ts';

type Method = 'get' | 'put' | 'post' | 'delete' | 'patch';

/** The methods of a path that the document has. */
export type MethodOf<P extends keyof paths> = {
  [M in Method]: paths[P] extends Record<M, object> ? M : never;
}[Method];

type Operation<P extends keyof paths, M extends MethodOf<P>> = paths[P][M];

type ParametersIn<O, Place extends string> = O extends { parameters: Record<Place, infer V> }
  ? { [K in Place]: V }
  : O extends { parameters: Partial<Record<Place, infer V>> }
    ? unknown extends V
      ? object
      : { [K in Place]?: V }
    : object;

type JsonBody<O> = O extends { requestBody: { content: { 'application/json': infer B } } }
  ? { body: B }
  : O extends { requestBody?: { content: { 'application/json': infer B } } }
    ? { body?: B }
    : object;

type HeaderOf<O> = O extends { parameters: { header?: infer H } }
  ? H extends object
    ? keyof H
    : never
  : never;

type IdempotencyKey<O> =
  'Idempotency-Key' extends HeaderOf<O>
    ? {
        /** With the same key it is the same job, so that it may be sent again. */
        idempotencyKey?: string;
      }
    : object;

/** What a call of the document takes. */
export type CallOptions<P extends keyof paths, M extends MethodOf<P>> = ParametersIn<
  Operation<P, M>,
  'path'
> &
  ParametersIn<Operation<P, M>, 'query'> &
  JsonBody<Operation<P, M>> &
  IdempotencyKey<Operation<P, M>> & {
    headers?: Record<string, string>;
    signal?: AbortSignal;
  };

type Content<R> = R extends { content: { 'application/json': infer T } } ? T : never;

/** What a call of the document answers, of all its successes. */
export type CallResult<P extends keyof paths, M extends MethodOf<P>> =
  Operation<P, M> extends { responses: infer R }
    ? {
        [S in keyof R]: S extends 200 | 201 | 202 ? Content<R[S]> : S extends 204 ? undefined : never;
      }[keyof R]
    : never;
