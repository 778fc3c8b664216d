/** A line as it is reported. Amounts are exact decimal strings with four decimals; quantities have as many as they need. */
export interface ReportedLine {
  sku: string;
  description: string;
  quantity: string;
  unitPrice: string;
  total: string;
}

export interface ReportedOrder {
  id: string;
  number: string;
  orderedAt: Date;
  customerName: string;
  status: string;
  /** ISO 4217. */
  currency: string;
  total: string;
  /** In the order of their positions; empty unless asked for. */
  lines: ReportedLine[];
}

/** An order as it comes from the database. */
export type OrderRow = Omit<ReportedOrder, 'lines'> & { line_count: number };

export function toOrder(row: OrderRow, lines: ReportedLine[]): ReportedOrder {
  const { id, number, orderedAt, customerName, status, currency, total } = row;
  return { id, number, orderedAt, customerName, status, currency, total, lines };
}
