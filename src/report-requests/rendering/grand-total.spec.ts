import fc from 'fast-check';
import { grandTotal } from './grand-total';
import { ROWS_PER_PAGE } from './page-geometry';
import { freeRows } from './pagination';
import type { ReportDocument } from './report-document';

const documentOf = (currencies: number, rows: number): Pick<ReportDocument, 'summary' | 'includeItems'> => ({
  includeItems: false,
  summary: {
    orders: rows,
    lines: 0,
    extras: 0,
    removed: 0,
    totals: Array.from({ length: currencies }, (_, index) => ({
      currency: `X${index}`,
      orders: 1,
      gross: '1',
      cancelled: '0',
      refunded: '0',
      net: '1',
    })),
    byStatus: [],
    series: [],
    seriesUnit: 'month',
  },
});

describe('the grand total', () => {
  it('has every currency once, below the last orders where all of them fit and else on pages of their own', () => {
    const cases = [fc.integer({ min: 1, max: 180 }), fc.integer({ min: 1, max: 300 })] as const;
    fc.assert(
      fc.property(...cases, (currencies, rows) => {
        const document = documentOf(currencies, rows);
        const { below, after } = grandTotal(document);
        expect([...below, ...after.flat()]).toEqual(document.summary.totals);
        expect(below.length === 0 || after.length === 0).toBe(true);
        expect(below.length).toBeLessThan(Math.max(1, freeRows(document)));
        for (const page of after) expect(page.length).toBeLessThan(ROWS_PER_PAGE);
      }),
    );
  });

  it('is on no page of a report without orders', () => {
    expect(grandTotal(documentOf(0, 0)).after).toEqual([]);
  });
});
