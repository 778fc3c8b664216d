import fc from 'fast-check';
import { ORDER_STATUSES, OrderStatus } from '../../src/orders/order-status';

/** The same in each run of `npm test`, so that it fails for what changed; another in each of `npm run numbers`. */
export const RANDOM_SEED = Number(process.env['RANDOM_SEED'] ?? 20_261_127);

/** Amounts of the digits that ISO 4217 gives these, read from its list by hand. */
export const CURRENCIES: Record<string, number> = {
  JPY: 0,
  PYG: 0,
  USD: 2,
  EUR: 2,
  HUF: 2,
  KWD: 3,
  IQD: 3,
  CLF: 4,
};
const [QUANTITY_DIGITS, PRICE_DIGITS] = [4, 6];
const DAY_MS = 86_400_000;

/** Days that are summed up by day, by week and by month. */
export const PERIODS = [
  { startDate: '2026-01-01', endDate: '2026-02-01', days: 31 },
  { startDate: '2026-01-01', endDate: '2026-04-01', days: 90 },
  { startDate: '2026-01-01', endDate: '2027-01-01', days: 365 },
];

/** A body of `POST /v1/orders`, and what it comes to by the rules of DESIGN.md, worked out apart from the service. */
export interface RandomOrder {
  body: {
    number: string;
    ordered_at: string;
    status: OrderStatus;
    currency: string;
    customer_name: string;
    customer_reference?: string;
    discount_total: string;
    shipping_total: string;
    tax_total: string;
    tax_included: boolean;
    adjustment_total: string;
    refunded_total: string;
    lines: { sku: string; description: string; quantity: string; unit_price: string }[];
  };
  lineTotals: string[];
  total: string;
  net: string;
}

export interface RandomBook {
  period: (typeof PERIODS)[number];
  orders: RandomOrder[];
}

/** In units of the last of so many digits, as a plain decimal. */
function decimal(units: bigint, digits: number): string {
  const text = (units < 0n ? -units : units).toString().padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits);
  return `${units < 0n ? '-' : ''}${whole}${digits === 0 ? '' : `.${text.slice(-digits)}`}`;
}

/** Halves go away from zero. */
function rounded(numerator: bigint, denominator: bigint): bigint {
  const size = ((numerator < 0n ? -numerator : numerator) * 2n + denominator) / (2n * denominator);
  return numerator < 0n ? -size : size;
}

const units = (most: bigint): fc.Arbitrary<bigint> => fc.bigInt({ min: -most, max: most });
/** Many of them are halves of a minor unit, where roundings differ. */
const line = fc.record({
  quantity: fc.oneof(
    fc.constantFrom(1n, 3n, -1n, -2n).map((whole) => whole * 10_000n),
    units(500_000n).filter((quantity) => quantity !== 0n),
  ),
  price: fc.oneof(
    units(50_000_000n),
    units(2_000n).map((half) => half * 5_000n),
    units(2_000n).map((half) => half * 500n),
    units(99_999_999_999n),
  ),
});
const share = fc.oneof(fc.constantFrom(0, 100), fc.integer({ min: 0, max: 100 }));
const amount = fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 99_999n }));
const order = fc.record({
  status: fc.constantFrom(...ORDER_STATUSES),
  currency: fc.constantFrom(...Object.keys(CURRENCIES)),
  // Not fc.double, which mostly is next to 0: all orders would be of one day.
  moment: fc.integer({ min: 0, max: 9_999 }),
  reference: fc.option(fc.constantFrom('C-1', '=C-2', "'-x"), { nil: undefined }),
  lines: fc.array(line, { minLength: 1, maxLength: 5 }),
  discount: amount,
  shipping: amount,
  tax: amount,
  taxIncluded: fc.boolean(),
  adjustment: fc.oneof(fc.constant(0n), units(999n)),
  refund: share,
});

export const randomBooks = (most: number, least = 1): fc.Arbitrary<RandomBook> =>
  fc
    .tuple(fc.constantFrom(...PERIODS), fc.array(order, { minLength: least, maxLength: most }))
    .map(([period, orders]) => ({
      period,
      orders: orders.map((made, index) => toOrder(made, index, period)),
    }));

type Made = typeof order extends fc.Arbitrary<infer T> ? T : never;

function toOrder(made: Made, index: number, { startDate, days }: RandomBook['period']): RandomOrder {
  const digits = CURRENCIES[made.currency]!;
  const text = (of: bigint): string => decimal(of, digits);
  const lineTotals = made.lines.map(({ quantity, price }) =>
    rounded(quantity * price, 10n ** BigInt(QUANTITY_DIGITS + PRICE_DIGITS - digits)),
  );
  const subtotal = lineTotals.reduce((sum, total) => sum + total, 0n);
  const tax = made.taxIncluded ? 0n : made.tax;
  const total = subtotal - made.discount + made.shipping + tax + made.adjustment;
  const wanted = made.status === OrderStatus.Refunded ? 100 : made.refund;
  const refunded = total > 0n ? (total * BigInt(wanted)) / 100n : 0n;
  const moment = Date.parse(startDate) + Math.floor((made.moment / 10_000) * days * 24) * (DAY_MS / 24);
  return {
    body: {
      number: `N-${index}`,
      ordered_at: new Date(moment).toISOString(),
      status: made.status,
      currency: made.currency,
      customer_name: `Customer ${index}`,
      ...(made.reference !== undefined && { customer_reference: made.reference }),
      discount_total: text(made.discount),
      shipping_total: text(made.shipping),
      tax_total: text(made.tax),
      tax_included: made.taxIncluded,
      adjustment_total: text(made.adjustment),
      refunded_total: text(refunded),
      lines: made.lines.map(({ quantity, price }, position) => ({
        sku: `S-${position}`,
        description: `Item ${position}`,
        quantity: decimal(quantity, QUANTITY_DIGITS),
        unit_price: decimal(price, PRICE_DIGITS),
      })),
    },
    lineTotals: lineTotals.map(text),
    total: text(total),
    net: text(made.status === OrderStatus.Cancelled ? 0n : total - refunded),
  };
}
