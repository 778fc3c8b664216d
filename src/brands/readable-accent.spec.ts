import fc from 'fast-check';
import { readableAccent } from './readable-accent';

const channel = fc.integer({ min: 0, max: 255 });
const colorOf = (channels: number[]): string =>
  `#${channels.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
const channelsOf = (color: string): number[] => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));

/** As WCAG 2 writes it. */
function contrastOnWhite(color: string): number {
  const [r, g, b] = channelsOf(color).map((value) => {
    const s = value / 255;
    return s <= 0.03928 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
  });
  return 1.05 / (0.2126 * r! + 0.7152 * g! + 0.0722 * b! + 0.05);
}

it('any colour can be read on white afterwards', () => {
  fc.assert(
    fc.property(fc.tuple(channel, channel, channel), (channels) => {
      expect(contrastOnWhite(readableAccent(colorOf(channels)))).toBeGreaterThanOrEqual(4.5);
    }),
    { numRuns: 5_000 },
  );
});

it('one that can be read stays as it is, and so does what was darkened once', () => {
  fc.assert(
    fc.property(fc.tuple(channel, channel, channel), (channels) => {
      const color = colorOf(channels);
      if (contrastOnWhite(color) >= 4.5) expect(readableAccent(color)).toBe(color);
      expect(readableAccent(readableAccent(color))).toBe(readableAccent(color));
    }),
    { numRuns: 2_000 },
  );
});

it('is no darker than it has to be, and keeps the order of its channels', () => {
  fc.assert(
    fc.property(fc.tuple(channel, channel, channel), (channels) => {
      const color = colorOf(channels);
      const readable = readableAccent(color);
      if (readable === color) return;
      expect(contrastOnWhite(readable)).toBeLessThan(4.7);
      const [before, after] = [channelsOf(color), channelsOf(readable)];
      for (const [one, other] of [
        [0, 1],
        [1, 2],
        [0, 2],
      ] as const)
        if (before[one]! > before[other]!) expect(after[one]!).toBeGreaterThanOrEqual(after[other]!);
    }),
    { numRuns: 2_000 },
  );
});

it.each([
  ['#ffffff', '#767676'],
  ['#ffff00', '#7a7a00'],
  ['#0b7285', '#0b7285'],
  ['#000000', '#000000'],
])('%s becomes %s', (color, expected) => {
  expect(readableAccent(color)).toBe(expected);
});
