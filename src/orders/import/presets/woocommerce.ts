import { OrderStatus } from '../../order-status';
import { FileForm, first, joined, statuses } from '../file-form';
import { Preset } from '../import-settings';

/** By the label, and by the name that WooCommerce has for it inside. */
const statusOf = statuses({
  'pending payment': OrderStatus.Pending,
  pending: OrderStatus.Pending,
  'on hold': OrderStatus.Pending,
  'on-hold': OrderStatus.Pending,
  draft: OrderStatus.Pending,
  'checkout-draft': OrderStatus.Pending,
  processing: OrderStatus.Paid,
  completed: OrderStatus.Delivered,
  cancelled: OrderStatus.Cancelled,
  failed: OrderStatus.Cancelled,
  refunded: OrderStatus.Refunded,
});

/**
 * The default columns of Advanced Order Export for WooCommerce: one row for each line item, and one for each coupon beyond
 * them. `Item Cost` is a price after discounts and without tax, and so are the other amounts but for the total; there is no
 * column for the currency.
 *
 * @see https://wordpress.org/plugins/woo-order-export-lite/
 */
export const WOOCOMMERCE: FileForm = {
  preset: Preset.WooCommerce,
  columns: {
    order_number: first('Order Number'),
    ordered_at: first('Order Date'),
    customer_name: joined('First Name (Billing)', 'Last Name (Billing)'),
    customer_reference: first('Email (Billing)'),
    status: first('Order Status'),
    currency: first('Currency', 'Order Currency'),
    shipping_total: first('Order Shipping Amount'),
    tax_total: first('Order Total Tax Amount'),
    total: first('Order Total Amount'),
    refunded_total: first('Order Refund Amount'),
    sku: first('SKU'),
    description: first('Item Name', 'Product Name', 'Name'),
    quantity: first('Quantity', 'Quantity (- Refund)'),
    unit_price: first('Item Cost'),
  },
  required: [['order_number'], ['ordered_at'], ['description'], ['quantity'], ['unit_price']],
  fillsBlanks: true,
  addsUpRows: false,
  otherTotal: 'adjustment',
  missingName: '-',
  missingDescription: '-',
  lacksSku: true,
  mayBeTakenBack: true,
  lacksPrice: false,
  mayOverRefund: false,
  inUtc: false,
  hasQuotes: true,
  alsoReads: [],
  statusOf: (status) =>
    status === '' ? null : statusOf(status.toLowerCase().replace(/^wc-/, '').replace(/\s+/g, ' ')),
  discountBySubtotal: false,
};
