import { ANY_ORDER } from '../../src/orders/order-filter';
import type { ReportedOrder } from '../../src/orders/reported-order';
import { ReportChangedError } from '../../src/report-requests/rendering/render-errors';
import { linesOf, textOf } from './pdf-reader';
import { ROWS_PER_PAGE, sampleLine as line, sampleOrder, sampleReport } from './sample-report';
import { TestRenderer } from './test-renderer';

const NAMES = {
  Greek: 'Ελληνική Εταιρεία',
  Cyrillic: 'Общество Ромашка',
  Arabic: 'شركة النور',
  Hebrew: 'חברת ישראל',
  Chinese: '北京贸易有限公司',
  Japanese: '株式会社とよた',
  Korean: '삼성전자 주식회사',
  Polish: 'Łukasz Żółć',
  Vietnamese: 'Nguyễn Văn An',
  Armenian: 'Հայ ընկեր',
  Georgian: 'ქართული',
  Ethiopic: 'አማርኛ',
};

function ordersOf(
  count: number,
  changes: (index: number) => Partial<ReportedOrder> = () => ({}),
): ReportedOrder[] {
  return Array.from({ length: count }, (_, index) => sampleOrder(index, changes(index)));
}

/** Letters alone: readers differ in where they put spaces, and in the order of right-to-left text. */
function letters(text: string): string[] {
  return (text.normalize('NFKC').match(/[\p{L}\p{M}]/gu) ?? []).sort();
}

describe('the report as a PDF', () => {
  let renderer: TestRenderer;

  beforeAll(async () => {
    renderer = await TestRenderer.create({}, 2);
  });

  afterAll(async () => {
    await renderer.close();
  });

  it('has a summary, then every order once, on pages that number themselves', async () => {
    const pdf = await renderer.render(sampleReport(ordersOf(120)));
    expect(pdf.pages).toHaveLength(1 + Math.ceil(120 / ROWS_PER_PAGE));
    pdf.pages.forEach((page, index) => {
      expect(linesOf(page).at(-1)).toBe(`Superstore Ltd Page ${index + 1} of 4`);
      expect(page.size.map(Math.round)).toEqual([595, 842]);
    });
    const first = linesOf(pdf.pages[0]!);
    expect(first.slice(0, 3)).toEqual(['Order report', 'January 1 – December 31, 2016', 'Superstore Ltd']);
    expect(first).toContain('Delivered 60 $3,555.00 $0.00 $0.00 $3,555.00');
    expect(first).toContain('Pending 60 $3,615.00 $0.00 $0.00 $3,615.00');
    expect(first).toContain('All orders 120 $7,170.00 $0.00 $0.00 $7,170.00');
    const rows = pdf.pages
      .slice(1)
      .flatMap(linesOf)
      .filter((text) => text.includes('US-2016-'));
    expect(rows).toHaveLength(120);
    expect(rows[0]).toBe('Jan 1, 2016 US-2016-100000 Customer 0 Delivered $0.25');
    expect(rows[119]).toBe('Jan 6, 2016 US-2016-100119 Customer 119 Pending $119.25');
    for (const page of pdf.pages.slice(1)) expect(linesOf(page)[1]).toBe('Date Order Customer Status Total');
  });

  it('says who made it, in what language, and where each month begins', async () => {
    const orders = ordersOf(60, (index) => ({
      orderedAt: new Date(Date.UTC(2016, index < 55 ? 1 : 2, 1, index)),
    }));
    const pdf = await renderer.render(
      sampleReport(orders, { locale: 'de-DE', title: 'Bestellungen & <mehr>' }),
    );
    expect(pdf.info).toMatchObject({
      Title: 'Bestellungen & <mehr>',
      Author: 'Superstore Ltd',
      Language: 'de-DE',
    });
    expect(pdf.outline).toEqual([
      { title: 'Februar 2016', page: 1 },
      { title: 'März 2016', page: 2 },
    ]);
    expect(pdf.tagged).toBe(true);
  });

  it('joins a long report from parts without losing, doubling or reordering a row', async () => {
    const orders = ordersOf(1500, (index) => ({ lines: [line(`A-${index}`), line(`B-${index}`)] }));
    const pdf = await renderer.render(sampleReport(orders, { includeItems: true }));
    // A summary, and the grand total, for which the last page of orders has no room.
    const pages = 1 + 4500 / ROWS_PER_PAGE + 1;
    expect(pdf.pages).toHaveLength(pages);
    expect(pdf.pages.map((page) => linesOf(page).at(-1))).toEqual(
      pdf.pages.map((_, index) => `Superstore Ltd Page ${index + 1} of ${pages}`),
    );
    const printed = pdf.pages.slice(1, -1).flatMap((page) => linesOf(page).slice(2, -1));
    for (const row of printed) expect(/^[A-Z][a-z]{2} \d+, 2016 /.test(row)).toBe(row.includes('US-2016-'));
    const rows = printed.map((text) => /US-2016-\d+|[AB]-\d+/.exec(text)?.[0]);
    expect(rows).toEqual(orders.flatMap(({ number, lines }) => [number, ...lines.map(({ sku }) => sku)]));
    expect(pdf.info).toMatchObject({ Title: 'Order report', Author: 'Superstore Ltd', Language: 'en-US' });
    expect(pdf.outline.map(({ title }) => title)).toEqual(['January 2016', 'February 2016', 'March 2016']);
    for (const { title, page } of pdf.outline) {
      expect(linesOf(pdf.pages[page]!).some((text) => text.startsWith(`${title.slice(0, 3)} `))).toBe(true);
    }
  });

  it('shows the lines of an order below it, with exact prices', async () => {
    const pdf = await renderer.render(
      sampleReport([sampleOrder(0, { lines: [line('FUR-1')] })], { includeItems: true }),
    );
    expect(linesOf(pdf.pages[1]!).slice(2, 4)).toEqual([
      'Jan 1, 2016 US-2016-100000 Customer 0 Delivered $0.25',
      'FUR-1 Item FUR-1 2 × 24.995 $49.99',
    ]);
  });

  it.each([
    ['table', 1],
    ['columns', 300],
  ])(
    'shows what makes an order beside its lines, and its refund apart from its total (%s)',
    async (_, count) => {
      const orders = ordersOf(count, () => ({
        status: 'refunded',
        lines: [line('FUR-1')],
        discountTotal: '5.00',
        shippingTotal: '4.90',
        taxTotal: '9.50',
        adjustmentTotal: '-0.39',
        total: '59.00',
        refundedTotal: '12.00',
      }));
      const included = sampleOrder(count, {
        lines: [line('FUR-2')],
        taxTotal: '7.98',
        taxIncluded: true,
        total: '49.99',
      });
      const pdf = await renderer.render(sampleReport([...orders, included], { includeItems: true }));
      expect(linesOf(pdf.pages[1]!).slice(2, 9)).toEqual([
        'Jan 1, 2016 US-2016-100000 Customer 0 Refunded $59.00',
        'FUR-1 Item FUR-1 2 × 24.995 $49.99',
        'Discount -$5.00',
        'Shipping $4.90',
        'Tax $9.50',
        'Adjustment -$0.39',
        'Refunded $12.00',
      ]);
      expect(textOf(pdf)).toContain('FUR-2 Item FUR-2 2 × 24.995 $49.99\nTax, included $7.98\n');
      const columnOf = (text: string): number =>
        Math.round(pdf.pages[1]!.items.find((item) => item.text.trim() === text)?.x ?? 0);
      expect(columnOf('$12.00')).toBe(columnOf('2 × 24.995'));
      expect(columnOf('$4.90')).toBeGreaterThan(columnOf('$12.00'));
    },
  );

  it('shows net sales by month and status, and ends with the grand total', async () => {
    const orders = ordersOf(4, (index) => ({
      status: ['paid', 'cancelled', 'refunded', 'paid'][index]!,
      orderedAt: new Date(Date.UTC(2016, index < 3 ? 0 : 4, 1)),
      total: '100.00',
      refundedTotal: index === 2 ? '30.00' : '0.00',
    }));
    const pdf = await renderer.render(sampleReport(orders));
    const first = linesOf(pdf.pages[0]!);
    for (const row of [
      'Orders Gross Cancelled Refunded Net sales',
      '4 $400.00 $100.00 $30.00 $270.00',
      'Net sales per month US Dollar',
      'Paid 2 $200.00 $0.00 $0.00 $200.00',
      'Cancelled 1 $100.00 $100.00 $0.00 $0.00',
      'Refunded 1 $100.00 $0.00 $30.00 $70.00',
      'Month Orders Gross Cancelled Refunded Net sales',
      'Jan 2016 3 $300.00 $100.00 $30.00 $170.00',
      'May 2016 1 $100.00 $0.00 $0.00 $100.00',
      'All orders 4 $400.00 $100.00 $30.00 $270.00',
    ])
      expect(first).toContain(row);
    expect(linesOf(pdf.pages[1]!).slice(-5, -1)).toEqual([
      'May 1, 2016 US-2016-100003 Customer 3 Paid $100.00',
      'Grand total',
      'Currency Orders Gross Cancelled Refunded Net sales',
      'USD 4 $400.00 $100.00 $30.00 $270.00',
    ]);
  });

  it.each([
    ['on a page of its own where the last one is full', ROWS_PER_PAGE, 3],
    ['below the last orders where there is room', ROWS_PER_PAGE - 5, 2],
    ['on a page of its own where there is none', ROWS_PER_PAGE - 4, 3],
  ])('has the grand total %s', async (_, count, pages) => {
    const pdf = await renderer.render(sampleReport(ordersOf(count)));
    expect(pdf.pages).toHaveLength(pages);
    const last = linesOf(pdf.pages.at(-1)!);
    expect(last.slice(-4)).toEqual([
      'Grand total',
      'Currency Orders Gross Cancelled Refunded Net sales',
      expect.stringMatching(`^USD ${count} `),
      `Superstore Ltd Page ${pages} of ${pages}`,
    ]);
    expect(last.filter((text) => text.includes('US-2016-'))).toHaveLength(pages === 2 ? count : 0);
  });

  it.each([
    ['table', 1],
    ['columns', 600],
  ])('prints names of every script as letters (%s)', async (_, count) => {
    const names = Object.values(NAMES);
    const orders = ordersOf(Math.max(count, names.length), (index) => ({
      customerName: names[index] ?? 'Plain',
    }));
    const pdf = await renderer.render(sampleReport(orders));
    const rows = linesOf(pdf.pages[1]!).filter((text) => text.includes('US-2016-'));
    names.forEach((name, index) => {
      const printed = letters(rows[index]!.replace(/^.*US-2016-\d+|(Delivered|Pending).*$/g, ''));
      // The font draws an Arabic letter as a body and its dots, so that this reader confuses letters of one body.
      if (name === NAMES.Arabic) expect(printed.join('')).toMatch(/^\p{Script=Arabic}{8,}$/u);
      else expect(printed).toEqual(letters(name));
    });
  });

  it('prints what would be markup as the text that it is', async () => {
    const evil = [
      '<script>document.title="x"</script>',
      `"'><img src=x onerror=1>`,
      '<meta http-equiv=refresh content=0;url=http://127.0.0.1/>',
      '</pre></table><h1>x</h1>',
      '&lt;b&gt; &amp; {{7*7}} ${7*7}',
    ];
    const orders = evil.map((customerName, index) => sampleOrder(index, { customerName }));
    const pdf = await renderer.render(sampleReport(orders, { title: evil[0]!, clientName: evil[1]! }));
    expect(pdf.pages).toHaveLength(2);
    const text = textOf(pdf);
    expect(text).toContain('<script>document.title="x"</script>');
    expect(text).toContain(`"'><img src=x onerror=1>`);
    expect(text).toContain('<meta http-equiv=refresh');
    expect(text).toContain('</pre></table><h1>x</h1>');
    expect(text).toContain('&lt;b&gt; &amp; {{7*7}} ${7*7}');
    expect(pdf.info.Title).toBe(evil[0]);
  });

  it.each([
    ['table', 3],
    ['columns', 600],
  ])('cuts a long name, and never an amount (%s)', async (_, count) => {
    const orders = ordersOf(count, () => ({
      customerName: 'An endless name '.repeat(20),
      total: '-123456789012.34',
    }));
    const pdf = await renderer.render(sampleReport(orders));
    const page = pdf.pages[1]!;
    const row = linesOf(page).find((text) => text.includes('US-2016-100000'))!;
    // In two small lines.
    expect(row).toMatch(/endless name .*endless n.*… /);
    expect(row.length).toBeLessThan(120);
    expect(row).toMatch(/-\$123,456,789,012\.34$/);
    const right = page.items
      .filter(({ text }) => text === '-$123,456,789,012.34')
      .map(({ x, width }) => Math.round(x + width));
    expect(new Set(right).size).toBe(1);
    expect(right[0]).toBe(Math.round(((794 - 52) * 595) / 794));
  });

  it.each([
    ['table', 3],
    ['columns', 600],
  ])('prints the longest amounts, quantities and numbers whole (%s)', async (_, count) => {
    const total = '-123456789012345.67';
    const sku = `SKU-${'ABCDEFGH01'.repeat(9)}`;
    const number = `ORDER-${'0123456789'.repeat(9)}`;
    const lines = [
      { ...line(sku), description: 'An item', quantity: '123456789.1234', unitPrice: '123456789.1234' },
    ];
    const orders = ordersOf(count, (index) => ({ number: `${number}${index}`, total, lines }));
    const pdf = await renderer.render(sampleReport(orders, { includeItems: true }));
    const page = pdf.pages[1]!;
    const text = page.items.map((item) => item.text).join('');
    for (const whole of [
      `${number}0`,
      sku,
      '-$123,456,789,012,345.67',
      '123,456,789.1234 × 123,456,789.1234',
    ])
      expect(text).toContain(whole);
    expect(text).not.toContain('…');
    const edge = ((794 - 52) * 595) / 794;
    for (const each of pdf.pages)
      for (const { x, width } of each.items) expect(x + width).toBeLessThan(edge + 1);
  });

  it('prints nothing as nothing, not as a debt', async () => {
    const pdf = await renderer.render(sampleReport(ordersOf(1, () => ({ total: '-0.00' }))));
    expect(linesOf(pdf.pages[1]!)[2]).toMatch(/ \$0\.00$/);
  });

  it('runs from the right where the language does', async () => {
    // Letters of Arabic words are not put together again by every reader.
    const labels = { ordered_at: 'Date', total: 'Total', page_of: '{page}/{pages}' };
    const pdf = await renderer.render(sampleReport(ordersOf(3), { locale: 'ar-EG', title: 'تقرير', labels }));
    const items = pdf.pages[1]!.items;
    const [date, total] = [
      items.find(({ text }) => text === 'Date')!,
      items.find(({ text }) => text === 'Total')!,
    ];
    expect(date.x).toBeGreaterThan(total.x + 300);
    expect(pdf.info.Language).toBe('ar-EG');
    expect(linesOf(pdf.pages[1]!).join('\n')).toMatch(/٢ ?\/ ?٢/);
  });

  it.each([
    ['bn', '২৪৬.৯১'],
    ['my', '၂၄၆.၉၁'],
  ])('prints the digits of %s', async (locale, amount) => {
    const orders = ordersOf(1, () => ({ total: '246.91' }));
    const pdf = await renderer.render(sampleReport(orders, { locale }));
    expect(linesOf(pdf.pages[1]!)[2]!.replaceAll(' ', '')).toContain(amount);
  });

  it('keeps the edges of the paper, whatever is long', async () => {
    const lines = Array.from({ length: 60 }, (_, index) => line(`A-${index}`));
    const orders = ordersOf(3, (index) => ({
      number: `${'W'.repeat(99)}${index}`,
      currency: ['USD', 'EUR', 'CHF'][index]!,
      total: '12345.50',
      lines,
    }));
    const pdf = await renderer.render(
      sampleReport(orders, {
        title: 'أ'.repeat(200),
        clientName: 'Very long client name '.repeat(9),
        filter: {
          ...ANY_ORDER,
          statuses: ['pending', 'paid', 'shipped', 'delivered', 'cancelled', 'refunded'],
        },
        timeZone: 'America/Argentina/ComodRivadavia',
        locale: 'de-CH',
        includeItems: true,
      }),
    );
    pdf.pages.forEach((page, index) => {
      const foot = linesOf(page).slice(-3).join(' ');
      expect(foot).toContain(`Seite ${index + 1} von ${pdf.pages.length}`);
      // In two small lines beside the number.
      expect(foot.match(/Very long client name/g)).toHaveLength(9);
      for (const { x, width } of page.items) {
        expect(x).toBeGreaterThan(0);
        expect(x + width).toBeLessThan(((794 - 51) * 595) / 794);
      }
    });
    const first = textOf({ ...pdf, pages: [pdf.pages[0]!] });
    expect(first).toMatch(/…/);
    for (const whole of ['Erstattet', 'ComodRivadavia', 'USD', 'CHF']) expect(first).toContain(whole);
    const heads = pdf.pages.map((page) => linesOf(page)[0]);
    expect(heads.filter((head) => head?.includes('WW'))).toEqual([
      expect.stringMatching(/W{20,}… ?, Fortsetzung$/),
      expect.stringMatching(/W{20,}… ?, Fortsetzung$/),
      expect.stringMatching(/W{20,}… ?, Fortsetzung$/),
    ]);
  });

  it('gives the figures one size, and the axis room for its amounts', async () => {
    const orders = ordersOf(3, () => ({ currency: 'CHF', total: '123456.50' }));
    const { pages } = await renderer.render(sampleReport(orders, { locale: 'de-CH', includeItems: true }));
    const items = pages[0]!.items;
    const figure = items.find(({ text }) => text.includes('370’369.50') || text.includes("370'369.50"))!;
    expect(figure.width).toBeGreaterThan(60);
    const left = (52 * 595) / 794;
    for (const { x } of items) expect(x).toBeGreaterThan(left - 1);
  });

  it('says so when there are no orders', async () => {
    const pdf = await renderer.render(sampleReport([]));
    expect(pdf.pages).toHaveLength(1);
    expect(linesOf(pdf.pages[0]!)).toContain('There are no orders in this period.');
    expect(linesOf(pdf.pages[0]!).at(-1)).toBe('Superstore Ltd Page 1 of 1');
  });

  it('shows each currency by itself, on as many first pages as that takes', async () => {
    const totals = { USD: '1000.50', EUR: '1000.50', JPY: '1001', CLF: '1000.5000', KWD: '1000.500' };
    const currencies = Object.entries(totals);
    const orders = ordersOf(100, (index) => {
      const [currency, total] = currencies[index % 5]!;
      return { currency, total };
    });
    const pdf = await renderer.render(sampleReport(orders));
    // In the headline, and at the end.
    for (const row of [
      'USD 20 $20,010.00 $0.00 $0.00 $20,010.00',
      'EUR 20 €20,010.00 €0.00 €0.00 €20,010.00',
      'JPY 20 ¥20,020 ¥0 ¥0 ¥20,020',
      'CLF 20 CLF 20,010.0000 CLF 0.0000 CLF 0.0000 CLF 20,010.0000',
      'KWD 20 KWD 20,010.000 KWD 0.000 KWD 0.000 KWD 20,010.000',
    ])
      for (const page of [pdf.pages[0]!, pdf.pages.at(-1)!])
        expect(linesOf(page).map((text) => text.replaceAll('\u00a0', ' '))).toContain(row);
    expect(textOf(pdf)).toContain('All orders 20 ¥20,020 ¥0 ¥0 ¥20,020');
    expect(pdf.pages.map((page) => linesOf(page).at(-1))).toEqual(
      pdf.pages.map((_, index) => `Superstore Ltd Page ${index + 1} of ${pdf.pages.length}`),
    );
  });

  it('fails when the orders are not those that were counted', async () => {
    const { summary } = sampleReport(ordersOf(3000));
    await expect(renderer.render(sampleReport(ordersOf(2999), { summary }))).rejects.toThrow(
      ReportChangedError,
    );
  });
});
