import { ReportFormats } from './report-formats';

/** Non-breaking spaces and direction marks are right, but unreadable in an expectation. */
const plain = (text: string): string =>
  text.replace(/[\u00a0\u202f\u2009]/g, ' ').replace(/[\u200e\u200f]/g, '');

describe('ReportFormats', () => {
  it('writes money exactly, however large', () => {
    const formats = new ReportFormats('en-US', 'UTC');
    expect(formats.money('12345678901234567890.12', 'USD')).toBe('$12,345,678,901,234,567,890.12');
    expect(formats.money('-3.50', 'USD')).toBe('-$3.50');
    expect(formats.money('-0.00', 'USD')).toBe('$0.00');
  });

  it.each([
    ['JPY', '1234', '¥1,234'],
    ['KWD', '1.235', 'KWD 1.235'],
    ['CLF', '1.2345', 'CLF 1.2345'],
    // Of these the locale data think that their smallest unit is not used.
    ['IQD', '1.235', 'IQD 1.235'],
    ['PYG', '1234', 'PYG 1,234'],
    ['AFN', '1.20', 'AFN 1.20'],
    ['HUF', '12.34', 'HUF 12.34'],
    ['UGX', '1234', 'UGX 1,234'],
  ])('shows the minor unit that ISO 4217 gives %s', (currency, amount, shown) => {
    expect(plain(new ReportFormats('en-US', 'UTC').money(amount, currency))).toBe(shown);
  });

  it('shows an amount of a currency that is not listed as it is', () => {
    expect(plain(new ReportFormats('en-US', 'UTC').money('1.2345', 'ZZZ'))).toBe('ZZZ 1.2345');
  });

  it('follows the locale', () => {
    expect(plain(new ReportFormats('de-DE', 'UTC').money('1234.5', 'EUR'))).toBe('1.234,50 €');
    expect(plain(new ReportFormats('ar-EG', 'UTC').integer(1234))).toBe('١٬٢٣٤');
  });

  it('keeps the sign of a currency behind its letters where the script runs from the right', () => {
    expect(new ReportFormats('he', 'UTC').money('1', 'CAD')).toContain('CA$\u200e');
    expect(new ReportFormats('ar', 'UTC').compactMoney(1e6, 'USD')).toContain('US$\u200e');
    expect(new ReportFormats('en-CA', 'UTC').money('1', 'USD')).toBe('US$1.00');
  });

  it('writes the steps of an axis exactly', () => {
    const formats = new ReportFormats('en-US', 'UTC');
    const steps = [0.25, 750, 1_250, 17_500, 2.5e9].map((amount) => formats.compactMoney(amount, 'USD'));
    expect(steps).toEqual(['$0.25', '$750', '$1.25K', '$17.5K', '$2.5B']);
  });

  it('shows a unit price finer than its currency', () => {
    const formats = new ReportFormats('en-US', 'UTC');
    expect(formats.unitPrice('24.995', 'USD')).toBe('24.995');
    expect(formats.unitPrice('-0.000001', 'USD')).toBe('-0.000001');
    expect(formats.unitPrice('24', 'USD')).toBe('24.00');
    expect(formats.unitPrice('24', 'JPY')).toBe('24');
    expect(formats.quantity('2.500')).toBe('2.5');
  });

  it('refuses what is no decimal number', () => {
    expect(() => new ReportFormats('en-US', 'UTC').money('1e3', 'USD')).toThrow(RangeError);
  });

  it('puts a moment into the day and month of its time zone', () => {
    const moment = new Date('2016-01-31T23:30:00Z');
    expect(new ReportFormats('en-US', 'UTC').day(moment)).toBe('Jan 31, 2016');
    expect(new ReportFormats('en-US', 'Asia/Tokyo').day(moment)).toBe('Feb 1, 2016');
    expect(new ReportFormats('en-US', 'Asia/Tokyo').monthKey(moment)).toBe('02/2016');
  });

  it('names the months that orders are added up by, also where the days are those of a calendar with others', () => {
    const moment = new Date('2005-03-02T12:00:00Z');
    const persian = new ReportFormats('en-US-u-ca-persian', 'UTC');
    expect(persian.calendarMonth('2005-03')).toBe('March 2005');
    expect(persian.month(moment)).toBe('March 2005');
    expect(persian.periodLabel(moment, 'month', true)).toBe('Mar 2005');
    expect(persian.day(moment)).toContain('1383');
    expect(new ReportFormats('fa-IR', 'UTC').calendarMonth('2005-03')).toContain('مارس');
    expect(new ReportFormats('th-TH', 'UTC').calendarMonth('2005-03')).toContain('2548');
  });

  it('shows the last day of a period, not the first one after it', () => {
    const formats = new ReportFormats('en-GB', 'America/New_York');
    expect(plain(formats.period('2016-01-01', '2017-01-01'))).toMatch(/^1 January.*31 December 2016$/);
    expect(formats.period('2016-02-01', '2016-02-02')).toBe('1 February 2016');
  });

  it('knows which way the script runs', () => {
    const direction = (locale: string): string => new ReportFormats(locale, 'UTC').direction;
    expect([
      direction('ar'),
      direction('he-IL'),
      direction('fa'),
      direction('en'),
      direction('zh-TW'),
    ]).toEqual(['rtl', 'rtl', 'rtl', 'ltr', 'ltr']);
  });
});
