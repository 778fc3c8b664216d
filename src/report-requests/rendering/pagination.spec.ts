import fc from 'fast-check';
import { ROWS_PER_PAGE } from './page-geometry';
import { freeRows, orderPageCount, orderPages, OrderPage } from './pagination';
import { ReportChangedError } from './render-errors';
import { ReportDocument, ReportOrder } from './report-document';
import { ReportFormats } from './report-formats';

const formats = new ReportFormats('en-US', 'UTC');

/** Which amounts of an order are not 0, by bits. */
type Extras = number;

function order(index: number, lines: number, extras: Extras): ReportOrder {
  const amount = (bit: number): string => ((extras >> bit) % 2 === 1 ? '0.10' : '0.00');
  return {
    id: String(index),
    number: `O-${index}`,
    orderedAt: new Date(0),
    customerName: 'A customer',
    status: 'COMPLETED',
    currency: 'USD',
    discountTotal: amount(0),
    shippingTotal: amount(1),
    taxTotal: amount(2),
    taxIncluded: extras % 2 === 1,
    adjustmentTotal: amount(3),
    total: '1.00',
    refundedTotal: amount(4),
    lines: Array.from({ length: lines }, (_, line) => ({
      sku: `O-${index}/${line}`,
      description: 'An item',
      quantity: '1',
      unitPrice: '1',
      total: '1.00',
    })),
  };
}

/** Each number is an order's lines; each list a batch. */
function documentOf(
  batches: number[][],
  includeItems: boolean,
  counted = batches.flat(),
  extras: Extras = 0,
): ReportDocument {
  let index = 0;
  const orders = batches.map((batch) => batch.map((lines) => order(index++, lines, extras)));
  return {
    title: '',
    clientName: '',
    startDate: '2016-01-01',
    endDate: '2017-01-01',
    statuses: null,
    locale: 'en-US',
    timeZone: 'UTC',
    includeItems,
    accessible: false,
    generatedAt: new Date(0),
    summary: {
      orders: counted.length,
      lines: counted.reduce((sum, lines) => sum + lines, 0),
      extras: counted.length * extrasIn(extras),
      removed: 0,
      totals: [],
      byStatus: [],
      series: [],
      seriesUnit: 'month',
    },
    orders: (async function* () {
      for (const batch of orders) yield await Promise.resolve(batch);
    })(),
  };
}

const extrasIn = (extras: Extras): number => extras.toString(2).replaceAll('0', '').length;

async function collect(document: ReportDocument): Promise<OrderPage[]> {
  const pages: OrderPage[] = [];
  for await (const page of orderPages(document, formats)) pages.push(page);
  return pages;
}

describe('pagination', () => {
  it('prints every row once, in order, on exactly as many pages as it says beforehand', async () => {
    const batches = fc.array(fc.array(fc.nat({ max: 7 }), { maxLength: 60 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(batches, fc.boolean(), fc.nat({ max: 31 }), async (lines, includeItems, extras) => {
        const document = documentOf(lines, includeItems, lines.flat(), extras);
        const pages = await collect(document);
        const expected = lines
          .flat()
          .flatMap((count, index) => [
            `O-${index}`,
            ...(includeItems ? Array.from({ length: count }, (_, line) => `O-${index}/${line}`) : []),
            ...(includeItems ? Array.from({ length: extrasIn(extras) }, () => '') : []),
          ]);
        expect(pages.flatMap((page) => page.rows.map((row) => row.number))).toEqual(expected);
        expect(pages).toHaveLength(orderPageCount(document));
        expect(pages.slice(0, -1).every((page) => page.rows.length === ROWS_PER_PAGE)).toBe(true);
        expect(freeRows(document)).toBe(pages.length === 0 ? 0 : ROWS_PER_PAGE - pages.at(-1)!.rows.length);
      }),
    );
  });

  it('names the order that a page goes on with', async () => {
    const pages = await collect(documentOf([[ROWS_PER_PAGE + 10, 1]], true));
    expect(pages.map((page) => page.continued)).toEqual([null, 'O-0']);
    const even = await collect(documentOf([[ROWS_PER_PAGE - 1, 0]], true));
    expect(even.map((page) => page.continued)).toEqual([null, null]);
  });

  it.each([
    ['fewer', [1, 1, 1]],
    ['more', [1]],
  ])('fails when the summary counted %s rows', async (_, counted) => {
    await expect(collect(documentOf([[1, 1]], true, counted))).rejects.toThrow(ReportChangedError);
  });

  it('has no page of orders for an empty report', async () => {
    expect(await collect(documentOf([], true))).toEqual([]);
    expect(orderPageCount(documentOf([], true))).toBe(0);
  });
});
