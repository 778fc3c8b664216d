import { toBase64 } from '../base64.ts';
import { reasonOf, rootOf } from '../errors.ts';
import { SigningKey, signedContent } from '../receiver/signing-key.ts';
import { sleep } from '../timing.ts';
import type { FeedEvent } from '../types.ts';
import { note, print } from './terminal.ts';
import { UsageError } from './usage.ts';

/** As long as the service itself waits. */
const TIMEOUT_MS = 20_000;
/** Between the attempts at one event; then the next one is sent. */
const RETRY_MS = [500, 1_000, 2_000];
/** Nobody listens there yet. Who drops a connection is there. */
const NOT_THERE: readonly unknown[] = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENOTFOUND', 'EAI_AGAIN'];
const SECRET_VARIABLE = 'ORDER_REPORTS_WEBHOOK_SECRET';

/** A receiver did not take what it was sent. */
export class NotTakenError extends Error {}

/** A receiver that gets callbacks as the service sends them: the same ids, bytes and headers, signed now. */
export class LocalReceiver {
  private readonly url: string;
  private readonly key: SigningKey;

  /** @throws UsageError for an address or a secret that is none */
  constructor(url: string | undefined, command: string) {
    if (url === undefined || !/^https?:/.test(url) || !URL.canParse(url))
      throw new UsageError(`Say where the receiver is: order-reports ${command} http://localhost:4000/`);
    this.url = url;
    const given = process.env[SECRET_VARIABLE];
    const secret = given ?? newSecret();
    this.key = signingKeyOf(secret);
    note(`Events go to ${url}, signed by ${given === undefined ? secret : SECRET_VARIABLE}`);
  }

  /**
   * Sends an event until it is taken, four times at most.
   *
   * @param waits whether a receiver that is not there is waited for
   * @returns whether it was taken
   */
  async send(event: FeedEvent, waits: boolean, signal: AbortSignal): Promise<boolean> {
    const { id, type, body } = event;
    if (body === null) {
      print(`${id}  ${type}  erased, not sent`);
      return true;
    }
    let said: string | undefined;
    for (let tries = 0; ;) {
      const { isTaken, isThere, outcome } = await this.post(id, body, signal);
      // Who waits for minutes says so once.
      if (outcome !== said) print(`${id}  ${type}  ${outcome}`);
      said = isThere ? undefined : outcome;
      if (isTaken) return true;
      const isWaitedFor = waits && !isThere;
      const delay = isWaitedFor ? RETRY_MS[0] : RETRY_MS[tries];
      if (delay === undefined) return false;
      if (!isWaitedFor) tries += 1;
      await sleep(delay, signal);
    }
  }

  private async post(
    id: string,
    body: string,
    signal: AbortSignal,
  ): Promise<{ isTaken: boolean; isThere: boolean; outcome: string }> {
    const started = performance.now();
    try {
      const { status, ok } = await fetch(this.url, {
        method: 'POST',
        redirect: 'manual',
        headers: await this.headersOf(id, body),
        body,
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      const outcome = `${status} in ${(performance.now() - started).toFixed(0)} ms`;
      return { isTaken: ok, isThere: true, outcome };
    } catch (error) {
      signal.throwIfAborted();
      const isThere = !NOT_THERE.includes(rootOf(error).code);
      return { isTaken: false, isThere, outcome: `no answer: ${reasonOf(error)}` };
    }
  }

  private async headersOf(id: string, body: string): Promise<Record<string, string>> {
    const timestamp = Math.floor(Date.now() / 1_000);
    const content = signedContent(id, timestamp, new TextEncoder().encode(body));
    return {
      'content-type': 'application/json',
      'user-agent': 'order-reports-callbacks/1',
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': `v1,${toBase64(await this.key.sign(content))}`,
    };
  }
}

const newSecret = (): string => `whsec_${toBase64(crypto.getRandomValues(new Uint8Array(32)))}`;

function signingKeyOf(secret: string): SigningKey {
  // With a public key nobody signs.
  if (/^whsec_[A-Za-z0-9+/]+={0,2}$/.test(secret)) return SigningKey.of(secret);
  throw new UsageError(`${SECRET_VARIABLE} must be a secret: whsec_…`);
}
