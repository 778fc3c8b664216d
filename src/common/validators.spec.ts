import { validateSync } from 'class-validator';
import fc from 'fast-check';
import { IsAfter, isCalendarDate, IsCalendarDate, IsLocaleTag, IsTimeZoneName } from './validators';

class Period {
  @IsCalendarDate()
  start: unknown;

  @IsCalendarDate()
  @IsAfter('start')
  end: unknown;
}

class Presentation {
  @IsLocaleTag()
  locale: unknown = 'en-US';

  @IsTimeZoneName()
  zone: unknown = 'UTC';
}

const complaints = (object: object): string[] =>
  validateSync(object).flatMap(({ constraints }) => Object.values(constraints ?? {}));
const about = (start: unknown, end: unknown): string[] =>
  complaints(Object.assign(new Period(), { start, end }));
const presented = (presentation: Partial<Presentation>): string[] =>
  complaints(Object.assign(new Presentation(), presentation));

const year = fc.integer({ min: 1, max: 9999 });
const pad = (number: number, length: number): string => String(number).padStart(length, '0');
const textOf = (y: number, m: number, d: number): string => `${pad(y, 4)}-${pad(m, 2)}-${pad(d, 2)}`;

/** The calendar's own rule, not a library's. */
function daysIn(y: number, month: number): number {
  if (month === 2) return (y % 4 === 0 && y % 100 !== 0) || y % 400 === 0 ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

describe('isCalendarDate', () => {
  it('accepts the days that a month has, and no others', () => {
    fc.assert(
      fc.property(year, fc.nat(14), fc.nat(33), (y, m, d) => {
        const exists = m >= 1 && m <= 12 && d >= 1 && d <= daysIn(y, m);
        expect(isCalendarDate(textOf(y, m, d))).toBe(exists);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(['2015-02-29', '1900-02-29', '2016-04-31', '2016-13-01', '2016-00-10', '2016-01-00', '0000-01-01'])(
    'refuses %s, which does not exist',
    (text) => {
      expect(isCalendarDate(text)).toBe(false);
    },
  );

  it.each(['2016-02-29', '2000-02-29', '0001-01-01', '9999-12-31'])('accepts %s', (text) => {
    expect(isCalendarDate(text)).toBe(true);
  });

  it.each([
    '2016-1-1',
    '20160101',
    '2016-01-01T00:00:00Z',
    ' 2016-01-01',
    '2016-01-01\n',
    '',
    20160101,
    null,
    [],
  ])('refuses %j, which is written otherwise', (value) => {
    expect(isCalendarDate(value)).toBe(false);
  });

  it('never accepts what is no date, whatever it is', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        if (isCalendarDate(value)) expect(value).toMatch(/^\d{4}-\d{2}-\d{2}$/);
      }),
    );
  });
});

describe('a period', () => {
  it('goes forward', () => {
    expect(about('2016-01-01', '2016-01-02')).toEqual([]);
  });

  it.each(['2016-01-01', '2015-12-31'])('from 2016-01-01 cannot end on %s', (end) => {
    expect(about('2016-01-01', end)).toEqual(['end must be after start']);
  });

  it('with one bad date complains about that date alone', () => {
    expect(about('2016-02-30', '2016-01-01')).toEqual(['start must be a date that exists, as YYYY-MM-DD']);
    expect(about('2016-01-01', 'tomorrow')).toEqual(['end must be a date that exists, as YYYY-MM-DD']);
  });
});

describe('a locale', () => {
  it.each(['en-US', 'de-DE', 'ar-EG', 'zh-Hant-TW', 'ja'])('can be %s', (locale) => {
    expect(presented({ locale })).toEqual([]);
  });

  it.each(['', 'english', 'e', 'en_US', 'en-', 'xx-XX', '<b>', `en-x${'-aaaaaaaa'.repeat(20)}`, 7, null])(
    'cannot be %j',
    (locale) => {
      expect(presented({ locale })).toEqual(['locale must be a language tag such as en-US or de-DE']);
    },
  );

  it('that is accepted formats numbers', () => {
    fc.assert(
      fc.property(fc.string(), (locale) => {
        if (presented({ locale }).length === 0) new Intl.NumberFormat(locale).format(1);
      }),
    );
  });
});

describe('a time zone', () => {
  it.each(['CET', 'eet', 'IST', 'PST', 'SystemV/EST5', 'US/Pacific-New'])(
    'cannot be %s, which the database reads otherwise',
    (zone) => {
      expect(presented({ zone })).toEqual(['zone must be an IANA time zone such as Europe/Berlin']);
    },
  );

  it.each([
    'UTC',
    'Europe/Berlin',
    'America/Argentina/Buenos_Aires',
    'Asia/Kolkata',
    'GMT',
    'Etc/GMT+12',
    'Japan',
    'PRC',
  ])('can be %s', (zone) => {
    expect(presented({ zone })).toEqual([]);
  });

  it.each(['', 'Europe/Nowhere', '+02:00', 'Berlin', 'Europe/Berlin;', 1, null])('cannot be %j', (zone) => {
    expect(presented({ zone })).toEqual(['zone must be an IANA time zone such as Europe/Berlin']);
  });
});
