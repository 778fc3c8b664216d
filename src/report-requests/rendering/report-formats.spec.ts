import { ReportFormats } from './report-formats';

/** Non-breaking spaces and direction marks are right, but unreadable in an expectation. */
const plain = (text: string): string =>
  text.replace(/[\u00a0\u202f\u2009]/g, ' ').replace(/[\u200e\u200f]/g, '');

describe('ReportFormats', () => {
  it('writes money exactly, however large', () => {
    const formats = new ReportFormats('en-US', 'UTC');
    expect(formats.money('12345678901234567890.12', 'USD')).toBe('$12,345,678,901,234,567,890.12');
    expect(formats.money('1.005', 'USD')).toBe('$1.01');
    expect(formats.money('-3.5', 'USD')).toBe('-$3.50');
    expect(formats.money('1234.5', 'JPY')).toBe('¥1,235');
    expect(formats.money('1.23456', 'KWD').replace(/\s/, ' ')).toBe('KWD 1.235');
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

  it('shows a unit price finer than its currency', () => {
    const formats = new ReportFormats('en-US', 'UTC');
    expect(formats.unitPrice('24.9950', 'USD')).toBe('24.995');
    expect(formats.unitPrice('24', 'USD')).toBe('24.00');
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
