import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from './random';

const PATIENCE_MS = 15_000;

export interface HttpAnswer {
  status: number;
  headers: Headers;
  body: Buffer;
  tookMs: number;
}

/** A client of the service as a careful integrator writes it: takes any API, and asks again when there is no answer. */
export class ApiClient {
  constructor(
    private readonly urls: string[],
    private readonly apiKey: string,
    private readonly random: Random,
  ) {}

  /** One try at one of the APIs. `undefined`: no answer, or a 5xx that promises nothing. */
  async once(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: unknown,
  ): Promise<HttpAnswer | undefined> {
    const from = performance.now();
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
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const bytes = Buffer.from(await answer.arrayBuffer());
      if (answer.status === 429) {
        await sleep(Number(answer.headers.get('retry-after') ?? 1) * 1_000);
        return undefined;
      }
      const { status, headers: answered } = answer;
      return { status, headers: answered, body: bytes, tookMs: performance.now() - from };
    } catch {
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
    isFinal = (status: number): boolean => status < 500,
  ): Promise<HttpAnswer | undefined> {
    while (Date.now() < until) {
      const answer = await this.once(method, path);
      if (answer !== undefined && isFinal(answer.status)) return answer;
      await sleep(200 + this.random.next() * 300);
    }
    return undefined;
  }
}
