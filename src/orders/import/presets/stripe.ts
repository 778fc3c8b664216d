import { OrderStatus } from '../../order-status';
import { FileForm, first, statuses } from '../file-form';
import { Preset } from '../import-settings';

const statusOf = statuses({
  pending: OrderStatus.Pending,
  processing: OrderStatus.Pending,
  incomplete: OrderStatus.Pending,
  uncaptured: OrderStatus.Pending,
  'requires capture': OrderStatus.Pending,
  'requires action': OrderStatus.Pending,
  'requires confirmation': OrderStatus.Pending,
  'requires payment method': OrderStatus.Pending,
  paid: OrderStatus.Paid,
  succeeded: OrderStatus.Paid,
  'partially refunded': OrderStatus.Paid,
  'partial refund': OrderStatus.Paid,
  disputed: OrderStatus.Paid,
  refunded: OrderStatus.Refunded,
  failed: OrderStatus.Cancelled,
  blocked: OrderStatus.Cancelled,
  canceled: OrderStatus.Cancelled,
  cancelled: OrderStatus.Cancelled,
});

/**
 * The export of payments from Stripe's dashboard: one row for each charge, which becomes an order of one line. Times are in
 * UTC, as the heading says.
 *
 * @see https://support.stripe.com/questions/exporting-payment-reports
 */
export const STRIPE: FileForm = {
  preset: Preset.Stripe,
  columns: {
    order_number: first('id'),
    ordered_at: first('Created date (UTC)', 'Created (UTC)'),
    customer_name: first('Customer Name', 'Card Name', 'Customer Description'),
    customer_reference: first('Customer ID', 'Customer Email'),
    status: first('Status'),
    currency: first('Currency'),
    refunded_total: first('Amount Refunded'),
    description: first('Description', 'Statement Descriptor'),
    unit_price: first('Amount'),
  },
  required: [['order_number'], ['ordered_at'], ['unit_price'], ['currency'], ['status']],
  fillsBlanks: false,
  addsUpRows: false,
  otherTotal: 'adjustment',
  missingName: '-',
  missingDescription: '-',
  lacksSku: true,
  quantity: '1',
  mayBeTakenBack: false,
  lacksPrice: false,
  mayOverRefund: false,
  inUtc: true,
  hasQuotes: true,
  alsoReads: ['Captured'],
  statusOf: (text, cell) => {
    if (text === '') return null;
    const status = statusOf(text.toLowerCase().replaceAll('_', ' '));
    const isOnlyAuthorized = status === OrderStatus.Paid && cell('Captured').toLowerCase() === 'false';
    return isOnlyAuthorized ? OrderStatus.Pending : status;
  },
  discountBySubtotal: false,
};
