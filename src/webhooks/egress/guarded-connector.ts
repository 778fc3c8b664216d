import { buildConnector } from 'undici';
import type { LookupFunction, Socket } from 'node:net';

/** How TLS is spoken with an endpoint; everything in PEM. Empty: public authorities, and no certificate of ours. */
export interface TlsProfile {
  /** Trusted instead of the public authorities. */
  ca?: string;
  cert?: string;
  key?: string;
}

/** What an attempt learns of its connection; `null` until then, and when it was there before. */
export interface ConnectionTrace {
  address: string | null;
  connectMs: number | null;
  tlsMs: number | null;
}

const CONTINUE = 'HTTP/1.1 100';
const END_OF_HEAD = '\r\n\r\n';
/** Where the last digit of the status is. */
const DIGIT = CONTINUE.length - 1;
const [ZERO, TWO] = [0x30, 0x32];

type SocketConnector = (options: buildConnector.Options, callback: buildConnector.Callback) => Socket;

/**
 * Connects only to addresses that were checked before: they are pinned (no second look-up can give others), and the
 * address that the socket really has is checked again before a byte of the request, or of TLS, goes out.
 *
 * @param addresses all of them permitted for this URL
 * @param check throws for an address that is not
 * @param base undici's own connector; a test gives one that lies
 */
export function guardedConnector(
  addresses: readonly string[],
  check: (address: string) => void,
  tls: TlsProfile,
  timeoutMs: number,
  trace: ConnectionTrace,
  base: (options: buildConnector.BuildOptions) => buildConnector.connector = buildConnector,
): buildConnector.connector {
  // undici's type says void, its connector returns the socket.
  const connect = base({
    ...tls,
    timeout: timeoutMs,
    allowH2: false,
    lookup: pinned(addresses),
    autoSelectFamily: true,
  }) as unknown as SocketConnector;
  return (options, callback) => {
    const began = performance.now();
    const refuse = (socket: Socket): Error | undefined => {
      try {
        check(socket.remoteAddress ?? '');
        return undefined;
      } catch (error) {
        return error as Error;
      }
    };
    const socket = connect(options, (...result) => {
      const [error, connected] = result;
      if (error !== null) {
        callback(error, null);
        return;
      }
      const refusal = refuse(connected);
      if (refusal) {
        connected.destroy();
        callback(refusal, null);
        return;
      }
      if (options.protocol === 'https:') trace.tlsMs = performance.now() - began - (trace.connectMs ?? 0);
      passOverContinue(connected);
      callback(null, connected);
    });
    socket.prependOnceListener('connect', () => {
      trace.connectMs = performance.now() - began;
      trace.address = socket.remoteAddress ?? null;
      const refusal = refuse(socket);
      if (refusal) socket.destroy(refusal);
    });
  };
}

/**
 * undici breaks off at a 100 that it did not ask for, which every server may send (RFC 9110, section 15.2), and passes over
 * any other interim answer: it gets to read a 102 instead.
 */
function passOverContinue(socket: Socket): void {
  const read = socket.read.bind(socket);
  socket.read = (size?: number): unknown => {
    const chunk: unknown = read(size);
    if (!Buffer.isBuffer(chunk)) return chunk;
    // Several may come together. Those of a body stay: before it comes a status of another kind.
    for (let at = 0; isContinue(chunk, at); at = chunk.indexOf(END_OF_HEAD, at) + END_OF_HEAD.length) {
      chunk[at + DIGIT] = TWO;
      if (chunk.indexOf(END_OF_HEAD, at) < 0) break;
    }
    return chunk;
  };
}

const isContinue = (chunk: Buffer, at: number): boolean =>
  chunk[at + DIGIT] === ZERO && chunk.toString('latin1', at, at + CONTINUE.length) === CONTINUE;

const pinned =
  (addresses: readonly string[]): LookupFunction =>
  (_hostname, options, callback) => {
    const answers = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    const first = answers[0];
    if (options.all) callback(null, answers);
    else if (first) callback(null, first.address, first.family);
    else callback(new Error('There is no address to connect to.'), '');
  };
