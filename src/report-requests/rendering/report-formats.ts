import { LRUCache } from 'lru-cache';
import { minorUnit } from '../../common/currency';
import { assertDecimal } from '../../common/decimal';
import { directionOf } from './text-direction';

const SIGN_AFTER_LETTERS = /(?<=\p{Script=Latin})\p{Sc}/gu;
const DAY_MS = 86_400_000;
/** Of a unit price, at most. */
const PRICE_DIGITS = 6;
const ANY_DIGITS = 20;

type MoneyUse = 'total' | 'unit' | 'compact';

/** Calendars whose months are the Gregorian ones, by which reports add up; some count the years otherwise. */
const GREGORIAN_MONTHS = new Set(['gregory', 'iso8601', 'buddhist', 'japanese', 'roc']);

/** Making formats takes a millisecond, and reports are mostly in a few languages. */
const kept = new LRUCache<string, ReportFormats>({ max: 20 });

/** Formats that nobody changes, kept for the next report. */
export function reportFormats(locale: string, timeZone: string): ReportFormats {
  const key = `${locale} ${timeZone}`;
  const formats = kept.get(key) ?? new ReportFormats(locale, timeZone);
  kept.set(key, formats);
  return formats;
}

/** Numbers, money and dates as the reader of one report is used to see them. */
export class ReportFormats {
  readonly direction: 'ltr' | 'rtl';
  private readonly moneyFormats = new Map<string, Intl.NumberFormat>();
  private readonly labels = new Map<string, Intl.DateTimeFormat>();
  private readonly integers: Intl.NumberFormat;
  private readonly decimals: Intl.NumberFormat;
  /** Of months as such: a Persian one has days of two of those that its orders are added up by. */
  private readonly monthCalendar: { calendar?: string };
  private readonly months: Intl.DateTimeFormat;
  private readonly moments: Intl.DateTimeFormat;
  private readonly lastDay: LastOf;
  private readonly lastMonth: LastOf;
  private readonly calendarDays: Intl.DateTimeFormat;
  private readonly calendarMonths: Intl.DateTimeFormat;

  constructor(
    readonly locale: string,
    readonly timeZone: string,
  ) {
    this.direction = directionOf(locale);
    this.integers = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
    this.decimals = new Intl.NumberFormat(locale, { maximumFractionDigits: 6, signDisplay: 'negative' });
    this.lastDay = new LastOf(new Intl.DateTimeFormat(locale, { timeZone, dateStyle: 'medium' }));
    const { calendar } = new Intl.DateTimeFormat(locale).resolvedOptions();
    this.monthCalendar = GREGORIAN_MONTHS.has(calendar) ? {} : { calendar: 'gregory' };
    const month = { ...this.monthCalendar, year: 'numeric', month: 'long' } as const;
    this.months = new Intl.DateTimeFormat(locale, { ...month, timeZone });
    this.lastMonth = new LastOf(
      new Intl.DateTimeFormat('en-US', { timeZone, year: 'numeric', month: '2-digit' }),
    );
    this.moments = new Intl.DateTimeFormat(locale, { timeZone, dateStyle: 'long', timeStyle: 'short' });
    this.calendarDays = new Intl.DateTimeFormat(locale, { timeZone: 'UTC', dateStyle: 'long' });
    this.calendarMonths = new Intl.DateTimeFormat(locale, { ...month, timeZone: 'UTC' });
  }

  /** With the digits of the currency, which an amount has: exact at any size. */
  money(amount: string, currency: string): string {
    return this.inOrder(this.format(this.moneyFormat(currency, 'total'), amount));
  }

  /** Without the currency, which the total beside it shows; up to six decimals, because a price may be finer. */
  unitPrice(amount: string, currency: string): string {
    return this.format(this.moneyFormat(currency, 'unit'), amount);
  }

  /** For the axis of a chart: "$1.25M", exact for a number of few digits. */
  compactMoney(amount: number, currency: string): string {
    return this.inOrder(this.moneyFormat(currency, 'compact').format(amount));
  }

  quantity(amount: string): string {
    return this.format(this.decimals, amount);
  }

  integer(count: number): string {
    return this.integers.format(count);
  }

  day(moment: Date): string {
    return this.lastDay.of(moment);
  }

  month(moment: Date): string {
    return this.months.format(moment);
  }

  /** Equal for two moments exactly when they are in the same month of the report's time zone. */
  monthKey(moment: Date): string {
    return this.lastMonth.of(moment);
  }

  moment(moment: Date): string {
    return this.moments.format(moment);
  }

  /** @param day YYYY-MM-DD */
  calendarDay(day: string): string {
    return this.calendarDays.format(new Date(day));
  }

  /** @param month YYYY-MM */
  calendarMonth(month: string): string {
    return this.calendarMonths.format(new Date(`${month}-01`));
  }

  /** Both ends as days that are included: "1 January – 31 December 2016". */
  period(startDate: string, endDate: string): string {
    const last = new Date(Date.parse(endDate) - DAY_MS);
    return this.calendarDays.formatRange(new Date(startDate), last);
  }

  /** From right to left, the sign of "US$" would else come before its letters. */
  private inOrder(money: string): string {
    return this.direction === 'rtl' ? money.replace(SIGN_AFTER_LETTERS, '$&\u200e') : money;
  }

  private format(numbers: Intl.NumberFormat, amount: string): string {
    assertDecimal(amount);
    return numbers.format(amount);
  }

  /** "Jan", or with a year "Jan 2016"; with days "Jan 31". */
  periodLabel(day: Date, unit: 'day' | 'week' | 'month', withYear: boolean): string {
    const key = `${unit === 'month' ? 'month' : 'day'} ${withYear}`;
    let format = this.labels.get(key);
    if (!format) {
      format = new Intl.DateTimeFormat(this.locale, {
        timeZone: 'UTC',
        month: 'short',
        ...(unit === 'month' ? this.monthCalendar : { day: 'numeric' }),
        ...(withYear && { year: 'numeric' }),
      });
      this.labels.set(key, format);
    }
    return format.format(day);
  }

  private moneyFormat(currency: string, use: MoneyUse): Intl.NumberFormat {
    const key = `${currency} ${use}`;
    let format = this.moneyFormats.get(key);
    if (!format) {
      format = new Intl.NumberFormat(this.locale, this.moneyOptions(currency, use));
      this.moneyFormats.set(key, format);
    }
    return format;
  }

  private moneyOptions(currency: string, use: MoneyUse): Intl.NumberFormatOptions {
    // ISO's digits: those of the locale data are others for some currencies. One that ISO does not list shows what it has.
    const digits = minorUnit(currency);
    const [least, most] = digits === undefined ? [0, ANY_DIGITS] : [digits, digits];
    // An amount that rounds to nothing has no sign.
    const shared = { style: 'currency', currency, signDisplay: 'negative' } as const;
    switch (use) {
      case 'total':
        return { ...shared, minimumFractionDigits: least, maximumFractionDigits: most };
      case 'compact':
        return {
          ...shared,
          notation: 'compact',
          minimumFractionDigits: 0,
          maximumFractionDigits: PRICE_DIGITS,
        };
      case 'unit':
        return { signDisplay: 'negative', minimumFractionDigits: least, maximumFractionDigits: PRICE_DIGITS };
    }
  }
}

/** Since 1973 no clock of the world changes within such a quarter of an hour. */
const QUARTER_MS = 900_000;
const QUARTERS_SINCE = Date.UTC(1973, 0, 1);

/** Writes days of moments that come in their order: many are alike, and formatting each is what a long report feels. */
class LastOf {
  private quarter = Number.NaN;
  private text = '';

  constructor(private readonly format: Intl.DateTimeFormat) {}

  of(moment: Date): string {
    const time = moment.getTime();
    const quarter = time < QUARTERS_SINCE ? Number.NaN : Math.floor(time / QUARTER_MS);
    if (quarter !== this.quarter) {
      this.quarter = quarter;
      this.text = this.format.format(moment);
    }
    return this.text;
  }
}
