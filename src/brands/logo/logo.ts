import { AppError } from '../../common/app-error';

export const SVG_MEDIA_TYPE = 'image/svg+xml';
export const PNG_MEDIA_TYPE = 'image/png';
export const LOGO_MEDIA_TYPES = [SVG_MEDIA_TYPE, PNG_MEDIA_TYPE] as const;
export type LogoMediaType = (typeof LOGO_MEDIA_TYPES)[number];

/** Where a logo is sent. Its body is another than those of all other routes. */
export const LOGO_PATH = '/v1/brand/logo';

/** What a logo may be, so that cleaning and printing it takes a bounded time whatever it is. */
export const LOGO_LIMITS = {
  /** Of the file that is sent. */
  bytes: 200 * 1024,
  /** Of the file that is kept: the same content may take more room when it is written anew. */
  cleanedBytes: 400 * 1024,
  png: { side: 5_000, pixels: 4_000_000 },
  svg: {
    elements: 3_000,
    /** Characters of its style sheets. */
    styles: 32 * 1024,
    /** Elements within elements, references followed. */
    depth: 64,
    /** What it takes to draw it, references followed: about a character of a path. */
    effort: 500_000,
    /** Width and height. */
    side: { min: 0.01, max: 100_000 },
  },
} as const;

/** A logo that is written anew from what was understood of the file. */
export interface CleanedLogo {
  mediaType: LogoMediaType;
  content: Buffer;
  /** In units of its own: what counts is their ratio. */
  width: number;
  height: number;
  /** The names of the elements that it may not look the same without. */
  removed: string[];
}

export const invalidLogo = (reason: string): AppError =>
  new AppError('unprocessable', 'invalid_logo', reason);
