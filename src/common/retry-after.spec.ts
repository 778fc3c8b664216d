import fc from 'fast-check';
import { retryAfterSeconds } from './retry-after';

describe('Retry-After', () => {
  it('is a whole number of seconds between one and sixty, whatever was estimated', () => {
    fc.assert(
      fc.property(fc.double(), (estimate) => {
        const seconds = retryAfterSeconds(estimate);
        expect(Number.isInteger(seconds) && seconds >= 1 && seconds <= 60).toBe(true);
      }),
    );
  });
});
