import fc from 'fast-check';
import { grandTotal } from './grand-total';

const ROWS_PER_PAGE = 50;

const totalsOf = (currencies: number) =>
  Array.from({ length: currencies }, (_, index) => ({
    currency: `X${index}`,
    orders: 1,
    gross: '1',
    cancelled: '0',
    refunded: '0',
    net: '1',
  }));

describe('the grand total', () => {
  it('has every currency once, below the last orders where all of them fit and else on pages of their own', () => {
    const cases = [fc.integer({ min: 1, max: 180 }), fc.nat({ max: ROWS_PER_PAGE - 1 })] as const;
    fc.assert(
      fc.property(...cases, (currencies, freeRows) => {
        const totals = totalsOf(currencies);
        const { below, after } = grandTotal(totals, { freeRows }, ROWS_PER_PAGE);
        expect([...below, ...after.flat()]).toEqual(totals);
        expect(below.length === 0 || after.length === 0).toBe(true);
        expect(below.length).toBeLessThan(Math.max(1, freeRows));
        for (const page of after) expect(page.length).toBeLessThan(ROWS_PER_PAGE);
      }),
    );
  });

  it('is on no page of a report without orders', () => {
    expect(grandTotal([], { freeRows: 0 }, ROWS_PER_PAGE).after).toEqual([]);
  });
});
