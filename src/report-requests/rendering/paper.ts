import { LRUCache } from 'lru-cache';

export const PAPERS = ['A4', 'Letter'] as const;

export type Paper = (typeof PAPERS)[number];

/** ISO 3166: where people print on Letter. */
const PRINT_ON_LETTER = ['US', 'CA', 'MX', 'PH', 'CL', 'CO', 'VE'];

/** Finding the region takes longer than the rest of a report's defaults, and callers have few locales. */
const papers = new LRUCache<string, Paper>({
  max: 1_000,
  memoMethod: (locale) =>
    PRINT_ON_LETTER.includes(new Intl.Locale(locale).maximize().region ?? '') ? 'Letter' : 'A4',
});

/** @param locale BCP 47; where it names no region, the one in which most of its speakers live */
export const paperOf = (locale: string): Paper => papers.memo(locale);
