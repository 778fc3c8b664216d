import { fromBase64 } from '../base64.ts';
import { ConnectionError, reasonOf } from '../errors.ts';
import { SigningKey } from './signing-key.ts';

/** As the service has it cached. */
const FRESH_MS = 300_000;
/** Between two requests because of a key that is not known: whoever sends nonsense must not have us ask each time. */
const ASK_AGAIN_MS = 10_000;
const TIMEOUT_MS = 10_000;

interface JsonWebKeySet {
  keys?: { crv?: string; x?: string }[];
}

/** The public keys of one endpoint, as the service publishes them: fetched when they are needed, and kept for five minutes. */
export class PublishedKeys {
  private readonly url: string;
  private readonly fetch: typeof fetch;
  private keys: readonly SigningKey[] = [];
  private fetchedAt = -Infinity;
  private fetching: Promise<readonly SigningKey[]> | undefined;

  /** @param url `https://…/.well-known/jwks.json?endpoint_id=…` */
  constructor(url: string | URL, fetch: typeof globalThis.fetch) {
    // The document without it has the keys of all endpoints, and their owners can have anything signed.
    if (!new URL(url).searchParams.get('endpoint_id'))
      throw new TypeError('The address of the keys must name your endpoint: …/jwks.json?endpoint_id=…');
    this.url = String(url);
    this.fetch = (...args) => fetch(...args);
  }

  /** @throws ConnectionError when they cannot be had */
  async current(): Promise<readonly SigningKey[]> {
    return this.age() < FRESH_MS ? this.keys : this.fetched();
  }

  /** @returns the keys as they are now; `undefined` when they were fetched a moment ago */
  async newer(): Promise<readonly SigningKey[] | undefined> {
    return this.age() < ASK_AGAIN_MS ? undefined : this.fetched();
  }

  private age(): number {
    return performance.now() - this.fetchedAt;
  }

  private fetched(): Promise<readonly SigningKey[]> {
    this.fetching ??= this.request().finally(() => {
      this.fetching = undefined;
    });
    return this.fetching;
  }

  private async request(): Promise<readonly SigningKey[]> {
    try {
      const answer = await this.fetch(this.url, {
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (!answer.ok) throw new Error(`The answer was ${answer.status}.`);
      const { keys = [] } = (await answer.json()) as JsonWebKeySet;
      this.keys = keys.filter(({ crv }) => crv === 'Ed25519').map(({ x = '' }) => keyOf(x));
      this.fetchedAt = performance.now();
      return this.keys;
    } catch (cause) {
      throw new ConnectionError(`The keys of ${this.url} cannot be had: ${reasonOf(cause)}`, { cause });
    }
  }
}

const keyOf = (base64url: string): SigningKey =>
  SigningKey.ofPublicKey(fromBase64(base64url.replaceAll('-', '+').replaceAll('_', '/')) ?? new Uint8Array());
