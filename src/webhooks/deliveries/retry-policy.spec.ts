import fc from 'fast-check';
import { CallbackFailure } from '../egress/callback-failure';
import { CIRCUIT_OPENS_AFTER, giveUpAfter, nextAttemptIn, pauseAfter } from './retry-policy';

const SCHEDULE = [5_000, 300_000];
const MIDDLE = (): number => 0.5;

describe('the next attempt', () => {
  it('follows the schedule, and ends with it', () => {
    expect([1, 2, 3].map((failures) => nextAttemptIn(SCHEDULE, failures, null, MIDDLE))).toEqual([
      5_000,
      300_000,
      null,
    ]);
  });

  it('is delayed by Retry-After, never hastened, and never made where the schedule has none', () => {
    expect(nextAttemptIn(SCHEDULE, 1, 60_000, MIDDLE)).toBe(60_000);
    expect(nextAttemptIn(SCHEDULE, 2, 1_000, MIDDLE)).toBe(300_000);
    expect(nextAttemptIn(SCHEDULE, 3, 1_000, MIDDLE)).toBeNull();
  });

  it('varies by a fifth, and by itself', () => {
    expect(nextAttemptIn(SCHEDULE, 1, null, () => 0)).toBe(4_000);
    expect(nextAttemptIn(SCHEDULE, 1, null, () => 1)).toBe(6_000);
    expect(new Set(Array.from({ length: 50 }, () => nextAttemptIn(SCHEDULE, 2, null))).size).toBeGreaterThan(
      1,
    );
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (random) => {
        const delay = nextAttemptIn(SCHEDULE, 1, null, () => random);
        expect(delay).toBeGreaterThanOrEqual(4_000);
        expect(delay).toBeLessThanOrEqual(6_000);
      }),
    );
  });
});

describe('the pause of a destination', () => {
  it('is none for single failures, and doubles to a bound once the circuit is open', () => {
    const pause = (failures: number): number =>
      pauseAfter(CallbackFailure.Timeout, failures, null, false, MIDDLE);
    expect(pause(1)).toBe(0);
    expect(pause(CIRCUIT_OPENS_AFTER)).toBe(1_000);
    expect(pause(CIRCUIT_OPENS_AFTER + 3)).toBe(8_000);
    expect(pause(1_000)).toBe(300_000);
  });

  it('varies by a fifth once the circuit is open, and of a disabled one', () => {
    const pauses = (disabled: boolean): number[] =>
      [0, 1].map((random) =>
        pauseAfter(CallbackFailure.Timeout, CIRCUIT_OPENS_AFTER, null, disabled, () => random),
      );
    expect(pauses(false)).toEqual([800, 1_200]);
    expect(pauses(true)).toEqual([2_880_000, 4_320_000]);
  });

  it('is what a throttling receiver asked for', () => {
    expect(pauseAfter(CallbackFailure.Throttled, 1, 42_000, false, MIDDLE)).toBe(42_000);
    expect(pauseAfter(CallbackFailure.Throttled, 1, null, false, MIDDLE)).toBe(1_000);
    expect(pauseAfter(CallbackFailure.HttpStatus, 1, 42_000, false, MIDDLE)).toBe(0);
  });

  it('is long between the probes of a disabled one', () => {
    expect(pauseAfter(CallbackFailure.Timeout, 99, null, true, MIDDLE)).toBe(3_600_000);
  });
});

it('gives up after twice the schedule and a minute', () => {
  expect(giveUpAfter(SCHEDULE)).toBe(2 * 305_000 + 60_000);
});
