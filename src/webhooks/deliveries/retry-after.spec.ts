import fc from 'fast-check';
import { MAX_RETRY_AFTER_MS, retryAfterMs } from './retry-after';

const NOW = Date.parse('2026-01-01T00:00:00Z');

it.each([
  ['120', 120_000],
  ['0', 0],
  [' 7 ', 7_000],
  ['9999999999', MAX_RETRY_AFTER_MS],
  ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
  ['Thu, 01 Jan 2020 00:00:00 GMT', 0],
  ['Fri, 31 Dec 9999 23:59:59 GMT', MAX_RETRY_AFTER_MS],
  ['99999999999', MAX_RETRY_AFTER_MS],
  ['9'.repeat(400), MAX_RETRY_AFTER_MS],
  ['Thursday, 01-Jan-26 00:01:00 GMT', 60_000],
  ['Thursday, 01-Jan-77 00:01:00 GMT', 0],
  ['Wednesday, 01-Jan-76 00:01:00 GMT', MAX_RETRY_AFTER_MS],
  ['Thu Jan  1 00:01:00 2026', 60_000],
  ['Fri Jan 02 00:00:00 2026', MAX_RETRY_AFTER_MS],
  ['Thu Jan  1 00:01:00 26', null],
  ['Thu, 01-Jan-26 00:01:00 GMT', null],
  ['Thursday, 99-Jan-26 00:01:00 GMT', null],
  ['-5', null],
  ['1.5', null],
  ['soon', null],
  ['', null],
  ['2026-01-01', null],
  ['Thu, 99 Jan 2026 00:00:00 GMT', null],
  [null, null],
])('reads %j as %j ms', (header, expected) => {
  expect(retryAfterMs(header, null, NOW)).toBe(expected);
});

it.each([
  ['Thu, 01 Jan 2026 00:01:00 GMT', 'Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
  ['Thu, 01 Jan 2026 00:01:00 GMT', 'Wed, 31 Dec 2025 23:56:00 GMT', 300_000],
  ['Thu, 01 Jan 2026 00:01:00 GMT', 'Thu, 01 Jan 2026 00:06:00 GMT', 0],
  ['Thu, 01 Jan 2026 00:01:00 GMT', 'now', 60_000],
  ['120', 'Wed, 31 Dec 2025 23:56:00 GMT', 120_000],
])('reads %j of an answer of %j as %j ms', (header, date, expected) => {
  expect(retryAfterMs(header, date, NOW)).toBe(expected);
});

it('never throws, and never leaves its bounds', () => {
  fc.assert(
    fc.property(fc.string(), (header) => {
      const ms = retryAfterMs(header, null, NOW);
      expect(ms === null || (ms >= 0 && ms <= MAX_RETRY_AFTER_MS)).toBe(true);
    }),
  );
});
