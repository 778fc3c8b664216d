import { minorUnit } from '../common/currency';
import { formatDecimal, isStorable, parseDecimal, rescale } from '../common/decimal';
import { OrderStatus } from './order-status';

/** Digits after the point: a price may be finer than what is paid. */
export const QUANTITY_SCALE = 4;
export const PRICE_SCALE = 6;
/** Of every currency: ISO 4217 knows none with more. */
export const AMOUNT_SCALE = 4;

/** Says what is wrong with a field, by its name in JSON. */
export type Refuse = (field: string, message: string) => void;

export interface GivenLine {
  /** Exact decimals: more than 0, or less for a return; and up to six digits after the point. */
  quantity: string;
  unitPrice: string;
}

/** What belongs to an order as a whole, as exact decimals. */
export interface GivenAmounts {
  discountTotal: string;
  shippingTotal: string;
  taxTotal: string;
  /** Prices contain the tax: it is shown, and not added. */
  taxIncluded: boolean;
  adjustmentTotal: string;
  /** `undefined`: as the status says. */
  refundedTotal: string | undefined;
}

/** Amounts with exactly the digits of the currency. */
export type OrderAmounts = GivenAmounts & { subtotal: string; total: string; refundedTotal: string };

/** Exact decimals with the digits of the currency, as they are stored. */
export interface LineAmounts {
  /** Without zeros that say nothing. */
  quantity: string;
  /** As fine as it was given, and with no fewer digits than the currency has. */
  unitPrice: string;
  total: string;
}

/**
 * A line's price and total: quantity times price, rounded once, half away from zero.
 *
 * @returns `undefined` when it was refused
 */
export function lineAmounts(line: GivenLine, unit: number, refuse: Refuse): LineAmounts | undefined {
  const quantity = parseDecimal(line.quantity, QUANTITY_SCALE);
  const price = parseDecimal(line.unitPrice, PRICE_SCALE);
  if (quantity === undefined || price === undefined) throw new RangeError('An amount is not a decimal.');
  const total = rescale(quantity * price, QUANTITY_SCALE + PRICE_SCALE, unit);
  if (!isStorable(total, unit)) {
    refuse('unit_price', 'quantity times unit_price is too large');
    return undefined;
  }
  return {
    quantity: shortest(quantity, QUANTITY_SCALE, 0),
    unitPrice: shortest(price, PRICE_SCALE, unit),
    total: formatDecimal(total, unit),
  };
}

/**
 * The amounts of an order whose lines sum to `subtotal`.
 *
 * @param subtotal in the currency's minor unit
 * @param unit digits after the point of the currency
 * @returns `undefined` when something was refused
 */
export function orderAmounts(
  { status, subtotal, given }: { status: OrderStatus; subtotal: bigint; given: GivenAmounts },
  unit: number,
  refuse: Refuse,
): OrderAmounts | undefined {
  let refusals = 0;
  const refuseField: Refuse = (field, message) => {
    refusals += 1;
    refuse(field, message);
  };
  const read = (field: string, text: string): bigint => {
    const amount = parseAmount(text, unit);
    if (amount === undefined) refuseField(field, `${field} ${digitsRule(unit)}`);
    return amount ?? 0n;
  };
  const discount = read('discount_total', given.discountTotal);
  const shipping = read('shipping_total', given.shippingTotal);
  const tax = read('tax_total', given.taxTotal);
  const adjustment = read('adjustment_total', given.adjustmentTotal);
  if (discount < 0n) refuseField('discount_total', 'discount_total must not be negative');
  if (shipping < 0n) refuseField('shipping_total', 'shipping_total must not be negative');
  const total = subtotal - discount + shipping + (given.taxIncluded ? 0n : tax) + adjustment;
  if (!isStorable(subtotal, unit) || !isStorable(total, unit))
    refuseField('lines', 'the sum of the lines is too large');
  const most = total > 0n ? total : 0n;
  const asStatusSays = status === OrderStatus.Refunded ? most : 0n;
  const refunded =
    given.refundedTotal === undefined ? asStatusSays : read('refunded_total', given.refundedTotal);
  if (refunded < 0n || refunded > most)
    refuseField(
      'refunded_total',
      `refunded_total must be between 0 and the total, ${formatDecimal(most, unit)}`,
    );
  if (refusals > 0) return undefined;
  return {
    subtotal: formatDecimal(subtotal, unit),
    discountTotal: formatDecimal(discount, unit),
    shippingTotal: formatDecimal(shipping, unit),
    taxTotal: formatDecimal(tax, unit),
    taxIncluded: given.taxIncluded,
    adjustmentTotal: formatDecimal(adjustment, unit),
    total: formatDecimal(total, unit),
    refundedTotal: formatDecimal(refunded, unit),
  };
}

/**
 * An amount in the minor unit of its currency. Zeros beyond that say nothing.
 *
 * @returns `undefined` for what is no decimal, or finer
 */
export function parseAmount(text: string, unit: number): bigint | undefined {
  const amount = parseDecimal(text, AMOUNT_SCALE);
  if (amount === undefined) return undefined;
  const whole = rescale(amount, AMOUNT_SCALE, unit);
  return rescale(whole, unit, AMOUNT_SCALE) === amount ? whole : undefined;
}

/**
 * The minor unit of a currency that was validated.
 *
 * @throws RangeError for another
 */
export function unitOf(currency: string): number {
  const unit = minorUnit(currency);
  if (unit === undefined) throw new RangeError(`${currency} is no currency with a minor unit.`);
  return unit;
}

/** What an amount of a currency with so many digits must be. */
const digitsRule = (unit: number): string =>
  unit === 0
    ? 'must be a whole number: the currency has no smaller unit'
    : `must be a decimal with at most ${unit} digits after the point, as the currency has`;

/** Without zeros that say nothing, but with at least so many digits after the point. */
function shortest(amount: bigint, scale: number, least: number): string {
  let digits = scale;
  let shown = amount;
  for (; digits > least && shown % 10n === 0n; digits -= 1) shown /= 10n;
  return formatDecimal(shown, digits);
}
