import { CallbackFailure, failureOfError, failureOfStatus, tellsOfNetwork } from './callback-failure';

const withCode = (code: string): Error => Object.assign(new Error(code), { code });

it.each([
  ...['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ...['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', 'CERT_REVOKED', 'CERT_UNTRUSTED', 'CERT_CHAIN_TOO_LONG'],
  ...[
    'ERROR_IN_CERT_NOT_AFTER_FIELD',
    'CRL_HAS_EXPIRED',
    'INVALID_CA',
    'INVALID_PURPOSE',
    'HOSTNAME_MISMATCH',
  ],
  ...['PATH_LENGTH_EXCEEDED', 'UNSPECIFIED', 'ERR_TLS_CERT_ALTNAME_INVALID', 'ERR_SSL_WRONG_VERSION_NUMBER'],
  'EPROTO',
])('%s is the fault of TLS', (code) => {
  expect(failureOfError(withCode(code))).toBe(CallbackFailure.Tls);
});

it.each([
  ['ECONNREFUSED', CallbackFailure.Refused],
  ['EHOSTUNREACH', CallbackFailure.Refused],
  ['ECONNRESET', CallbackFailure.Reset],
  ['ETIMEDOUT', CallbackFailure.Timeout],
  ['UND_ERR_HEADERS_OVERFLOW', CallbackFailure.Protocol],
  ['ERR_INVALID_ARG_TYPE', CallbackFailure.Internal],
])('%s is %s', (code, failure) => {
  expect(failureOfError(withCode(code))).toBe(failure);
});

it('is that of the first address when several were tried', () => {
  const tried = new AggregateError([withCode('ECONNREFUSED'), withCode('ETIMEDOUT')]);
  expect(failureOfError(tried)).toBe(CallbackFailure.Refused);
});

it('tells of the network exactly where there was no answer by HTTP, or none that we could read', () => {
  const answered = [200, 301, 404, 410, 429, 500].map(failureOfStatus);
  const ours = [CallbackFailure.Interrupted, CallbackFailure.Internal];
  for (const failure of Object.values(CallbackFailure)) {
    expect([failure, tellsOfNetwork(failure)]).toEqual([failure, ![...answered, ...ours].includes(failure)]);
  }
});
