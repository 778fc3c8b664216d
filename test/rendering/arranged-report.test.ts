import type { OrderColumn } from '../../src/orders/order-columns';
import { ORDER_COLUMNS } from '../../src/orders/order-columns';
import type { ReportedOrder } from '../../src/orders/reported-order';
import { linesOf, type Pdf, textOf } from './pdf-reader';
import { ROWS_PER_PAGE, sampleLine, sampleOrder, sampleReport } from './sample-report';
import { TestRenderer } from './test-renderer';

const NAMES = ['Ana Müller', 'Bob Stone', 'Claire Dubois'];

/** So many orders of each of three customers, one customer after the other. */
const ofCustomers = (each: number, changes: Partial<ReportedOrder> = {}): ReportedOrder[] =>
  NAMES.flatMap((name, customer) =>
    Array.from({ length: each }, (_, index) =>
      sampleOrder(customer * each + index, {
        customerName: name,
        group: name,
        total: '10.00',
        refundedTotal: '2.50',
        ...changes,
      }),
    ),
  );

let renderer: TestRenderer;

beforeAll(async () => {
  renderer = await TestRenderer.create({}, 2);
});

afterAll(() => renderer.close());

const bodyOf = (pdf: Pdf, page: number): string[] => linesOf(pdf.pages[page]!).slice(2, -1);

describe('columns of a report', () => {
  it.each([
    ['table', 2],
    ['columns', 600],
  ])('are those that were asked for, in their order (%s)', async (_, count) => {
    const orders = Array.from({ length: count }, (__, index) =>
      sampleOrder(index, { customerReference: `C-${index}`, total: '12.00', taxTotal: '2.00' }),
    );
    const columns: OrderColumn[] = ['net_total', 'number', 'customer_reference', 'currency', 'tax_total'];
    const pdf = await renderer.render(sampleReport(orders, { columns }));
    expect(linesOf(pdf.pages[1]!).slice(1, 4)).toEqual([
      'Net Order Customer reference Currency Tax',
      '$12.00 US-2016-100000 C-0 USD $2.00',
      '$12.00 US-2016-100001 C-1 USD $2.00',
    ]);
    // Amounts other than the total are added up where the orders end.
    expect(textOf(pdf)).toMatch(
      new RegExp(`\\$${count === 2 ? '24' : '7,200'}.00 All orders · ${count} orders`),
    );
  });

  it.each([
    ['A4', [842, 595]],
    ['Letter', [792, 612]],
  ] as const)('may be all that there are: these lie across %s', async (paper, size) => {
    const pdf = await renderer.render(sampleReport([sampleOrder(0)], { columns: ORDER_COLUMNS, paper }));
    for (const page of pdf.pages) expect(page.size.map(Math.round)).toEqual(size);
    const text = textOf(pdf);
    for (const heading of ['Date', 'Customer reference', 'Subtotal', 'Adjustment', 'Tax included'])
      expect(text).toContain(heading);
    expect(text).not.toContain('…');
  });

  it('have room for the lines of an order, whatever they are', async () => {
    const orders = [sampleOrder(0, { lines: [sampleLine('FUR-1')], total: '49.99', shippingTotal: '1.00' })];
    const pdf = await renderer.render(
      sampleReport(orders, { columns: ['customer_name', 'net_total'], includeItems: true }),
    );
    expect(linesOf(pdf.pages[1]!).slice(1, 5)).toEqual([
      'Customer / item Net SKU Quantity Line total',
      'Customer 0 $49.99',
      'Item FUR-1 FUR-1 2 × 24.995 $49.99',
      'Shipping $1.00',
    ]);
  });

  it('are upright on Letter, too', async () => {
    const pdf = await renderer.render(sampleReport([sampleOrder(0)], { paper: 'Letter' }));
    for (const page of pdf.pages) expect(page.size.map(Math.round)).toEqual([612, 792]);
  });
});

describe('groups of a report', () => {
  it.each([
    ['table', 2],
    ['columns', 200],
  ])('have a heading, what they come to, and a bookmark (%s)', async (_, each) => {
    const orders = ofCustomers(each);
    const pdf = await renderer.render(
      sampleReport(orders, {
        groupBy: 'customer',
        columns: ['number', 'customer_name', 'total', 'net_total'],
      }),
    );
    const all = pdf.pages.map((__, page) => bodyOf(pdf, page)).slice(1);
    const rows = all.flat();
    const money = (amount: number): string =>
      `$${amount.toLocaleString('en-US', { minimumFractionDigits: 2 })}`;
    for (const name of NAMES) {
      expect(rows.filter((row) => row === `${name} · ${each} orders`)).toHaveLength(1);
      expect(rows).toContain(`Total ${name} · ${each} orders ${money(10 * each)} ${money(7.5 * each)}`);
      const [first] = pdf.outline.filter(({ title }) => title === name);
      expect(bodyOf(pdf, first!.page)).toContain(`${name} · ${each} orders`);
    }
    expect(pdf.outline.map(({ title }) => title)).toEqual(NAMES);
    expect(rows).toContain(`All orders · ${3 * each} orders ${money(30 * each)} ${money(22.5 * each)}`);
    expect(rows.filter((row) => /US-2016-\d+/.test(row)).map((row) => /US-2016-\d+/.exec(row)![0])).toEqual(
      orders.map(({ number }) => number),
    );
    // What goes on on the next page does so under its heading.
    const begins = all.map(([first]) => first!);
    for (const begin of begins.slice(1, -1)) expect(begin).toMatch(/ · \d+ orders$|, continued$/);
    expect(begins.filter((begin) => begin.endsWith(', continued')).length).toBeGreaterThanOrEqual(
      each > 100 ? 9 : 0,
    );
    expect(textOf(pdf)).toContain('Grouped by');
  });

  it('are rows of their table for readers of tags', async () => {
    const pdf = await renderer.render(sampleReport(ofCustomers(2), { groupBy: 'customer' }));
    expect(pdf.tagged).toBe(true);
    expect(pdf.pages[1]!.roles).toEqual(expect.arrayContaining(['Table', 'TR', 'TH', 'TD']));
    expect(bodyOf(pdf, 1)[0]).toBe('Ana Müller · 2 orders');
  });

  it('are summed up by currency', async () => {
    const orders = ofCustomers(4).map((order, index) => ({
      ...order,
      ...(index % 2 === 1 && { currency: 'JPY', total: '10', netTotal: '8' }),
    }));
    const pdf = await renderer.render(sampleReport(orders, { groupBy: 'customer' }));
    expect(textOf(pdf)).toContain('Total Ana Müller · JPY · 2 orders ¥20');
    expect(textOf(pdf)).toContain('Total Ana Müller · USD · 2 orders $20.00');
    expect(textOf(pdf)).toContain('All orders · JPY · 6 orders ¥60');
  });

  it.each([
    ['status', 'paid', 'Paid'],
    ['day', '2016-02-29', 'February 29, 2016'],
    ['month', '2016-02', 'February 2016'],
    ['currency', 'USD', 'USD'],
  ] as const)('by %s are called as the reader does', async (groupBy, group, name) => {
    const pdf = await renderer.render(sampleReport([sampleOrder(0, { group })], { groupBy }));
    expect(bodyOf(pdf, 1)[0]).toBe(`${name} · 1 order`);
    expect(pdf.outline).toEqual([{ title: name, page: 1 }]);
  });

  it('are followed by what is gone', async () => {
    const orders = [...ofCustomers(1), sampleOrder(9, { number: 'GONE', change: 'removed' })];
    const pdf = await renderer.render(sampleReport(orders, { groupBy: 'customer', isDelta: true }));
    const rows = bodyOf(pdf, 1);
    expect(rows.slice(-6, -2)).toEqual([
      'Removed',
      'GONE Removed',
      'All orders · 3 orders $30.00',
      'Grand total',
    ]);
    expect(pdf.outline.at(-1)).toEqual({ title: 'Removed', page: 1 });
    expect(rows.find((row) => row.includes('US-2016-100000'))).toMatch(/ \$10\.00 Updated$/);
  });

  it('fill their pages as it was counted, however many they are', async () => {
    const orders = Array.from({ length: 900 }, (_, index) =>
      sampleOrder(index, { group: `Customer ${Math.floor(index / 3)}` }),
    );
    const pdf = await renderer.render(sampleReport(orders, { groupBy: 'customer' }));
    expect(linesOf(pdf.pages.at(-1)!).at(-1)).toBe(
      `Superstore Ltd Page ${pdf.pages.length} of ${pdf.pages.length}`,
    );
    expect(pdf.outline).toHaveLength(300);
    for (let page = 1; page < pdf.pages.length - 1; page += 1)
      expect(bodyOf(pdf, page).length).toBeGreaterThan(ROWS_PER_PAGE - 3);
  });
});

describe('the words of a report', () => {
  it('are those of its language', async () => {
    const orders = ofCustomers(2);
    const pdf = await renderer.render(
      sampleReport(orders, { locale: 'de-DE', groupBy: 'customer', sort: ['-total'] }),
    );
    const text = textOf(pdf);
    for (const english of ['Order', 'Orders', 'Customer', 'Total', 'Page', 'All', 'Grand', 'Sorted', 'Gross'])
      expect(text).not.toMatch(new RegExp(`\\b${english}\\b(?! report)`));
  });

  it('are the own ones of a company', async () => {
    const labels = { customer_name: 'Member', page_of: '{page}/{pages}', all_orders: 'Everything' };
    const pdf = await renderer.render(sampleReport([sampleOrder(0)], { labels }));
    expect(linesOf(pdf.pages[1]!)[1]).toBe('Date Order Member Status Total');
    expect(linesOf(pdf.pages[1]!).at(-1)).toBe('Superstore Ltd 2/2');
    expect(textOf(pdf)).toContain('Everything 1 $0.25');
  });
});

describe('a text that is too long', () => {
  const LONG = 'An endless name '.repeat(12).trim();
  const LONGER_THAN_A_LINE = 'Gesellschaft für Elektrotechnik und Maschinenbau Nord mbH';

  it.each([
    ['table', 0],
    ['columns', 600],
  ])('is cut where small letters are not enough, and the page says so (%s)', async (_, more) => {
    const orders = Array.from({ length: ROWS_PER_PAGE + 1 + more }, (__, index) =>
      sampleOrder(index, { customerName: index === 0 ? LONG : index === 1 ? LONGER_THAN_A_LINE : 'Short' }),
    );
    const pdf = await renderer.render(sampleReport(orders));
    const [summary, first, second] = pdf.pages.map((page) => linesOf(page).join('\n'));
    expect(first).toMatch(/An endless name.*…/s);
    expect(first!.replace(/\s+/g, ' ')).toContain('Maschinenbau');
    expect(first).toContain('Texts that end with … are whole in the other formats.');
    for (const other of [summary, second]) expect(other).not.toContain('…');
  });
});

describe('the text of a long report', () => {
  it.each([false, true])('comes out row by row, with lines: %s', async (includeItems) => {
    const orders = Array.from({ length: 600 }, (_, index) =>
      sampleOrder(index, {
        customerName:
          index % 50 === 0 ? 'Gesellschaft für Elektrotechnik und Maschinenbau mbH' : 'Ana Müller',
        lines: [sampleLine(`A-${index}`)],
      }),
    );
    const pdf = await renderer.render(sampleReport(orders, { includeItems }));
    expect(pdf.tagged).toBe(false);
    const text = pdf.pages.flatMap(({ items }) => items.map((item) => item.text)).join('');
    const rows = Array.from(
      text.matchAll(/(US-2016-\d+)(?:Ana Müller|Gesell.*?mbH)(?:Delivered|Pending)\$\d+\.25(A-\d+Item)?/g),
    );
    expect(rows.map(([, number]) => number)).toEqual(orders.map(({ number }) => number));
    expect(rows.every(([, , line]) => (line !== undefined) === includeItems)).toBe(true);
  });
});

describe('what the file says about itself', () => {
  it.each([1, 600])('is there for programs (%s orders)', async (count) => {
    const orders = Array.from({ length: count }, (_, index) => sampleOrder(index));
    const { xmp } = await renderer.render(
      sampleReport(orders, { title: 'Größe & <mehr>', locale: 'de-DE', asOf: 'c_17' }),
    );
    for (const property of [
      'Größe &amp; &lt;mehr&gt;',
      '<rdf:li>de-DE</rdf:li>',
      '<report:start_date>2016-01-01</report:start_date>',
      '<report:end_date>2017-01-01</report:end_date>',
      '<report:as_of>c_17</report:as_of>',
    ])
      expect(xmp).toContain(property);
  });
});
