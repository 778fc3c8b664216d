import { OrderStatus } from '../../order-status';
import { FileForm, first, statuses } from '../file-form';
import { Preset } from '../import-settings';

const statusOf = statuses({
  pending: OrderStatus.Pending,
  authorized: OrderStatus.Pending,
  unpaid: OrderStatus.Pending,
  partially_paid: OrderStatus.Pending,
  expired: OrderStatus.Pending,
  paid: OrderStatus.Paid,
  partially_refunded: OrderStatus.Paid,
  refunded: OrderStatus.Refunded,
  voided: OrderStatus.Cancelled,
});
const OF_GOODS: readonly OrderStatus[] = [OrderStatus.Pending, OrderStatus.Paid];

/**
 * The order export of Shopify's admin: one row for each line item; later rows of an order repeat its number, and leave most
 * of what is the order's blank. `Subtotal` is what the lines come to after all discounts; taxes are contained in it or not,
 * as the shop is set up, which no column says. Shopify lets a shop refund more than was paid.
 *
 * @see https://help.shopify.com/en/manual/fulfillment/managing-orders/exporting-orders
 * @see https://shopify.dev/docs/api/admin-graphql/latest/input-objects/RefundInput `allowOverRefunding`
 */
export const SHOPIFY: FileForm = {
  preset: Preset.Shopify,
  columns: {
    order_number: first('Name'),
    ordered_at: first('Created at'),
    customer_name: first('Billing Name', 'Shipping Name'),
    customer_reference: first('Email'),
    status: first('Financial Status'),
    currency: first('Currency'),
    subtotal: first('Subtotal'),
    discount_total: first('Discount Amount'),
    shipping_total: first('Shipping'),
    tax_total: first('Taxes'),
    total: first('Total'),
    refunded_total: first('Refunded Amount'),
    sku: first('Lineitem sku'),
    description: first('Lineitem name'),
    quantity: first('Lineitem quantity'),
    unit_price: first('Lineitem price'),
    line_discount: first('Lineitem discount'),
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
  mayOverRefund: true,
  inUtc: false,
  hasQuotes: true,
  alsoReads: ['Fulfillment Status', 'Cancelled at', 'Canceled at'],
  statusOf: (financial, cell) => {
    if (cell('Cancelled at') !== '' || cell('Canceled at') !== '') return OrderStatus.Cancelled;
    const fulfilled = cell('Fulfillment Status').toLowerCase() === 'fulfilled';
    if (financial === '') return fulfilled ? OrderStatus.Shipped : null;
    const status = statusOf(financial.toLowerCase().replaceAll(' ', '_'));
    return status !== undefined && fulfilled && OF_GOODS.includes(status) ? OrderStatus.Shipped : status;
  },
  taxIncluded: 'by total',
  discountBySubtotal: true,
};
