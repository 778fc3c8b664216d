import { formatDecimal } from '../../common/decimal';
import type { CurrencyTotal } from '../../orders/order-summary';
import type { ReportedOrder } from '../../orders/reported-order';

const CANCELLED = 'cancelled';
/** Sums beyond it are no longer exact as numbers. */
const LARGEST = Number.MAX_SAFE_INTEGER / 2;

/** Adds up amounts of one currency in its smallest unit: as numbers, which are quick, as long as these are exact. */
class ExactSum {
  private near = 0;
  private far = 0n;

  add(amount: string): void {
    const units = Number(amount.replace('.', ''));
    if (Math.abs(units) > LARGEST) {
      this.far += BigInt(amount.replace('.', ''));
      return;
    }
    this.near += units;
    if (Math.abs(this.near) <= LARGEST) return;
    this.far += BigInt(this.near);
    this.near = 0;
  }

  get units(): bigint {
    return this.far + BigInt(this.near);
  }
}

interface Sums {
  /** Digits after the point, which all amounts of a currency have. */
  scale: number;
  orders: number;
  gross: ExactSum;
  cancelled: ExactSum;
  refunded: ExactSum;
  net: ExactSum;
}

/** What the orders in a file come to, added up while they are written: it has to be what their snapshot comes to. */
export class SalesTally {
  private readonly currencies = new Map<string, Sums>();
  private gone = 0;

  /** To be called where the order's row is written. */
  add(order: ReportedOrder): void {
    if (order.change === 'removed') {
      this.gone += 1;
      return;
    }
    let sums = this.currencies.get(order.currency);
    if (sums === undefined) {
      sums = {
        scale: order.total.includes('.') ? order.total.length - order.total.indexOf('.') - 1 : 0,
        orders: 0,
        gross: new ExactSum(),
        cancelled: new ExactSum(),
        refunded: new ExactSum(),
        net: new ExactSum(),
      };
      this.currencies.set(order.currency, sums);
    }
    sums.orders += 1;
    sums.gross.add(order.total);
    sums.net.add(order.netTotal);
    if (order.status === CANCELLED) sums.cancelled.add(order.total);
    else sums.refunded.add(order.refundedTotal);
  }

  /** Of a delta: orders that are gone. */
  get removed(): number {
    return this.gone;
  }

  /** Sorted by currency, with the digits of the amounts. */
  get totals(): CurrencyTotal[] {
    return [...this.currencies]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([currency, { scale, orders, gross, cancelled, refunded, net }]) => ({
        currency,
        orders,
        gross: formatDecimal(gross.units, scale),
        cancelled: formatDecimal(cancelled.units, scale),
        refunded: formatDecimal(refunded.units, scale),
        net: formatDecimal(net.units, scale),
      }));
  }
}
