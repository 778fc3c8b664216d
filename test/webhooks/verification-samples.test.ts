import { Webhook } from 'standardwebhooks';
import { signatureHeader, SigningKey } from '../../src/webhooks/signing/standard-webhooks';
import { BODY, ED25519, GOLDEN, GOLDEN_V1, GOLDEN_V1A, HMAC, signedRequests } from './signed-requests';
import { canRun, Sample, V1_SAMPLES, V1A_SAMPLES, verdictsOf } from './verification-sample';

function judges(sample: Sample, key: SigningKey, golden: string): void {
  const all = signedRequests(key, golden);
  const verdicts = verdictsOf(
    sample,
    all.map(({ attempt }) => attempt),
  );
  expect(Object.fromEntries(all.map(({ what }, index) => [what, verdicts[index]]))).toEqual(
    Object.fromEntries(all.map(({ what, genuine }) => [what, String(genuine)])),
  );
}

it('has requests that are signed as others sign', () => {
  expect(signatureHeader(GOLDEN.id, GOLDEN.timestamp, BODY, [HMAC])).toBe(GOLDEN_V1);
  expect(signatureHeader(GOLDEN.id, GOLDEN.timestamp, BODY, [ED25519])).toBe(GOLDEN_V1A);
  const { attempt } = signedRequests(HMAC, GOLDEN_V1)[0]!;
  const headers = {
    'webhook-id': attempt.id!,
    'webhook-timestamp': attempt.timestamp!,
    'webhook-signature': attempt.signatures!,
  };
  expect(new Webhook(attempt.key).verify(BODY.toString(), headers)).toEqual({ test: 2_432_232_314 });
});

describe('docs/webhooks.md verifies a secret in', () => {
  for (const sample of V1_SAMPLES) {
    (canRun(sample) ? it : it.skip)(sample.heading, () => judges(sample, HMAC, GOLDEN_V1));
  }
});

describe('docs/webhooks.md verifies a public key in', () => {
  for (const sample of V1A_SAMPLES) {
    (canRun(sample) ? it : it.skip)(sample.fence, () => judges(sample, ED25519, GOLDEN_V1A));
  }
});
