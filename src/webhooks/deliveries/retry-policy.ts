import { CallbackFailure } from '../egress/callback-failure';

/** So many failures in a row open a destination's circuit. */
export const CIRCUIT_OPENS_AFTER = 5;
/** A destination that asked for less, without saying how long, rests this long. */
const THROTTLE_PAUSE_MS = 1_000;
const LONGEST_COOL_DOWN_MS = 300_000;
/** How often a destination that was disabled for failing is asked whether it works again. */
const DISABLED_PROBE_MS = 3_600_000;
/** A delivery that an open circuit keeps from its attempts still ends. */
export const GIVE_UP_SLACK_MS = 60_000;

/** 0.8 to 1.2 of it, so that what failed together does not come back together. */
const withJitter = (ms: number, random: () => number = Math.random): number =>
  Math.round(ms * (0.8 + 0.4 * random()));

/**
 * Milliseconds until the next attempt.
 *
 * @param schedule delays after the first attempt, the second and so on
 * @param failures how many attempts have failed, this one included
 * @param retryAfter milliseconds that the receiver asked for; never makes it sooner
 * @returns `null` when the schedule is used up
 */
export function nextAttemptIn(
  schedule: readonly number[],
  failures: number,
  retryAfter: number | null,
  random?: () => number,
): number | null {
  const delay = schedule[failures - 1];
  return delay === undefined ? null : Math.max(withJitter(delay, random), retryAfter ?? 0);
}

/** How long a destination as a whole rests after a failure; 0 for not at all. */
export function pauseAfter(
  failure: CallbackFailure,
  failuresInARow: number,
  retryAfter: number | null,
  disabled: boolean,
  random?: () => number,
): number {
  if (disabled) return withJitter(DISABLED_PROBE_MS, random);
  const throttle = failure === CallbackFailure.Throttled ? (retryAfter ?? THROTTLE_PAUSE_MS) : 0;
  if (failuresInARow < CIRCUIT_OPENS_AFTER) return throttle;
  const coolDown = Math.min(
    1_000 * 2 ** Math.min(failuresInARow - CIRCUIT_OPENS_AFTER, 20),
    LONGEST_COOL_DOWN_MS,
  );
  return Math.max(throttle, withJitter(coolDown, random));
}

/** Twice the schedule: time for every attempt, and for the waits of an open circuit between them. */
export const giveUpAfter = (schedule: readonly number[]): number =>
  2 * schedule.reduce((sum, delay) => sum + delay, 0) + GIVE_UP_SLACK_MS;
