/** A line as it is reported: exact decimals. Quantities and unit prices have as many digits as they need. */
export interface ReportedLine {
  sku: string;
  description: string;
  quantity: string;
  unitPrice: string;
  total: string;
}

/** An order as it is reported. Amounts are exact decimals with the digits of its currency. */
export interface ReportedOrder {
  id: string;
  number: string;
  orderedAt: Date;
  customerName: string;
  customerReference: string | null;
  status: string;
  /** ISO 4217. */
  currency: string;
  lineCount: number;
  subtotal: string;
  discountTotal: string;
  shippingTotal: string;
  taxTotal: string;
  /** Whether the prices contain the tax, so that it is not a part of the total besides. */
  taxIncluded: boolean;
  adjustmentTotal: string;
  total: string;
  refundedTotal: string;
  netTotal: string;
  /** In the order of their positions; empty unless asked for. */
  lines: ReportedLine[];
  /**
   * In a delta: whether it is as it is here now, or is gone or no longer among those that were asked for, and has its number
   * alone. Elsewhere `null`.
   */
  change?: Change | null;
  /** The key of its group, in a report that has groups; `null` elsewhere, and of what is gone. */
  group?: string | null;
}

export type Change = 'updated' | 'removed';

/**
 * What `toOrder` reads, as SQL on `orders`, in its order, each as the text that Postgres writes. A reference is never empty,
 * so that nothing stands for none.
 */
export const REPORTED_VALUES: readonly string[] = [
  'id',
  'number',
  'floor(extract(epoch FROM ordered_at) * 1000)::bigint',
  'customer_name',
  `coalesce(customer_reference, '')`,
  'status',
  'currency',
  'line_count',
  'subtotal',
  'discount_total',
  'shipping_total',
  'tax_total',
  'tax_included::text',
  'adjustment_total',
  'total',
  'refunded_total',
  'net_total',
];

/** Makes an order of the `REPORTED_VALUES`. */
export function toOrder(
  values: readonly string[],
  lines: ReportedLine[],
  change: Change | null = null,
  group: string | null = null,
): ReportedOrder {
  const [
    id,
    number,
    orderedAt,
    customerName,
    customerReference,
    status,
    currency,
    lineCount,
    subtotal,
    discountTotal,
    shippingTotal,
    taxTotal,
    taxIncluded,
    adjustmentTotal,
    total,
    refundedTotal,
    netTotal,
  ] = values as OrderValues;
  return {
    id,
    number,
    orderedAt: new Date(Number(orderedAt)),
    customerName,
    customerReference: customerReference === '' ? null : customerReference,
    status,
    currency,
    lineCount: Number(lineCount),
    subtotal,
    discountTotal,
    shippingTotal,
    taxTotal,
    taxIncluded: taxIncluded === 'true',
    adjustmentTotal,
    total,
    refundedTotal,
    netTotal,
    lines,
    change,
    group,
  };
}

type OrderValues = readonly [
  id: string,
  number: string,
  orderedAt: string,
  customerName: string,
  customerReference: string,
  status: string,
  currency: string,
  lineCount: string,
  subtotal: string,
  discountTotal: string,
  shippingTotal: string,
  taxTotal: string,
  taxIncluded: string,
  adjustmentTotal: string,
  total: string,
  refundedTotal: string,
  netTotal: string,
];
