import fc from 'fast-check';
import { GROUPINGS } from '../../orders/order-arrangement';
import { ORDER_COLUMNS, type OrderColumn } from '../../orders/order-columns';
import { PAPERS } from './paper';
import { FONT_SIZE } from './page-geometry';
import { LINE_PARTS, HOSTS } from './report-columns';
import { roomOfNames, tableLayout } from './table-layout';

const DEFAULT: OrderColumn[] = ['ordered_at', 'number', 'customer_name', 'status', 'total'];
const PLAIN = { includeItems: false, isDelta: false, groupBy: null, paper: 'A4' } as const;
const widthsOf = (columns: readonly OrderColumn[], some: object = {}): number[] =>
  tableLayout({ ...PLAIN, columns, ...some }).columns.map(({ width }) => Math.round(width));

describe('the table of a report', () => {
  it('has the usual columns upright', () => {
    expect(widthsOf(DEFAULT)).toEqual([84, 120, 246, 108, 132]);
    expect(widthsOf(DEFAULT, { includeItems: true })).toEqual([84, 120, 246, 108, 132]);
    expect(widthsOf(DEFAULT, { paper: 'Letter' })).toEqual([84, 120, 268, 108, 132]);
  });

  it('lies across where the columns need that, and is smaller where even that is not enough', () => {
    const wide = tableLayout({ ...PLAIN, columns: [...DEFAULT, 'subtotal', 'tax_total'] });
    expect(wide.page.name).toBe('A4 landscape');
    expect(wide.fontSize).toBe(FONT_SIZE);
    const all = tableLayout({ ...PLAIN, columns: ORDER_COLUMNS });
    expect(all.page.name).toBe('A4 landscape');
    expect(all.fontSize).toBeLessThan(FONT_SIZE);
    expect(all.fontSize).toBeGreaterThan(7);
  });

  it('shows the chosen columns in their order, each in its place, as wide as the page together', () => {
    const chosen = fc.record({
      columns: fc.shuffledSubarray([...ORDER_COLUMNS], { minLength: 1 }),
      includeItems: fc.boolean(),
      isDelta: fc.boolean(),
      groupBy: fc.constantFrom(null, ...GROUPINGS),
      paper: fc.constantFrom(...PAPERS),
    });
    fc.assert(
      fc.property(chosen, (document) => {
        const layout = tableLayout(document);
        const { columns, page, fontSize, names } = layout;
        const shown = columns.map(({ name }) => name);
        expect(shown.filter((name) => (ORDER_COLUMNS as readonly string[]).includes(name))).toEqual(
          document.columns,
        );
        let start = 0;
        for (const column of columns) {
          expect(column.start).toBeCloseTo(start, 5);
          expect(column.width).toBeGreaterThanOrEqual((column.least * fontSize) / FONT_SIZE - 1e-6);
          start += column.width;
        }
        expect(start).toBeCloseTo(page.contentWidth, 5);
        // Each part of a line has one place.
        if (document.includeItems)
          for (const part of LINE_PARTS)
            expect(shown.filter((name) => name === part || name === HOSTS[part].host)).toHaveLength(1);
        expect(shown.includes('change')).toBe(document.isDelta);
        // What is added up has a name.
        if (document.groupBy !== null) {
          expect(names.end).toBeGreaterThan(names.first);
          expect((roomOfNames(layout).width * FONT_SIZE) / fontSize).toBeGreaterThanOrEqual(109.99);
          const isSum = /total$/;
          for (const { name } of columns.slice(names.first, names.end))
            expect(name === 'line_total' || !isSum.test(name)).toBe(true);
        }
      }),
    );
  });
});
