import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export type FontWeight = 400 | 600;

interface FontSource {
  family: string;
  package: string;
  /** Chinese, Japanese, Korean and emoji come as variable fonts: their static files are ten times as large. */
  variable: boolean;
  /** Only these parts; most packages repeat the Latin letters. */
  subsets: RegExp;
}

/** A part of a font: one file per weight, made for some of Unicode. */
export interface FontSubset {
  family: string;
  /** In the syntax of CSS `unicode-range`. */
  unicodeRange: string;
  ranges: readonly (readonly [first: number, last: number])[];
  files: readonly { weight: string; path: string }[];
}

/** Scripts of which each has a small font of its own, as the packages call them. */
const SCRIPTS = [
  'arabic',
  'armenian',
  'bengali',
  'ethiopic',
  'georgian',
  'gujarati',
  'gurmukhi',
  'hebrew',
  'kannada',
  'khmer',
  'lao',
  'malayalam',
  'myanmar',
  'oriya',
  'sinhala',
  'tamil',
  'telugu',
  'thaana',
  'thai',
] as const;

/**
 * Static fonts wherever they are small: Chromium embeds them as TrueType, variable ones as drawings
 * (Type 3), which are larger and look coarser on screens.
 */
const SOURCES: readonly FontSource[] = [
  { family: 'Report', package: '@fontsource/noto-sans', variable: false, subsets: /./ },
  ...SCRIPTS.map((script) => ({
    family: `Report ${script}`,
    package: `@fontsource/noto-sans-${script}`,
    variable: false,
    subsets: new RegExp(`^${script}$`),
  })),
  { family: 'Report SC', package: '@fontsource-variable/noto-sans-sc', variable: true, subsets: /^\[/ },
  { family: 'Report TC', package: '@fontsource-variable/noto-sans-tc', variable: true, subsets: /^\[/ },
  { family: 'Report JP', package: '@fontsource-variable/noto-sans-jp', variable: true, subsets: /^\[/ },
  { family: 'Report KR', package: '@fontsource-variable/noto-sans-kr', variable: true, subsets: /^\[/ },
  { family: 'Report emoji', package: '@fontsource-variable/noto-emoji', variable: true, subsets: /^\[/ },
];

const WEIGHTS: readonly FontWeight[] = [400, 600];

/** Families of scripts that look the same in every language. */
export const SCRIPT_FAMILIES: readonly string[] = ['Report', ...SCRIPTS.map((script) => `Report ${script}`)];

/** Every bundled font by family, each with its parts. */
export function readFontCatalog(): ReadonlyMap<string, readonly FontSubset[]> {
  return new Map(SOURCES.map((source) => [source.family, readSource(source)]));
}

function readSource(source: FontSource): FontSubset[] {
  const root = dirname(require.resolve(`${source.package}/package.json`));
  const ranges = JSON.parse(readFileSync(join(root, 'unicode.json'), 'utf8')) as Record<string, string>;
  const base = source.package.slice(source.package.indexOf('/') + 1);
  return Object.entries(ranges)
    .filter(([name]) => source.subsets.test(name))
    .map(([name, unicodeRange]) => {
      const file = (weight: string): string =>
        join(root, 'files', `${base}-${name.replace(/[[\]]/g, '')}-${weight}-normal.woff2`);
      return {
        family: source.family,
        unicodeRange,
        ranges: parseUnicodeRange(unicodeRange),
        files: source.variable
          ? [{ weight: '100 900', path: file('wght') }]
          : WEIGHTS.map((weight) => ({ weight: String(weight), path: file(String(weight)) })),
      };
    });
}

/** Reads "U+0301,U+0400-045F". */
export function parseUnicodeRange(text: string): [number, number][] {
  return text.split(',').map((part) => {
    const [first = '', last = first] = part.trim().replace(/^U\+/i, '').split('-');
    return [parseInt(first, 16), parseInt(last, 16)];
  });
}
