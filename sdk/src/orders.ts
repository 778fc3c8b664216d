import type { paths } from './api-types.ts';
import type { Api } from './api.ts';
import { itemsOf } from './pages.ts';

type QueryOf<P extends keyof paths> = paths[P] extends { get: { parameters: { query?: infer Q } } }
  ? NonNullable<Q>
  : never;
type Listed<P extends keyof paths> = paths[P] extends {
  get: { responses: { 200: { content: { 'application/json': { data: (infer T)[] } } } } };
}
  ? T
  : never;

/** The order book. What is not here is a `call` away: `client.call('patch', '/v1/orders/{id}', …)`. */
export class Orders {
  private readonly api: Api;

  constructor(api: Api) {
    this.api = api;
  }

  list(
    query: Omit<QueryOf<'/v1/orders'>, 'cursor'> = {},
  ): AsyncGenerator<Listed<'/v1/orders'>, void, undefined> {
    return itemsOf((cursor) =>
      this.api.call('get', '/v1/orders', { query: { ...query, ...(cursor !== undefined && { cursor }) } }),
    );
  }

  /** What became of orders since a cursor: the `as_of` of a report, for one. */
  changes(after?: string): AsyncGenerator<Listed<'/v1/orders/changes'>, void, undefined> {
    return itemsOf((cursor = after) =>
      this.api.call('get', '/v1/orders/changes', {
        query: { ...(cursor !== undefined && { after: cursor }) },
      }),
    );
  }
}
