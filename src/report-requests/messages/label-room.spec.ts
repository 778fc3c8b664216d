import { AMOUNT_COLUMNS } from '../../orders/order-columns';
import { create, type Font } from 'fontkit';
import { readFileSync } from 'node:fs';
import { FontLibrary } from '../rendering/fonts/font-library';
import { cjkLanguageOf, textLanguageOf } from '../rendering/fonts/text-language';
import { LANGUAGES, type Language, type MessageKey } from './message-files';
import { reportMessages } from './report-messages';

const library = new FontLibrary();
const fonts = new Map<string, Font>();

/** In px, in semi-bold, letters joined as the script joins them. */
function widthOf(text: string, language: Language, size: number): number {
  const drawnBy = (character: string): string => {
    const drawn = cjkLanguageOf(text, textLanguageOf(language)) ?? 'other';
    const [subset] = library.subsetsFor(drawn, [character.codePointAt(0) ?? 0]);
    return subset!.files.at(-1)!.path;
  };
  const runs: { path: string; text: string }[] = [];
  for (const character of text) {
    const last = runs.at(-1);
    const path = character === ' ' && last ? last.path : drawnBy(character);
    if (last?.path === path) last.text += character;
    else runs.push({ path, text: character });
  }
  return runs.reduce((width, run) => {
    const font = fonts.get(run.path) ?? (create(readFileSync(run.path)) as Font);
    fonts.set(run.path, font);
    return width + (size * font.layout(run.text).advanceWidth) / font.unitsPerEm;
  }, 0);
}

const HEADING = 9.5;
const ROW = 11;
/** What has no room for its size is made smaller; it stays as good to read down to this part of it. */
const SMALLEST = 0.85;

/** What the narrowest form of each column leaves for its heading, and a row of sums for its name. */
const ROOMS: [size: number, room: number, keys: MessageKey[]][] = [
  [HEADING, 44, ['line_count']],
  [HEADING, 46, ['currency']],
  [HEADING, 58, ['tax_included']],
  [HEADING, 68, ['orders']],
  [HEADING, 72, ['ordered_at', 'change']],
  [HEADING, 78, [...AMOUNT_COLUMNS, 'line_total']],
  [HEADING, 96, ['status', 'quantity', 'status_or_quantity']],
  [HEADING, 98, ['customer_reference', 'day', 'week_from', 'month', 'group', 'status', 'currency']],
  [HEADING, 108, ['number', 'sku', 'number_or_sku']],
  [HEADING, 112, ['gross', 'cancelled', 'refunded', 'net']],
  [HEADING, 138, ['customer_name', 'customer_or_item', 'description']],
  [
    ROW,
    96,
    [
      'status_pending',
      'status_paid',
      'status_shipped',
      'status_delivered',
      'status_cancelled',
      'status_refunded',
      'removed',
      'updated',
      'all_orders',
    ],
  ],
  [ROW, 138, ['discount_total', 'shipping_total', 'tax_total', 'tax_included_row', 'adjustment_total']],
];

describe.each(LANGUAGES)('the labels of a page in %s', (language) => {
  const messages = reportMessages(language);

  it.each(ROOMS)('of size %d fit into %d px: %j', (size, room, keys) => {
    const widths = keys.map((key): [string, number] => {
      const text = messages.text(key);
      return [`${key}: ${text}`, Math.ceil(widthOf(text, language, size))];
    });
    expect(widths.filter(([, width]) => width * SMALLEST > room)).toEqual([]);
  });

  it.each<MessageKey>(['shown_orders', 'shown_orders_lines', 'shown_changed', 'shown_changed_lines'])(
    'that say what is shown fit into two lines: %s',
    (key) => {
      // Where words have no spaces between them a line breaks at any character.
      const pieces = new Intl.Segmenter(language, { granularity: 'word' }).segment(messages.text(key));
      const lines = [''];
      for (const { segment } of pieces) {
        const line = lines.at(-1)! + segment;
        if (widthOf(line.trimEnd(), language, ROW) <= 132) lines[lines.length - 1] = line;
        else lines.push(segment.trimStart());
      }
      expect(lines.length).toBeLessThanOrEqual(2);
    },
  );

  it('leave room for the title of a report in the foot of each page', () => {
    const number = reportMessages(language).text('page_of', { page: '100,000', pages: '100,000' });
    expect(widthOf(number, language, HEADING)).toBeLessThan(300);
  });
});
