import fc from 'fast-check';
import { labelFault } from './label-fault';
import { MessageKey, messagesOf } from './message-files';
import { ReportMessages } from './report-messages';

const KEYS = Object.keys(messagesOf('en')) as MessageKey[];
const VALUES = { page: '1', pages: '2', of: 'A-1', group: 'Acme', column: 'Total', count: 3 };

describe("a company's own label", () => {
  it.each<[MessageKey, string]>([
    ['number', 'Contract'],
    ['number', ''],
    ['number', "Client's # <ref> & more"],
    ['number', "'{'braces'}'"],
    ['number', '}'],
    ['page_of', '{page}/{pages}'],
    ['page_of', 'p. {page}'],
    ['group_total', 'Together'],
    ['order_count', '{count} contracts'],
    ['order_count', '{count, plural, =0 {no contract} one {# contract} other {# contracts}}'],
  ])('%s may be "%s"', (key, text) => {
    expect(labelFault(key, text)).toBeNull();
  });

  it.each<[MessageKey, string, RegExp]>([
    ['number', 'Order {id}', /without/],
    ['page_of', '{page} of {total}', /\{page\}, \{pages\}/],
    ['page_of', '{page, plural, one {#} other {#}}', /no other name/],
    ['page_of', '{page, number, ::currency/USD}', /no other name/],
    ['page_of', '{page, date}', /no other name/],
    ['page_of', '{page, select, a {x} other {y}}', /no other name/],
    ['order_count', '{count, selectordinal, one {#st} other {{who}}}', /no other name/],
    ['order_count', '{count, plural, one {#}}', /syntax/],
    ['order_count', '{count, plural, one {{who}} other {#}}', /no other name/],
    ['number', 'Order {', /syntax/],
    ['number', '{}', /syntax/],
  ])('%s may not be "%s"', (key, text, fault) => {
    expect(labelFault(key, text)).toMatch(fault);
  });

  it('is written without a fault when it has none', () => {
    const piece = fc.constantFrom(
      ...[
        '{',
        '}',
        '{page}',
        '{count',
        ', plural, ',
        'one',
        'other',
        ' ',
        '#',
        "'",
        '<b>',
        'offset:1 ',
        '=1',
        'é',
      ],
    );
    const text = fc.oneof(
      fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.constantFrom(...KEYS), text, (key, label) => {
        if (labelFault(key, label) !== null) return;
        const written = new ReportMessages('pl', { [key]: label }).text(key, VALUES);
        expect(typeof written).toBe('string');
      }),
      { numRuns: 2000 },
    );
  });

  it('is checked without harm, however deep', () => {
    const depth = 100;
    const nested = '{count, plural, other {'.repeat(depth) + '}}'.repeat(depth);
    expect(labelFault('order_count', nested)).toBeNull();
    expect(labelFault('order_count', '{'.repeat(1000))).toMatch(/syntax/);
  });
});
