import { type AmountColumn, amountOf, isAmountColumn, type OrderColumn } from '../../../orders/order-columns';
import type { ReportedLine, ReportedOrder } from '../../../orders/reported-order';
import type { ReportMessages } from '../../messages/report-messages';
import { ReportFormat } from '../report-format';
import { columnsOf } from '../report-parameters';
import type { Report } from '../report-writer';
import type { CellValues } from './cell-values';
import type { CellStyle, SheetCell } from './sheet';

/** What a line repeats of its order, so that who filters or sorts orders has their lines beside them. */
const REPEATED: CellStyle = { isPale: true };

export interface SheetColumn {
  heading: string;
  /** In characters. */
  width: number;
  /** Whether its cells are figures, which stand on the right. */
  isFigure: boolean;
  /** Whose sum stands below groups and at the end. */
  amount: AmountColumn | null;
  ofOrder: (order: ReportedOrder) => SheetCell;
  ofLine: (line: ReportedLine, order: ReportedOrder) => SheetCell;
  /** Of a delta's order that is gone: there is its number, and that it is gone. */
  ofRemoved: (order: ReportedOrder) => SheetCell;
}

const nothing = (): SheetCell => null;

/** The columns of a report's orders, in their order; those of lines after them. */
export function sheetColumns(
  { parameters, isDelta }: Pick<Report, 'parameters' | 'isDelta'>,
  messages: ReportMessages,
  values: CellValues,
): SheetColumn[] {
  const columns = columnsOf(parameters, ReportFormat.Xlsx).map((column) =>
    orderColumn(column, messages, values),
  );
  if (parameters.includeItems) columns.push(...lineColumns(messages, values));
  if (isDelta) columns.push(changeColumn(messages, values));
  return placeOfNames(columns) === -1 ? [namesColumn(messages), ...columns] : columns;
}

/** In characters. With less room, the names of what is added up have a column of their own. */
const LEAST_FOR_NAMES = 30;

/**
 * Where what is added up has its name: at the first columns side by side that are not added up and have room for it.
 *
 * @returns -1 where there are none
 */
export function placeOfNames(columns: readonly Pick<SheetColumn, 'amount' | 'width'>[]): number {
  let first = 0;
  let width = 0;
  for (const [index, column] of columns.entries()) {
    if (column.amount !== null) {
      first = index + 1;
      width = 0;
      continue;
    }
    width += column.width;
    if (width >= LEAST_FOR_NAMES) return first;
  }
  return -1;
}

const AMOUNT_WIDTH = 16;

const WIDTHS: Partial<Record<OrderColumn, number>> = {
  ordered_at: 20,
  number: 18,
  customer_name: 30,
  customer_reference: 20,
  status: 13,
  currency: 10,
  line_count: 9,
  tax_included: 13,
};

function orderColumn(column: OrderColumn, messages: ReportMessages, values: CellValues): SheetColumn {
  const cell = orderCell(column, messages, values);
  const isRepeated = REPEATED_COLUMNS.has(column);
  return {
    heading: messages.heading(column),
    width: WIDTHS[column] ?? AMOUNT_WIDTH,
    isFigure: isAmountColumn(column) || column === 'line_count',
    amount: isAmountColumn(column) ? column : null,
    ofOrder: (order) => cell(order),
    ofLine: isRepeated ? (_line, order) => cell(order, REPEATED) : nothing,
    ofRemoved: column === 'number' ? (order) => cell(order) : nothing,
  };
}

/** Figures are not: who adds up a column would count them twice. */
const REPEATED_COLUMNS = new Set<OrderColumn>([
  'ordered_at',
  'number',
  'customer_name',
  'customer_reference',
  'status',
  'currency',
]);

type OrderCell = (order: ReportedOrder, look?: CellStyle) => SheetCell;

function orderCell(column: OrderColumn, messages: ReportMessages, values: CellValues): OrderCell {
  if (isAmountColumn(column))
    return (order, look) => values.money(amountOf(order, column), order.currency, look);
  switch (column) {
    case 'ordered_at':
      return (order, look) => values.moment(order.orderedAt, look);
    case 'number':
      return (order, look) => values.text(order.number, look);
    case 'customer_name':
      return (order, look) => values.text(order.customerName, look);
    case 'customer_reference':
      return (order, look) => values.text(order.customerReference ?? '', look);
    case 'status':
      return (order, look) => values.text(messages.status(order.status), look);
    case 'currency':
      return (order, look) => values.text(order.currency, look);
    case 'line_count':
      return (order, look) => values.number(String(order.lineCount), look);
    case 'tax_included':
      return (order, look) => values.boolean(order.taxIncluded, look);
  }
}

function lineColumns(messages: ReportMessages, values: CellValues): SheetColumn[] {
  const column = (
    name: 'sku' | 'description' | 'quantity' | 'unit_price' | 'line_total',
    width: number,
    isFigure: boolean,
    ofLine: SheetColumn['ofLine'],
  ): SheetColumn => ({
    heading: messages.text(name),
    width,
    isFigure,
    amount: null,
    ofOrder: nothing,
    ofLine,
    ofRemoved: nothing,
  });
  return [
    column('sku', 18, false, ({ sku }) => values.text(sku)),
    column('description', 36, false, ({ description }) => values.text(description)),
    column('quantity', 10, true, ({ quantity }) => values.number(quantity)),
    column('unit_price', AMOUNT_WIDTH, true, ({ unitPrice }, { currency }) =>
      values.money(unitPrice, currency),
    ),
    column('line_total', AMOUNT_WIDTH, true, ({ total }, { currency }) => values.money(total, currency)),
  ];
}

function changeColumn(messages: ReportMessages, values: CellValues): SheetColumn {
  const updated = values.text(messages.text('updated'));
  const removed = values.text(messages.text('removed'));
  return {
    heading: messages.text('change'),
    width: 13,
    isFigure: false,
    amount: null,
    ofOrder: () => updated,
    ofLine: () => values.text(messages.text('updated'), REPEATED),
    ofRemoved: () => removed,
  };
}

const namesColumn = (messages: ReportMessages): SheetColumn => ({
  heading: messages.text('group'),
  width: 30,
  isFigure: false,
  amount: null,
  ofOrder: nothing,
  ofLine: nothing,
  ofRemoved: nothing,
});
