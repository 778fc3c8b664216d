import { isDeepStrictEqual } from 'node:util';
import { sumDecimals } from '../../src/common/decimal';
import type { OrderSummaryView } from '../../src/orders/order-summary.view';
import { localizedNumbers } from '../support/localized-numbers';
import type { PrintedReport, PrintedRow, PrintedTable } from './printed-report';

/** An order of which only is known what its printed rows do not say. */
export interface KnownOrder {
  number: string;
  currency: string;
  /** First day of its period. */
  period: string;
}

/** A table's row with its amounts as plain decimals. */
interface Figures {
  label: string;
  orders: number;
  gross: string;
  cancelled: string;
  refunded: string;
  net: string;
}

interface PrintedOrder {
  status: string;
  total: string;
  parts: string[];
  refunded: string;
}

/**
 * What is to be equal, compared together: there are hundred thousands of amounts, and an `expect` for each takes a third of the
 * whole time. It says where they differ.
 */
export class Equalities {
  private readonly found: unknown[] = [];
  private readonly wanted: unknown[] = [];

  add(found: unknown, wanted: unknown): void {
    this.found.push(found);
    this.wanted.push(wanted);
  }

  expectAll(): void {
    if (!isDeepStrictEqual(this.found, this.wanted)) expect(this.found).toEqual(this.wanted);
  }
}

const minus = (amount: string): string => (amount.startsWith('-') ? amount.slice(1) : `-${amount}`);
const sum = (amounts: string[]): string => sumDecimals(amounts);

/**
 * Holds what is printed to itself: lines to orders, orders to the groups of each table, groups to their totals, these to the
 * headline and the grand total; all by the text alone, each amount read back from its language.
 * The rows of periods are known by their order, because not every reader of PDFs puts every script together again.
 */
export function expectPrintAddsUp(
  { figures: headlineTexts, rows, tables }: PrintedReport,
  known: readonly KnownOrder[],
  locale: string,
  hasLines: boolean,
): void {
  const equal = new Equalities();
  const byNumber = new Map(known.map((order) => [order.number, order]));
  const read = (text: string, currency: string): string => localizedNumbers(locale, currency).read(text);
  const orders = printedOrders(rows).map(([head, ...parts]) => {
    const order = byNumber.get(head.number)!;
    return { ...order, ...orderOf(head, parts, (text) => read(text, order.currency)) };
  });
  expect(orders.map(({ number }) => number).sort()).toEqual([...byNumber.keys()].sort());
  if (hasLines)
    for (const order of orders) equal.add([order.number, sum(order.parts)], [order.number, order.total]);

  const currencies = [...new Set(orders.map(({ currency }) => currency))];
  const integers = localizedNumbers(locale);
  const toFigures = (cells: string[], currency: string): Figures => {
    const [label = '', count = '', ...amounts] = cells;
    const [gross = '', cancelled = '', refunded = '', net = ''] = amounts.map((text) => read(text, currency));
    return { label, orders: Number(integers.read(count)), gross, cancelled, refunded, net };
  };
  const isOfCurrencies = ({ groups }: PrintedTable): boolean => groups === 'Currency';
  const ofCurrencies = tables
    .filter(isOfCurrencies)
    .flatMap((table) => table.rows.map((cells) => toFigures(cells, cells[0]!)));
  const grand = ofCurrencies.slice(-currencies.length);
  expect(grand.map(({ label }) => label).sort()).toEqual([...currencies].sort());
  // With one currency alone the headline is no table, but says the same.
  const headline = currencies.length === 1 ? grand : ofCurrencies.slice(0, currencies.length);
  for (const total of grand) expect(headline).toContainEqual(total);
  if (currencies.length === 1) {
    const amounts = tables.filter(isOfCurrencies).at(-1)!.rows[0]!.slice(2);
    const texts = headlineTexts.map(withoutSpace);
    for (const amount of amounts.map(withoutSpace))
      equal.add([amount, texts.some((text) => text.includes(amount))], [amount, true]);
  }

  const sections = sectionsOf(tables.filter((table) => !isOfCurrencies(table)));
  expect(sections).toHaveLength(currencies.length);
  sections.forEach(({ statuses, periods }, index) => {
    const { label: currency, ...total } = headline[index]!;
    const ofCurrency = orders.filter((order) => order.currency === currency);
    const first = [...new Set(ofCurrency.map(({ period }) => period))].sort();
    const groupings = [
      [statuses, ({ label }: Figures) => ofCurrency.filter(({ status }) => status === label)],
      [periods, (_: Figures, row: number) => ofCurrency.filter(({ period }) => period === first[row])],
    ] as const;
    for (const [table, membersOf] of groupings) {
      const figures = table.map((cells) => toFigures(cells, currency));
      const last = figures.pop();
      equal.add({ ...last, label: currency }, headline[index]);
      equal.add([currency, added(figures)], [currency, total]);
      figures.forEach((group, row) => {
        const { label, gross, cancelled, refunded, net } = group;
        equal.add([label, sum([gross, minus(cancelled), minus(refunded)])], [label, net]);
        const members = membersOf(group, row);
        const isCancelled = ({ status }: PrintedOrder): boolean => status === 'Cancelled';
        const kept = members.filter((order) => !isCancelled(order));
        const totals = members.map((order) => order.total);
        equal.add([label, members.length, sum(totals)], [label, group.orders, gross]);
        const ofCancelled = members.filter(isCancelled).map((order) => order.total);
        equal.add([label, sum([zeroOf(gross), ...ofCancelled])], [label, cancelled]);
        if (hasLines)
          equal.add([label, sum([zeroOf(gross), ...kept.map((order) => order.refunded)])], [label, refunded]);
      });
    }
  });
  equal.expectAll();
}

const withoutSpace = (text: string): string => text.replace(/\s/g, '');

const zeroOf = (amount: string): string => sum([amount, minus(amount)]);

const added = (figures: Figures[]): Omit<Figures, 'label'> => ({
  orders: figures.reduce((count, { orders }) => count + orders, 0),
  gross: sum(figures.map(({ gross }) => gross)),
  cancelled: sum(figures.map(({ cancelled }) => cancelled)),
  refunded: sum(figures.map(({ refunded }) => refunded)),
  net: sum(figures.map(({ net }) => net)),
});

/** An order's row has a date, those below it have none. */
function printedOrders(rows: readonly PrintedRow[]): [PrintedRow, ...PrintedRow[]][] {
  const orders: [PrintedRow, ...PrintedRow[]][] = [];
  for (const row of rows) {
    if (row.date !== '') orders.push([row]);
    else orders.at(-1)?.push(row);
  }
  return orders;
}

function orderOf(head: PrintedRow, parts: PrintedRow[], read: (text: string) => string): PrintedOrder {
  const total = read(head.total);
  const refund = parts.find(({ name, number }) => name === 'Refunded' && number === '');
  return {
    status: head.detail,
    total,
    parts: parts.filter((part) => part.total !== '').map((part) => read(part.total)),
    refunded: refund === undefined ? zeroOf(total) : read(refund.detail),
  };
}

/** For each currency the rows by status and those by period, the sum at the end of both. */
function sectionsOf(tables: PrintedTable[]): { statuses: string[][]; periods: string[][] }[] {
  const sections: { statuses: string[][]; periods: string[][] }[] = [];
  for (const { groups, rows } of tables) {
    if (groups === 'Status') sections.push({ statuses: rows, periods: [] });
    else sections.at(-1)?.periods.push(...rows);
  }
  return sections;
}

/** Holds a summary to itself: statuses and periods to totals, in each of which gross - cancelled - refunded = net. */
export function expectSummaryAddsUp({ totals, by_status, series }: OrderSummaryView): void {
  const equal = new Equalities();
  for (const { currency, orders, gross, cancelled, refunded, net } of totals) {
    const total = { orders, gross, cancelled, refunded, net };
    const statuses: Figures[] = by_status
      .filter((row) => row.currency === currency)
      .map((row) => ({
        label: row.status,
        orders: row.orders,
        gross: row.total,
        cancelled: row.status === 'cancelled' ? row.total : zeroOf(row.total),
        refunded: row.refunded,
        net: row.net,
      }));
    const periods: Figures[] = series
      .filter((row) => row.currency === currency)
      .map((row) => ({
        label: row.period_start,
        orders: row.orders,
        gross: row.gross,
        cancelled: row.cancelled,
        refunded: row.refunded,
        net: row.net,
      }));
    equal.add([currency, added(statuses)], [currency, total]);
    equal.add([currency, added(periods)], [currency, total]);
    for (const each of [total, ...statuses, ...periods])
      equal.add(
        [currency, sum([each.gross, minus(each.cancelled), minus(each.refunded)])],
        [currency, each.net],
      );
  }
  equal.expectAll();
  expect(by_status.every(({ currency }) => totals.some((total) => total.currency === currency))).toBe(true);
}
