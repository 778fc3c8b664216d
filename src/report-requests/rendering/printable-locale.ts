import { LRUCache } from 'lru-cache';
import { FontLibrary } from './fonts/font-library';
import { ReportFormats } from './report-formats';

/** A client sends the same few; a hostile one shall not fill the memory. */
const kept = new LRUCache<string, boolean>({ max: 200 });
const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });
let library: FontLibrary | undefined;

/**
 * Whether the bundled fonts have what a report writes in this language: its digits, months and signs.
 *
 * @param locale a language tag that `Intl` takes
 */
export function isPrintableLocale(locale: string): boolean {
  let printable = kept.get(locale);
  if (printable === undefined) {
    const fonts = (library ??= new FontLibrary());
    const letters = graphemes.segment(sampleOf(new ReportFormats(locale, 'UTC')));
    printable = [...new Set(Array.from(letters, ({ segment }) => segment))].every((letter) =>
      fonts.hasLetter(letter),
    );
    kept.set(locale, printable);
  }
  return printable;
}

function sampleOf(formats: ReportFormats): string {
  const months = Array.from({ length: 12 }, (_, month) => new Date(Date.UTC(2016, month, 28, 2 * month)));
  return [
    ...months.flatMap((moment) => [
      formats.day(moment),
      formats.month(moment),
      formats.moment(moment),
      formats.periodLabel(moment, 'day', true),
      formats.periodLabel(moment, 'month', false),
    ]),
    formats.period('2016-01-01', '2017-01-01'),
    formats.integer(1_234_567_890),
    formats.quantity('-1234.5678'),
    formats.money('-1234567.89', 'USD'),
    ...[1e3, 1e6, 1e9, 1e12].map((amount) => formats.compactMoney(amount, 'USD')),
  ].join('');
}
