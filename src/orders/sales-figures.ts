/** What some orders of one currency come to. Amounts are exact decimals: gross - cancelled - refunded = net. */
export interface SalesFigures {
  orders: number;
  /** The totals of all of them. */
  gross: string;
  /** Those of cancelled orders. */
  cancelled: string;
  /** The refunds of all others. */
  refunded: string;
  net: string;
}
