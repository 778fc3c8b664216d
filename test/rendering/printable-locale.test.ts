import { create, type Font } from 'fontkit';
import { readFileSync } from 'node:fs';
import { languageOf, messagesOf } from '../../src/report-requests/messages/message-files';
import { readFontCatalog } from '../../src/report-requests/rendering/fonts/font-catalog';
import { isPrintableLocale } from '../../src/report-requests/rendering/printable-locale';
import { ReportFormats } from '../../src/report-requests/rendering/report-formats';
import { allLocales } from '../support/locales';
import { localizedNumbers } from '../support/localized-numbers';

const CURRENCIES = [
  'USD',
  'EUR',
  'JPY',
  'INR',
  'ILS',
  'KRW',
  'VND',
  'UAH',
  'BDT',
  'AMD',
  'GEL',
  'KHR',
  'LAK',
  'MMK',
  'ETB',
  'LKR',
  'NPR',
  'EGP',
  'IRR',
  'AFN',
  'THB',
  'KGS',
  'NGN',
  'PYG',
  'CRC',
  'TRY',
  'KZT',
  'MNT',
  'PLN',
  'RUB',
];
// Never drawn, or drawn as the space that every font has.
const WITHOUT_GLYPH = /[\p{Default_Ignorable_Code_Point}\p{Zs}]/gu;

function textsOf(locale: string): string {
  const formats = new ReportFormats(locale, 'UTC');
  const names = new Intl.DisplayNames(locale, { type: 'currency' });
  const moments = Array.from(
    { length: 24 },
    (_, hour) => new Date(Date.UTC(2016, hour % 12, 1 + hour, hour)),
  );
  return [
    ...Object.values(messagesOf(languageOf(locale))),
    ...moments.flatMap((moment) => [
      formats.day(moment),
      formats.month(moment),
      formats.moment(moment),
      ...(['day', 'month'] as const).flatMap((unit) => [
        formats.periodLabel(moment, unit, true),
        formats.periodLabel(moment, unit, false),
      ]),
    ]),
    formats.period('2016-01-01', '2016-02-01'),
    formats.period('2016-01-01', '2017-02-01'),
    formats.integer(1_234_567_890),
    formats.quantity('-1234567890.1234'),
    ...CURRENCIES.flatMap((currency) => [
      formats.money('-1234567890', currency),
      formats.compactMoney(-1.2e6, currency),
      names.of(currency) ?? '',
    ]),
    ...[1, 1e2, 1e3, 1e4, 1e5, 1e7, 1e9, 1e12].map((amount) => formats.compactMoney(amount, 'USD')),
  ].join('');
}

describe('the locales of a report', () => {
  const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });
  // By what the files hold, not by what they are said to be for.
  const fonts = [...readFontCatalog().values()]
    .flat()
    .flatMap(({ files }) => files.map(({ path }) => create(readFileSync(path)) as Font))
    .map((font) => new Set(font.characterSet));
  const known = new Map<string, boolean>();

  /** A letter and its marks are drawn from one file. */
  function isDrawn(letter: string): boolean {
    let drawn = known.get(letter);
    if (drawn === undefined) {
      const points = Array.from(
        letter.replace(WITHOUT_GLYPH, ''),
        (character) => character.codePointAt(0) ?? 0,
      );
      drawn = fonts.some((font) => points.every((point) => font.has(point)));
      known.set(letter, drawn);
    }
    return drawn;
  }

  it('are those of which the bundled fonts have every digit, word and sign', () => {
    const all = allLocales();
    const accepted = all.filter(isPrintableLocale);
    const missing = accepted.flatMap((locale) => {
      const letters = Array.from(graphemes.segment(textsOf(locale)), ({ segment }) => segment);
      return [...new Set(letters)].filter((letter) => !isDrawn(letter)).map((letter) => [locale, letter]);
    });
    // In the name of a foreign currency, where a sign stands for the mark.
    expect(missing).toEqual([['yo', 'ẹ̵́']]);
    expect(accepted.length).toBeGreaterThan(220);
    expect(all.length - accepted.length).toBeLessThan(40);
  });

  it.each([
    'bn',
    'my',
    'ta-LK',
    'am',
    'hy',
    'ka',
    'km',
    'pa',
    'si',
    'ar-EG',
    'hi-u-nu-deva',
    'ja-u-ca-japanese',
  ])('%s is one of them', (locale) => {
    expect(isPrintableLocale(locale)).toBe(true);
  });

  it.each(['dz', 'chr', 'ff-Adlm', 'en-u-nu-adlm'])('%s is none', (locale) => {
    expect(isPrintableLocale(locale)).toBe(false);
  });

  it('write every amount so that it can be read back exactly', () => {
    const amounts: Record<string, string[]> = {
      JPY: ['0', '-1', '1234567', '-98765432109876543'],
      USD: ['0.00', '0.05', '-1234.50', '98765432101234.56'],
      KWD: ['0.001', '-1234567.890'],
      CLF: ['0.0001', '-12345.6789'],
      // Its decimal sign is its own in some languages, and its name ends in a point in others.
      CVE: ['1234567.89'],
      AED: ['-1234567.89'],
    };
    for (const locale of allLocales().filter(isPrintableLocale)) {
      const formats = new ReportFormats(locale, 'UTC');
      for (const [currency, each] of Object.entries(amounts)) {
        const numbers = localizedNumbers(locale, currency);
        const printed = each.map((amount) => formats.money(amount, currency));
        expect([locale, printed.map((text) => numbers.read(text))]).toEqual([locale, each]);
      }
      const plain = localizedNumbers(locale);
      const quantities = ['-1234567.1234', '0.5', '12'];
      expect([locale, quantities.map((text) => plain.read(formats.quantity(text)))]).toEqual([
        locale,
        quantities,
      ]);
      expect(plain.read(formats.unitPrice('-1234.123456', 'JPY'))).toBe('-1234.123456');
    }
  });
});
