/** What WCAG 2 demands of text on its background (1.4.3). */
const CONTRAST = 4.5;
/** The relative luminance that has this contrast on white: (1 + 0.05) / (luminance + 0.05). */
const MOST_LUMINANCE = 1.05 / CONTRAST - 0.05;
/** Where each channel stands in the colour, and what it weighs in its luminance. */
const CHANNELS = [
  { at: 1, weight: 0.2126 },
  { at: 3, weight: 0.7152 },
  { at: 5, weight: 0.0722 },
];

const toLinear = (channel: number): number =>
  channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
const fromLinear = (light: number): number =>
  light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055;

/**
 * The same hue, as dark as it has to be to be read on white.
 *
 * @param color `#rrggbb`
 */
export function readableAccent(color: string): string {
  const channels = CHANNELS.map(({ at, weight }) => ({
    light: toLinear(parseInt(color.slice(at, at + 2), 16) / 255),
    weight,
  }));
  const luminance = channels.reduce((sum, { light, weight }) => sum + light * weight, 0);
  if (luminance <= MOST_LUMINANCE) return color;
  // Less light of all three alike; what is rounded is rounded to the darker.
  const share = MOST_LUMINANCE / luminance;
  const written = channels.map(({ light }) => Math.floor(255 * fromLinear(light * share)));
  return `#${written.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}
