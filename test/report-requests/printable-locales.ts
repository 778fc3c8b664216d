import { isPrintableLocale } from '../../src/report-requests/rendering/printable-locale';
import { ReportFormats } from '../../src/report-requests/rendering/report-formats';
import { allLocales } from '../support/locales';
import { CURRENCIES } from './random-books';

/** Digits that are not those which the language has by itself. */
const OTHER_DIGITS = ['hi-u-nu-deva', 'th-u-nu-thai', 'zh-u-nu-hanidec', 'ar-u-nu-arab'];

/** One in each language that a report can be printed in. */
export const PRINTABLE_LOCALES = [...allLocales().filter(isPrintableLocale), ...OTHER_DIGITS];

/**
 * Of the languages that write amounts alike, in the same script, the one whose days are the longest. With words in English
 * nothing else of a language is read back from paper.
 */
export function unlikeLocales(): string[] {
  const longest = new Map<string, { locale: string; length: number }>();
  for (const locale of PRINTABLE_LOCALES) {
    const formats = new ReportFormats(locale, 'UTC');
    const amounts = Object.keys(CURRENCIES).flatMap((currency) => [
      formats.money('-1234567.1234', currency),
      formats.unitPrice('-1234567.123456', currency),
    ]);
    const { script } = new Intl.Locale(locale).maximize();
    const way = [script, formats.direction, formats.integer(1_234_567), ...amounts].join();
    const length = Math.max(...DAYS.map((day) => formats.day(day).length));
    if (length > (longest.get(way)?.length ?? 0)) longest.set(way, { locale, length });
  }
  return Array.from(longest.values(), ({ locale }) => locale);
}

const DAYS = Array.from({ length: 12 }, (_, month) => new Date(Date.UTC(2026, month, 28)));
