import type { JobToken } from './job-token';
import type { Scope } from './scope';

/** An API consumer, and the tenant that owns its orders, jobs, endpoints and keys. */
export interface Client {
  id: string;
  name: string;
}

/** Who a request comes from: the client, and the key that it showed, or that made the token that it showed. */
export interface Caller {
  client: Client;
  keyId: string;
  scopes: Scope[];
  /** When the key ends, in milliseconds since the epoch; `Infinity` without an expiry. */
  expiresAt: number;
  /** What the request is limited to, when it showed a token. */
  token?: JobToken;
}
