import { isOrderStatus } from '../../order-status';
import { FileForm, first } from '../file-form';

/**
 * Our own form: the documented names, those of our own reports, and names that other exports use for the same thing. One row
 * for each line, with all that is known of the order in each.
 */
export const GENERIC: FileForm = {
  preset: null,
  columns: {
    order_number: first('order_number', 'number', 'order_id'),
    ordered_at: first('ordered_at', 'order_date'),
    customer_name: first('customer_name'),
    customer_reference: first('customer_reference', 'customer_id'),
    status: first('status'),
    currency: first('currency'),
    shipped_at: first('shipped_at', 'ship_date'),
    discount_total: first('discount_total'),
    shipping_total: first('shipping_total'),
    tax_total: first('tax_total'),
    tax_included: first('tax_included'),
    adjustment_total: first('adjustment_total'),
    total: first('total'),
    refunded_total: first('refunded_total'),
    sku: first('sku', 'product_id'),
    description: first('description', 'product_name'),
    quantity: first('quantity'),
    unit_price: first('unit_price'),
    line_discount: first('line_discount'),
    line_total: first('line_total', 'sales'),
  },
  required: [
    ['order_number'],
    ['ordered_at'],
    ['customer_name'],
    ['sku'],
    ['description'],
    ['quantity'],
    ['unit_price', 'line_total'],
  ],
  fillsBlanks: false,
  addsUpRows: false,
  otherTotal: 'error',
  lacksSku: false,
  mayBeTakenBack: false,
  lacksPrice: false,
  mayOverRefund: false,
  inUtc: false,
  hasQuotes: true,
  alsoReads: [],
  statusOf: (status) => {
    const name = status.toLowerCase();
    if (name === '') return null;
    return isOrderStatus(name) ? name : undefined;
  },
  discountBySubtotal: false,
};
