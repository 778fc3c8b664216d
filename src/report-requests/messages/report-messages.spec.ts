import { LANGUAGES, MessageKey, messagesOf } from './message-files';
import { reportMessages } from './report-messages';

const KEYS = Object.keys(messagesOf('en')) as MessageKey[];
const VALUES = { page: '1', pages: '2', of: 'A-1', group: 'Acme', column: 'Total', count: 3 };

describe('the messages of a report', () => {
  it('are in the language of the locale', () => {
    const german = reportMessages('de-CH');
    expect(german.language).toBe('de');
    expect(german.text('page_of', { page: '1', pages: '12' })).toBe('Seite 1 von 12');
    expect(german.heading('net_total')).toBe('Netto');
    expect(german.status('paid')).toBe('Bezahlt');
  });

  it.each(LANGUAGES)('say each of them in %s', (language) => {
    const messages = reportMessages(language);
    expect(messages.language).toBe(language);
    for (const key of KEYS) expect(messages.text(key, VALUES)).not.toMatch(/[{}#]|undefined/);
  });

  it.each([
    ['en', 0, '0 orders'],
    ['en', 1, '1 order'],
    ['en', 1234, '1,234 orders'],
    ['de', 1234, '1.234 Bestellungen'],
    ['fr', 0, '0 commande'],
    ['fr', 1_000_000, '1\u202f000\u202f000 de commandes'],
    ['pl', 3, '3 zamówienia'],
    ['pl', 12, '12 zamówień'],
    ['pl', 22, '22 zamówienia'],
    ['ru', 1, '1 заказ'],
    ['ru', 21, '21 заказ'],
    ['ru', 25, '25 заказов'],
    ['ar-EG', 3, '٣ طلبات'],
    ['ar-EG', 100, '١٠٠ طلب'],
    ['ar-MA', 11, '11 طلبًا'],
    ['he', 2, 'שתי הזמנות'],
    ['ja', 7, '注文 7 件'],
  ])('count in %s: %s', (locale, count, text) => {
    expect(reportMessages(locale).text('order_count', { count })).toBe(text);
  });

  it('are English with the digits of a language that has no file', () => {
    const persian = reportMessages('fa');
    expect(persian.language).toBe('en');
    expect(persian.text('total')).toBe('Total');
    expect(persian.text('order_count', { count: 0 })).toBe('۰ orders');
    expect(persian.text('order_count', { count: 12 })).toBe('۱۲ orders');
    expect(reportMessages('sv').text('order_count', { count: 1 })).toBe('1 order');
  });

  it("are replaced by a company's own", () => {
    const messages = reportMessages('pl', {
      number: 'Umowa',
      order_count: '{count, plural, one {# umowa} few {# umowy} many {# umów} other {# umowy}}',
      status_paid: 'Zaksięgowana',
    });
    expect(messages.heading('number')).toBe('Umowa');
    expect(messages.text('order_count', { count: 5 })).toBe('5 umów');
    expect(messages.status('paid')).toBe('Zaksięgowana');
    expect(messages.text('total')).toBe('Razem');
    expect(reportMessages('pl').heading('number')).toBe('Zamówienie');
  });

  it("count a company's own words as their language does, though ours are English", () => {
    const messages = reportMessages('cs', {
      order_count: '{count, plural, one {# zakázka} few {# zakázky} other {# zakázek}}',
    });
    expect([1, 3, 5].map((count) => messages.text('order_count', { count }))).toEqual([
      '1 zakázka',
      '3 zakázky',
      '5 zakázek',
    ]);
  });

  it('show somebody’s values as they are', () => {
    expect(reportMessages('en').text('group_total', { group: "{of} <b> '{' # \u202e" })).toBe(
      "Total {of} <b> '{' # \u202e",
    );
  });

  it('show a status that has no name as it is', () => {
    expect(reportMessages('en').status('on_hold')).toBe('on_hold');
  });

  it('fail where a value is missing', () => {
    expect(() => reportMessages('en').text('page_of', { page: '1' })).toThrow('pages');
    expect(() => reportMessages('en').text('group_total')).toThrow('group');
  });
});
