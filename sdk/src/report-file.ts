import { ConnectionError, DamagedFileError } from './errors.ts';
import type { HttpClient } from './http-client.ts';
import type { IdleTimeout } from './timing.ts';

const IDLE_MS = 30_000;
/** In a row, each without a byte. */
const MOST_BREAKS = 5;

interface OpenBody {
  headers: Headers;
  reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  idle: IdleTimeout;
}

/** A file that is being downloaded. When the connection breaks, the download goes on where it was. */
export class ReportFile {
  /** As the service calls it: `orders-<id>.pdf`. */
  readonly name: string;
  readonly mediaType: string;
  /** In bytes; `undefined` where a proxy compresses the file or leaves it out. */
  readonly size: number | undefined;
  /** In hexadecimal. */
  readonly sha256: string;
  private readonly http: HttpClient;
  private readonly path: string;
  /** Ends what is read of it, also where nothing comes. */
  private readonly leaving: AbortController;
  private readonly signal: AbortSignal;
  private opened: OpenBody | undefined;

  private constructor(
    http: HttpClient,
    path: string,
    opened: OpenBody,
    leaving: AbortController,
    signal: AbortSignal,
  ) {
    const { headers } = opened;
    this.http = http;
    this.path = path;
    this.leaving = leaving;
    this.signal = signal;
    this.opened = opened;
    this.name = /filename="([^"/\\]+)"/.exec(headers.get('content-disposition') ?? '')?.[1] ?? 'report';
    this.mediaType = headers.get('content-type') ?? 'application/octet-stream';
    const length = headers.get('content-length');
    this.size = length === null || headers.has('content-encoding') ? undefined : Number(length);
    this.sha256 = (headers.get('etag') ?? '').replace(/^(?:W\/)?"(.*)"$/, '$1');
  }

  static async open(http: HttpClient, path: string, caller?: AbortSignal): Promise<ReportFile> {
    const leaving = new AbortController();
    const signal = caller ? AbortSignal.any([caller, leaving.signal]) : leaving.signal;
    return new ReportFile(http, path, await openAt(http, path, {}, signal), leaving, signal);
  }

  /** The bytes as they come. Once only: open the file again to have it again. */
  stream(): ReadableStream<Uint8Array> {
    const chunks = this.chunks();
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: async () => {
        // A read that waits for bytes would keep the end waiting behind it.
        this.leaving.abort();
        await chunks.return();
        // What was not begun does not end what it would have read.
        if (this.opened !== undefined) await letGo(this.opened);
        this.opened = undefined;
      },
    });
  }

  /**
   * The whole file.
   *
   * @throws DamagedFileError when it is not the one of the digest
   * @throws ConnectionError when it broke off for too long
   */
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const part of this.chunks()) {
      parts.push(part);
      length += part.length;
    }
    const whole = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    await this.verify(whole);
    return whole;
  }

  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  private async verify(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    // Browsers have it on secure pages alone.
    const subtle = (globalThis.crypto as Partial<typeof globalThis.crypto>).subtle;
    if (subtle === undefined) return;
    const digest = new Uint8Array(await subtle.digest('SHA-256', bytes));
    const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
    if (sha256 !== this.sha256)
      throw new DamagedFileError(`${this.name} has the digest ${sha256}, not ${this.sha256}.`);
  }

  private async *chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    let body = this.opened;
    if (body === undefined) throw new TypeError('The file was read already: open it again.');
    this.opened = undefined;
    let had = 0;
    for (let breaks = 0; ; breaks += 1) {
      let failure: unknown;
      try {
        for (;;) {
          const { done, value } = (await body.reader?.read()) ?? { done: true };
          if (done) break;
          body.idle.restart(IDLE_MS);
          breaks = 0;
          had += value.length;
          yield value;
        }
        // Without a size it ends with its answer, and the digest says whether it is whole.
        if (this.size === undefined || had >= this.size) return;
      } catch (error) {
        this.signal.throwIfAborted();
        failure = error;
      } finally {
        await letGo(body);
      }
      if (breaks >= MOST_BREAKS)
        throw new ConnectionError(
          `${this.name} broke off after ${had} of ${this.size ?? 'unknown'} bytes, again and again.`,
          { cause: failure },
        );
      const rest = { Range: `bytes=${had}-`, 'If-Range': `"${this.sha256}"` };
      body = await openAt(this.http, this.path, rest, this.signal);
      const from = Number(/^bytes (\d+)-/.exec(body.headers.get('content-range') ?? '')?.[1]);
      if (from !== had) throw new DamagedFileError(`${this.name} could not be taken up at byte ${had}.`);
    }
  }
}

async function letGo({ idle, reader }: OpenBody): Promise<void> {
  idle.stop();
  await reader?.cancel().catch(() => undefined);
}

function openAt(
  http: HttpClient,
  path: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<OpenBody> {
  return http.send(
    { method: 'GET', path, headers: { Accept: '*/*', ...headers }, signal, idleMs: IDLE_MS },
    (response, idle) =>
      Promise.resolve({ headers: response.headers, reader: response.body?.getReader(), idle }),
  );
}
