import { momentFormat, moneyFormat } from './number-formats';

const SPACE = '"\u00a0"';
const LOCALES =
  'en en-IN de de-CH fr fr-CA es it pt nl pl tr ru uk el ar ar-EG he hi mr bn-BD zh-CN zh-TW ja ko fa-IR th-TH vi bg hu'.split(
    ' ',
  );
const CURRENCIES = ['USD', 'EUR', 'JPY', 'KWD', 'CHF', 'INR', 'BRL', 'ZZZ'];

describe('the format of amounts', () => {
  it.each([
    ['en-US', 'USD', 2, '[$$]#,##0.00'],
    ['en-US', 'USD', 4, '[$$]#,##0.0000'],
    ['de-DE', 'EUR', 2, `#,##0.00${SPACE}[$€]`],
    ['de-CH', 'CHF', 2, `[$CHF]${SPACE}#,##0.00;[$CHF]-#,##0.00`],
    ['nl-NL', 'EUR', 2, `[$€]${SPACE}#,##0.00;[$€]${SPACE}-#,##0.00`],
    ['ja-JP', 'JPY', 0, '[$￥]#,##0'],
    ['bs', 'RSD', 2, `#,##0.00${SPACE}"din."`],
    ['qu', 'PEN', 2, `"S/"${SPACE}#,##0.00`],
    ['ak', 'IQD', 3, `"Irak dinaa"${SPACE}#,##0.000`],
    ['ar-KW', 'KWD', 3, `#,##0.000${SPACE}[$د.ك.]`],
  ])('in %s of %s with %i digits', (locale, currency, digits, code) => {
    expect(moneyFormat(locale, currency, digits)).toBe(code);
  });

  it.each(LOCALES)(
    'in %s has one number, the sign of the currency and nothing that is not quoted',
    (locale) => {
      for (const currency of CURRENCIES) {
        const [positive = '', negative, ...others] = moneyFormat(locale, currency, 2).split(';');
        expect(others).toEqual([]);
        expect(rest(positive)).toBe('#,##0.00');
        if (negative !== undefined) expect(rest(negative)).toMatch(/^-#,##0\.00$|^#,##0\.00-$/);
      }
    },
  );
});

describe('the format of moments', () => {
  it.each([
    ['en-US', 'mm"/"dd"/"yyyy", "hh":"mm"\u202f"AM/PM'],
    ['de-DE', 'dd"."mm"."yyyy", "hh":"mm'],
    ['ja-JP', 'yyyy"/"mm"/"dd" "hh":"mm'],
    ['ko-KR', 'yyyy". "mm". "dd". "AM/PM" "hh":"mm'],
    ['vi-VN', 'hh":"mm" "dd"/"mm"/"yyyy'],
  ])('in %s', (locale, code) => {
    expect(momentFormat(locale)).toBe(code);
  });

  it.each(LOCALES)('in %s has each part once, and minutes after hours', (locale) => {
    const parts = rest(momentFormat(locale)).replace('AM/PM', '');
    expect(['yyyymmddhhmm', 'ddmmyyyyhhmm', 'mmddyyyyhhmm', 'hhmmddmmyyyy']).toContain(parts);
  });
});

/** A code without what it quotes. */
const rest = (code: string): string => code.replace(/"[^"]*"|\[\$[^\]-]*\]/g, '');
