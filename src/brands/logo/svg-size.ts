import { invalidLogo, LOGO_LIMITS } from './logo';
import type { SvgElement } from './svg-document';

/** Pixels in a unit (CSS Values 4, section 6.2). */
const UNITS = new Map([
  ['', 1],
  ['px', 1],
  ['pt', 96 / 72],
  ['pc', 16],
  ['mm', 96 / 25.4],
  ['cm', 96 / 2.54],
  ['in', 96],
]);
const LENGTH = /^\s*([\d.]+(?:e[+-]?\d+)?)(px|pt|pc|mm|cm|in)?\s*$/i;

export interface SvgSize {
  /** What of its plane is shown: x, y, width, height. */
  viewBox: readonly number[];
  width: number;
  height: number;
}

/**
 * What an SVG shows, by its `viewBox`, else by its size.
 *
 * @throws AppError 422 `invalid_logo` for one that has neither, or whose sides are out of bounds
 */
export function sizeOf({ attributes }: SvgElement): SvgSize {
  const box = attributes
    .get('viewBox')
    ?.trim()
    .split(/[\s,]+/)
    .map(Number);
  const viewBox = box ?? [0, 0, pixels(attributes.get('width')), pixels(attributes.get('height'))];
  const [, , width = NaN, height = NaN] = viewBox;
  const { min, max } = LOGO_LIMITS.svg.side;
  const areSides = [width, height].every((side) => side >= min && side <= max);
  if (viewBox.length !== 4 || !viewBox.every(Number.isFinite) || !areSides)
    throw invalidLogo(`The SVG has no size: give it a viewBox whose width and height are ${min} to ${max}.`);
  return { viewBox, width, height };
}

function pixels(length: string | undefined): number {
  const [, number, unit = ''] = LENGTH.exec(length ?? '') ?? [];
  return Number(number) * (UNITS.get(unit.toLowerCase()) ?? NaN);
}
