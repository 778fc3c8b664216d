import fc from 'fast-check';
import { AMOUNT_COLUMNS, columnAmounts, type ColumnTotals } from '../../orders/order-columns';
import type { ReportedGroup } from '../../orders/reported-group';
import type { ReportedOrder } from '../../orders/reported-order';
import { countPages } from './page-count';
import { orderPages, OrderPage } from './pagination';
import { ReportChangedError } from './render-errors';
import { contextOf } from './report-context';
import { ReportDocument } from './report-document';

/** Which amounts of an order are not 0, by bits. */
type Extras = number;

interface Shape {
  /** Each number is an order's lines; each list a batch, and a group where there are any. */
  batches: number[][];
  includeItems: boolean;
  extras: Extras;
  removed: number;
  /** In each group, and in all. */
  currencies: number;
  grouped: boolean;
  paper: ReportDocument['paper'];
}

const PLAIN: Shape = {
  batches: [],
  includeItems: true,
  extras: 0,
  removed: 0,
  currencies: 0,
  grouped: false,
  paper: 'A4',
};

function order(index: number, lines: number, extras: Extras, group: string | null): ReportedOrder {
  const amount = (bit: number): string => ((extras >> bit) % 2 === 1 ? '0.10' : '0.00');
  return {
    id: String(index),
    number: `O-${index}`,
    orderedAt: new Date(0),
    customerName: 'A customer',
    customerReference: null,
    status: 'paid',
    currency: 'USD',
    lineCount: lines,
    subtotal: '1.00',
    discountTotal: amount(0),
    shippingTotal: amount(1),
    taxTotal: amount(2),
    taxIncluded: extras % 2 === 1,
    adjustmentTotal: amount(3),
    total: '1.00',
    refundedTotal: amount(4),
    netTotal: '1.00',
    lines: Array.from({ length: lines }, (_, line) => ({
      sku: `O-${index}/${line}`,
      description: 'An item',
      quantity: '1',
      unitPrice: '1',
      total: '1.00',
    })),
    change: null,
    group,
  };
}

const removedOrder = (index: number): ReportedOrder => ({
  ...order(index, 0, 0, null),
  number: `GONE-${index}`,
  change: 'removed',
});

const totalsOf = (currencies: number): ColumnTotals[] =>
  ['EUR', 'JPY', 'KWD', 'USD'].slice(0, currencies).map((currency) => ({
    currency,
    orders: 1,
    amounts: columnAmounts(AMOUNT_COLUMNS.map(() => '1.00')),
  }));

const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);
const extrasIn = (extras: Extras): number => extras.toString(2).replaceAll('0', '').length;

/** @param counted what the summary and the groups say in its place */
function documentOf(some: Partial<Shape>, counted: number[][] = some.batches ?? []): ReportDocument {
  const { batches, includeItems, extras, removed, currencies, grouped, paper } = { ...PLAIN, ...some };
  const keyOf = (batch: number): string => `Group ${batch}`;
  let index = 0;
  const orders = batches.map((batch, at) =>
    batch.map((lines) => order(index++, lines, extras, grouped ? keyOf(at) : null)),
  );
  orders.push(Array.from({ length: removed }, (_, at) => removedOrder(at)));
  const groups = counted.map((batch, at): ReportedGroup => ({
    key: keyOf(at),
    name: keyOf(at),
    reference: null,
    orders: batch.length,
    lines: sum(batch),
    extras: batch.length * extrasIn(extras),
    totals: totalsOf(currencies),
  }));
  return {
    title: '',
    clientName: '',
    startDate: '2016-01-01',
    endDate: '2017-01-01',
    isDelta: removed > 0,
    filter: { statuses: null, currencies: null, customerReferences: null, minTotal: null, maxTotal: null },
    columns: ['number', 'customer_name', 'subtotal'],
    sort: [],
    groupBy: grouped ? 'customer' : null,
    paper,
    brand: null,
    locale: 'en-US',
    labels: {},
    timeZone: 'UTC',
    includeItems,
    accessible: false,
    generatedAt: new Date(0),
    asOf: '1',
    summary: {
      orders: counted.flat().length,
      lines: sum(counted.flat()),
      extras: counted.flat().length * extrasIn(extras),
      removed,
      totals: [],
      columnTotals: totalsOf(currencies),
      byStatus: [],
      series: [],
      seriesUnit: 'month',
    },
    orders: () => each(orders),
    groups: () => each([groups]),
  };
}

async function* each<T>(values: T[]): AsyncGenerator<T> {
  for (const value of values) yield await Promise.resolve(value);
}

async function collect(document: ReportDocument): Promise<OrderPage[]> {
  const pages: OrderPage[] = [];
  for await (const page of orderPages(contextOf(document), () => undefined)) pages.push(page);
  return pages;
}

const numberIn = (row: OrderPage['rows'][number]): string => row.cells[0] ?? '';
const SHAPES = {
  includeItems: fc.boolean(),
  extras: fc.nat({ max: 31 }),
  removed: fc.oneof(fc.constant(0), fc.nat({ max: 60 })),
  currencies: fc.integer({ min: 1, max: 4 }),
  paper: fc.constantFrom('A4' as const, 'Letter' as const),
};
const EMPTY_OR_NOT = { batches: fc.array(fc.array(fc.nat({ max: 7 }), { maxLength: 60 }), { maxLength: 8 }) };
const GROUPS = {
  batches: fc.array(fc.array(fc.nat({ max: 7 }), { minLength: 1, maxLength: 60 }), { maxLength: 40 }),
};

/** The numbers of all rows that orders have, in their order. */
function expectedRows({ batches, includeItems, extras, removed }: Shape): string[] {
  const rows = batches
    .flat()
    .flatMap((count, index) => [
      `O-${index}`,
      ...(includeItems ? Array.from({ length: count }, (_, line) => `O-${index}/${line}`) : []),
      ...(includeItems ? Array.from({ length: extrasIn(extras) }, () => '') : []),
    ]);
  return [...rows, ...Array.from({ length: removed }, (_, index) => `GONE-${index}`)];
}

describe('pagination', () => {
  it('prints every row once, in order, on exactly as many pages as it says beforehand', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({ ...SHAPES, ...EMPTY_OR_NOT, grouped: fc.constant(false) }),
        async (shape) => {
          const document = documentOf(shape);
          const context = contextOf(document);
          const { rowsPerPage } = context.layout.page;
          const pages = await collect(document);
          const count = await countPages(context);
          const orders = pages.flatMap(({ rows }) => rows.filter(({ kind }) => kind !== 'sum'));
          expect(orders.map(numberIn)).toEqual(expectedRows(shape));
          expect(pages).toHaveLength(count.pages);
          expect(pages.slice(0, -1).every(({ rows }) => rows.length === rowsPerPage)).toBe(true);
          expect(count.freeRows).toBe(pages.length === 0 ? 0 : rowsPerPage - pages.at(-1)!.rows.length);
          // What the columns come to stands where they end.
          expect(pages.flatMap(({ rows }) => rows.map(({ kind }) => kind)).slice(orders.length)).toEqual(
            Array.from({ length: shape.currencies }, () => 'sum'),
          );
        },
      ),
    );
  });

  it('keeps every group below its heading, on exactly as many pages as it says beforehand', async () => {
    await fc.assert(
      fc.asyncProperty(fc.record({ ...SHAPES, ...GROUPS, grouped: fc.constant(true) }), async (shape) => {
        const document = documentOf(shape);
        const context = contextOf(document);
        const { rowsPerPage } = context.layout.page;
        const pages = await collect(document);
        const count = await countPages(context);
        expect(pages).toHaveLength(count.pages);
        expect(count.freeRows).toBe(pages.length === 0 ? 0 : rowsPerPage - pages.at(-1)!.rows.length);
        const named = ({ kind }: OrderPage['rows'][number]): boolean =>
          ['heading', 'continued', 'sum'].includes(kind);
        expect(pages.flatMap(({ rows }) => rows.filter((row) => !named(row)).map(numberIn))).toEqual(
          expectedRows(shape),
        );
        const headings: string[] = [];
        let rowsOfGroup = 0;
        for (const { rows, begun } of pages) {
          expect(rows.length).toBeLessThanOrEqual(rowsPerPage);
          const titles = rows.flatMap((row) => (row.kind === 'heading' ? [row.name] : []));
          expect(begun).toEqual(titles);
          headings.push(...titles);
          rows.forEach((row, at) => {
            const below = rows
              .slice(at + 1)
              .findIndex(({ kind }) => kind === 'heading' || kind === 'continued');
            const own = below < 0 ? rows.length - at - 1 : below;
            if (row.kind === 'heading') {
              // Never alone: with two rows, or with all that it has.
              const all = headings.length > shape.batches.length ? shape.removed : Infinity;
              expect(own).toBeGreaterThanOrEqual(Math.min(2, all));
            }
            if (row.kind === 'continued') {
              expect(at).toBe(0);
              expect(own).toBeGreaterThanOrEqual(1);
            }
          });
          // A page begins with a heading, or with what all groups come to.
          const [first] = rows;
          if (first?.kind !== 'heading' && first?.kind !== 'continued')
            expect(rows.every(({ kind }) => kind === 'sum')).toBe(true);
          rowsOfGroup += rows.length;
        }
        const gone = shape.removed > 0 ? ['Removed'] : [];
        expect(headings).toEqual([...shape.batches.map((_, group) => `Group ${group}`), ...gone]);
        expect(rowsOfGroup).toBeGreaterThanOrEqual(expectedRows(shape).length);
      }),
    );
  });

  it('sums up each group below its last row, and all groups at the end', async () => {
    const pages = await collect(
      documentOf({ batches: [[0, 0], [0]], includeItems: false, currencies: 2, grouped: true, removed: 1 }),
    );
    expect(
      pages.flatMap(({ rows }) => rows.map((row) => ('name' in row ? [row.kind, row.name] : numberIn(row)))),
    ).toEqual([
      ['heading', 'Group 0'],
      'O-0',
      'O-1',
      ['sum', 'Group 0'],
      ['sum', 'Group 0'],
      ['heading', 'Group 1'],
      'O-2',
      ['sum', 'Group 1'],
      ['sum', 'Group 1'],
      ['heading', 'Removed'],
      'GONE-0',
      ['sum', ''],
      ['sum', ''],
    ]);
  });

  it('names the order that a page goes on with', async () => {
    const { rowsPerPage } = contextOf(documentOf({})).layout.page;
    const pages = await collect(documentOf({ batches: [[rowsPerPage + 10, 1]] }));
    expect(pages.map((page) => page.continued)).toEqual([null, 'O-0']);
    const even = await collect(documentOf({ batches: [[rowsPerPage - 1, 0]] }));
    expect(even.map((page) => page.continued)).toEqual([null, null]);
  });

  it.each([
    ['fewer orders', false, [[1, 1, 1]]],
    ['more orders', false, [[1]]],
    ['fewer lines', false, [[1, 2]]],
    ['fewer orders of a group', true, [[1, 1, 1]]],
    ['more orders of a group', true, [[1]]],
    ['one group less', true, [[1, 1], [1]]],
    ['one group more', true, []],
  ])('fails when there are %s than were counted', async (_, grouped, counted) => {
    await expect(collect(documentOf({ batches: [[1, 1]], grouped }, counted))).rejects.toThrow(
      ReportChangedError,
    );
  });

  it('has no page of orders for an empty report', async () => {
    expect(await collect(documentOf({}))).toEqual([]);
    expect((await countPages(contextOf(documentOf({})))).pages).toBe(0);
  });

  it('says which orders stand on a page', async () => {
    const placed: string[] = [];
    const document = documentOf({ batches: [[1, 0], [2]], grouped: true, currencies: 1 });
    for await (const page of orderPages(contextOf(document), ({ number }) => placed.push(number)))
      expect(page.rows.length).toBeGreaterThan(0);
    expect(placed).toEqual(['O-0', 'O-1', 'O-2']);
  });
});
