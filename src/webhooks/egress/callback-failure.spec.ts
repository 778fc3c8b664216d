import { CallbackFailure, failureOfError, failureOfStatus, revealsNetwork } from './callback-failure';
import { EgressRefusedError } from './egress-guard.service';
import { NameError } from './name-resolver';

const coded = (code: string, name = 'Error'): Error => Object.assign(new Error(code), { code, name });

it.each([
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'CERT_SIGNATURE_FAILURE',
  'CERT_NOT_YET_VALID',
  'CERT_HAS_EXPIRED',
  'CERT_REVOKED',
  'CERT_UNTRUSTED',
  'CRL_HAS_EXPIRED',
  'ERROR_IN_CERT_NOT_AFTER_FIELD',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'HOSTNAME_MISMATCH',
  'UNSPECIFIED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
  'EPROTO',
])('takes %s for a failure of TLS, which a stranger does not see', (code) => {
  expect(failureOfError(coded(code))).toBe(CallbackFailure.Tls);
  expect(revealsNetwork(failureOfError(coded(code)))).toBe(true);
});

it.each([
  ['a refused address', CallbackFailure.Blocked, new EgressRefusedError('10.0.0.1 is not a public address.')],
  ['a name', CallbackFailure.Dns, new NameError('example.com', true)],
  ['several', CallbackFailure.Refused, new AggregateError([coded('ECONNREFUSED'), coded('ETIMEDOUT')])],
  ['no route', CallbackFailure.Refused, coded('ENETUNREACH')],
  ['our deadline', CallbackFailure.Timeout, coded('', 'TimeoutError')],
  ['a slow connection', CallbackFailure.Timeout, coded('UND_ERR_CONNECT_TIMEOUT')],
  ['our end', CallbackFailure.Interrupted, coded('', 'AbortError')],
  ['a reset', CallbackFailure.Reset, coded('ECONNRESET')],
  ['a closed socket', CallbackFailure.Reset, coded('UND_ERR_SOCKET')],
  ['no HTTP', CallbackFailure.Protocol, coded('HPE_INVALID_CONSTANT', 'HTTPParserError')],
  ['large headers', CallbackFailure.Protocol, coded('UND_ERR_HEADERS_OVERFLOW')],
  ['our own memory', CallbackFailure.Internal, coded('OUT_OF_MEM')],
  ['what is no error', CallbackFailure.Internal, 'a text'],
])('classes %s as %s', (_what, failure, error) => {
  expect(failureOfError(error)).toBe(failure);
});

it.each([
  [200, null],
  [299, null],
  [304, CallbackFailure.Redirect],
  [404, CallbackFailure.HttpStatus],
  [410, CallbackFailure.Gone],
  [429, CallbackFailure.Throttled],
  [500, CallbackFailure.HttpStatus],
  [504, CallbackFailure.Throttled],
])('takes the status %d for %s', (status, failure) => {
  expect(failureOfStatus(status)).toBe(failure);
});
