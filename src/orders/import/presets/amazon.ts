import { OrderStatus } from '../../order-status';
import { FileForm, first, statuses, summed } from '../file-form';
import { Preset } from '../import-settings';

const statusOf = statuses({
  pending: OrderStatus.Pending,
  'pending - waiting for pick up': OrderStatus.Pending,
  pendingavailability: OrderStatus.Pending,
  unshipped: OrderStatus.Paid,
  invoiceunconfirmed: OrderStatus.Paid,
  partiallyshipped: OrderStatus.Paid,
  'partially shipped': OrderStatus.Paid,
  shipping: OrderStatus.Paid,
  shipped: OrderStatus.Shipped,
  'shipped - picked up': OrderStatus.Shipped,
  'shipped - out for delivery': OrderStatus.Shipped,
  'shipped - damaged': OrderStatus.Shipped,
  'shipped - lost in transit': OrderStatus.Shipped,
  'shipped - returning to seller': OrderStatus.Shipped,
  'shipped - delivered to buyer': OrderStatus.Delivered,
  complete: OrderStatus.Delivered,
  'shipped - returned to seller': OrderStatus.Refunded,
  'shipped - rejected by buyer': OrderStatus.Refunded,
  cancelled: OrderStatus.Cancelled,
  canceled: OrderStatus.Cancelled,
  unfulfillable: OrderStatus.Cancelled,
});
const isCancelled = (status: string): boolean => statusOf(status.toLowerCase()) === OrderStatus.Cancelled;

/** Where taxes come on top of the prices; everywhere else they are contained. */
const TAX_ON_TOP = /^amazon\.(com|ca)$/i;
const CURRENCIES_OF_THESE = ['USD', 'CAD'];

/**
 * Amazon's report of all orders, a flat file: tab-separated, one row for each item of an order, with amounts for the whole
 * quantity of that item. It names no customers. A cancelled item has no amounts, or amounts that nobody pays.
 *
 * @see https://sellercentral.amazon.com/gp/help/external/200547170
 * @see https://developer-docs.amazon.com/sp-api/docs/order-tracking-reports-attributes
 */
export const AMAZON: FileForm = {
  preset: Preset.Amazon,
  columns: {
    order_number: first('amazon-order-id'),
    ordered_at: first('purchase-date'),
    customer_name: first('buyer-name'),
    status: first('order-status'),
    currency: first('currency'),
    discount_total: summed('item-promotion-discount', 'ship-promotion-discount'),
    shipping_total: summed('shipping-price'),
    tax_total: summed('item-tax', 'shipping-tax', 'gift-wrap-tax'),
    adjustment_total: summed('gift-wrap-price'),
    sku: first('sku'),
    description: first('product-name'),
    quantity: first('quantity', 'quantity-purchased'),
    line_total: first('item-price'),
  },
  required: [['order_number'], ['ordered_at'], ['status'], ['description'], ['quantity'], ['line_total']],
  fillsBlanks: true,
  addsUpRows: true,
  otherTotal: 'adjustment',
  missingName: '-',
  missingDescription: '-',
  lacksSku: true,
  mayBeTakenBack: true,
  lacksPrice: true,
  mayOverRefund: false,
  inUtc: false,
  hasQuotes: false,
  alsoReads: ['sales-channel', 'item-status', 'order-status', 'currency'],
  statusOf: (status) => (status === '' ? null : statusOf(status.toLowerCase())),
  taxIncluded: (cell) => {
    const channel = cell('sales-channel');
    if (channel.toLowerCase().startsWith('amazon.')) return !TAX_ON_TOP.test(channel);
    const currency = cell('currency').toUpperCase();
    return currency === '' ? null : !CURRENCIES_OF_THESE.includes(currency);
  },
  discountBySubtotal: false,
  isCancelledLine: (cell) => isCancelled(cell('item-status')) && !isCancelled(cell('order-status')),
};
