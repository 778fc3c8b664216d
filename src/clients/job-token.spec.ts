import fc from 'fast-check';
import { decodeJobToken, encodeJobToken, isJobToken, JobPermission, type JobToken } from './job-token';

const secret = Buffer.alloc(32, 7);

const tokens: fc.Arbitrary<JobToken> = fc.record({
  jobId: fc.uuid(),
  keyId: fc.uuid(),
  permissions: fc.subarray(Object.values(JobPermission)),
  endsAt: fc.nat(2 ** 31).map((seconds) => seconds * 1_000),
});

describe('a token for one job', () => {
  it('says what it was made of', () => {
    fc.assert(
      fc.property(tokens, (token) => {
        const text = encodeJobToken(secret, token);
        expect(text).toMatch(/^ort_[\w-]{92}$/);
        expect(decodeJobToken(secret, text)).toEqual(token);
      }),
    );
  });

  it('is good for nothing with another character anywhere, or another secret', () => {
    fc.assert(
      fc.property(tokens, fc.nat(91), fc.integer({ min: 1, max: 63 }), (token, at, by) => {
        const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
        const text = encodeJobToken(secret, token);
        const place = at + 'ort_'.length;
        const other = letters[(letters.indexOf(text[place]!) + by) % 64]!;
        expect(decodeJobToken(secret, text.slice(0, place) + other + text.slice(place + 1))).toBeNull();
        expect(decodeJobToken(Buffer.alloc(32, 8), text)).toBeNull();
      }),
    );
  });

  it('is nothing else', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(isJobToken(text)).toBe(false);
        expect(decodeJobToken(secret, text)).toBeNull();
      }),
    );
    const text = encodeJobToken(secret, { jobId: ID, keyId: ID, permissions: [], endsAt: 0 });
    for (const other of [`${text}A`, text.slice(0, -1), text.replace('ort', 'ork'), ` ${text}`, `${text}\n`])
      expect(decodeJobToken(secret, other)).toBeNull();
  });
});

const ID = '0192f3a5-6c4e-7d51-9a43-3f0d5f6d2c11';
