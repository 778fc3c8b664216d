export const PAPERS = ['A4', 'Letter'] as const;

export type Paper = (typeof PAPERS)[number];

/** ISO 3166: where people print on Letter. */
const PRINT_ON_LETTER = ['US', 'CA', 'MX', 'PH', 'CL', 'CO', 'VE'];

/** @param locale BCP 47; where it names no region, the one in which most of its speakers live */
export const paperOf = (locale: string): Paper =>
  PRINT_ON_LETTER.includes(new Intl.Locale(locale).maximize().region ?? '') ? 'Letter' : 'A4';
