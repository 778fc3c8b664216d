import { EgressRefusedError } from './egress-guard.service';
import { NameError } from './name-resolver';

/** Why an attempt did not end with a 2xx. */
export enum CallbackFailure {
  /** The name could not be looked up, or has no address. */
  Dns = 'dns',
  /** It leads to an address that must not be called. */
  Blocked = 'blocked',
  Refused = 'refused',
  Timeout = 'timeout',
  /** The connection broke. */
  Reset = 'reset',
  /** The certificate, or the handshake. */
  Tls = 'tls',
  /** The answer was no HTTP, or its headers were too large. */
  Protocol = 'protocol',
  /** 3xx, which is not followed. */
  Redirect = 'redirect',
  /** 410: the receiver wants no more. */
  Gone = 'gone',
  /** 429, 502, 503, 504: the receiver wants less. */
  Throttled = 'throttled',
  /** Any other status. */
  HttpStatus = 'http_status',
  /** Our worker stopped or died before the answer came. */
  Interrupted = 'interrupted',
  /** Anything else, on our side. */
  Internal = 'internal',
}

/** What would show a stranger, who has not proved that a URL is his, how our network and others look from here. */
const REVEALS_NETWORK: ReadonlySet<string> = new Set([
  CallbackFailure.Dns,
  CallbackFailure.Blocked,
  CallbackFailure.Refused,
  CallbackFailure.Timeout,
  CallbackFailure.Reset,
  CallbackFailure.Tls,
  CallbackFailure.Protocol,
]);
/** What he learns instead of these; nor may the time that it took distinguish them. */
export const UNREACHABLE = 'unreachable';

/** Of a delivery to an endpoint, or to a URL that is none, what its owner learns of a failure. */
export const shownFailure = (endpointId: string | null, failure: string | null): string | null =>
  endpointId === null && revealsNetwork(failure) ? UNREACHABLE : failure;

export const revealsNetwork = (failure: string | null): boolean =>
  failure !== null && REVEALS_NETWORK.has(failure);

const THROTTLING = new Set([429, 502, 503, 504]);
const REFUSED = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'EADDRNOTAVAIL']);
/** Of OpenSSL's verification as Node names its results, and of the handshake; `UNSPECIFIED` is a result without a name. */
const TLS =
  /CERT|CRL|SELF_SIGNED|UNABLE_TO_|^ERR_TLS|^ERR_SSL|^(EPROTO|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH|UNSPECIFIED)$/;
const RESET = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'ECONNABORTED']);
const TIMEOUT = new Set([
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

export function failureOfStatus(status: number): CallbackFailure | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) return CallbackFailure.Redirect;
  if (status === 410) return CallbackFailure.Gone;
  return THROTTLING.has(status) ? CallbackFailure.Throttled : CallbackFailure.HttpStatus;
}

/** What an error of the connection or of the exchange means. */
export function failureOfError(error: unknown): CallbackFailure {
  if (error instanceof EgressRefusedError) return CallbackFailure.Blocked;
  if (error instanceof NameError) return CallbackFailure.Dns;
  // Several addresses were tried, and none answered.
  if (error instanceof AggregateError && error.errors.length > 0) return failureOfError(error.errors[0]);
  const { name = '', code = '' } = error as { name?: string; code?: string };
  if (name === 'TimeoutError' || TIMEOUT.has(code)) return CallbackFailure.Timeout;
  if (name === 'AbortError') return CallbackFailure.Interrupted;
  if (REFUSED.has(code)) return CallbackFailure.Refused;
  if (TLS.test(code)) return CallbackFailure.Tls;
  if (RESET.has(code)) return CallbackFailure.Reset;
  if (
    name === 'HTTPParserError' ||
    name === 'ProtocolError' ||
    name === 'AssertionError' ||
    code.startsWith('UND_ERR_HEADERS') ||
    code.startsWith('UND_ERR_RES')
  ) {
    return CallbackFailure.Protocol;
  }
  return CallbackFailure.Internal;
}
