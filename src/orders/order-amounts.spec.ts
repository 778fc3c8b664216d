import fc from 'fast-check';
import { parseDecimal } from '../common/decimal';
import { type GivenAmounts, lineAmounts, orderAmounts, parseAmount } from './order-amounts';
import { OrderStatus } from './order-status';

const NOTHING: GivenAmounts = {
  discountTotal: '0',
  shippingTotal: '0',
  taxTotal: '0',
  taxIncluded: false,
  adjustmentTotal: '0',
  refundedTotal: undefined,
};

const refusals = (status: OrderStatus, subtotal: bigint, given: Partial<GivenAmounts>, unit = 2) => {
  const fields: string[] = [];
  const amounts = orderAmounts({ status, subtotal, given: { ...NOTHING, ...given } }, unit, (field) =>
    fields.push(field),
  );
  return { amounts, fields };
};

describe('the amounts of an order', () => {
  it.each([
    ['3', '0.1', 2, '0.30'],
    ['1.5', '0.2333', 2, '0.35'],
    ['-1.5', '0.2333', 2, '-0.35'],
    ['1', '0.3333', 0, '0'],
    ['1', '0.5', 0, '1'],
    ['2', '0.123456', 3, '0.247'],
  ])('%s times %s with %i digits is %s', (quantity, unitPrice, unit, total) => {
    expect(lineAmounts({ quantity, unitPrice }, unit, fail)).toMatchObject({ total });
  });

  it('a price is kept as fine as it is, and has the digits of the currency', () => {
    const price = (unitPrice: string, unit: number) =>
      lineAmounts({ quantity: '1.50', unitPrice }, unit, fail);
    expect(price('0.1', 2)).toMatchObject({ unitPrice: '0.10', quantity: '1.5' });
    expect(price('0.123400', 2)).toMatchObject({ unitPrice: '0.1234' });
    expect(price('7.0', 0)).toMatchObject({ unitPrice: '7' });
  });

  it('the total is the sum of its parts, and no less for tax that prices contain', () => {
    const given = { discountTotal: '5', shippingTotal: '4.9', taxTotal: '19.00', adjustmentTotal: '-0.01' };
    expect(refusals(OrderStatus.Paid, 10_000n, given).amounts).toMatchObject({
      total: '118.89',
      refundedTotal: '0.00',
    });
    expect(refusals(OrderStatus.Paid, 10_000n, { ...given, taxIncluded: true }).amounts).toMatchObject({
      subtotal: '100.00',
      taxTotal: '19.00',
      total: '99.89',
    });
  });

  it('the status refunded gives all back, unless it is said how much', () => {
    expect(refusals(OrderStatus.Refunded, 10_000n, {}).amounts).toMatchObject({ refundedTotal: '100.00' });
    expect(refusals(OrderStatus.Refunded, 10_000n, { refundedTotal: '40' }).amounts).toMatchObject({
      refundedTotal: '40.00',
    });
    expect(refusals(OrderStatus.Refunded, -10_000n, {}).amounts).toMatchObject({
      total: '-100.00',
      refundedTotal: '0.00',
    });
  });

  it.each([
    ['a refund of more than the total', { refundedTotal: '100.01' }, 'refunded_total'],
    ['a negative refund', { refundedTotal: '-1' }, 'refunded_total'],
    ['a negative discount', { discountTotal: '-1' }, 'discount_total'],
    ['negative shipping', { shippingTotal: '-1' }, 'shipping_total'],
    ['what is finer than the currency', { taxTotal: '0.001' }, 'tax_total'],
  ])('refuses %s', (_what, given, field) => {
    expect(refusals(OrderStatus.Paid, 10_000n, given)).toEqual({ amounts: undefined, fields: [field] });
  });

  it('refuses a sum that is too large, and a refund of what is not above 0', () => {
    expect(refusals(OrderStatus.Paid, 10n ** 17n, {}).fields).toEqual(['lines']);
    expect(refusals(OrderStatus.Paid, -100n, { refundedTotal: '0.01' }).fields).toEqual(['refunded_total']);
  });

  it('zeros beyond the digits of the currency say nothing', () => {
    expect(parseAmount('5.0000', 0)).toBe(5n);
    expect(parseAmount('5.1', 0)).toBeUndefined();
    expect(parseAmount('0.1234', 4)).toBe(1234n);
  });

  it('a line is rounded once, to within half of the minor unit', () => {
    const decimal = (digits: number) =>
      fc
        .bigInt({ min: -(10n ** 9n), max: 10n ** 9n })
        .filter((value) => value !== 0n)
        .map((value) => {
          const text = (value < 0n ? -value : value).toString().padStart(digits + 1, '0');
          return `${value < 0n ? '-' : ''}${text.slice(0, -digits)}.${text.slice(-digits)}`;
        });
    fc.assert(
      fc.property(decimal(4), decimal(6), fc.integer({ min: 0, max: 4 }), (quantity, unitPrice, unit) => {
        const total = parseDecimal(lineAmounts({ quantity, unitPrice }, unit, fail)!.total, unit)!;
        const exact = parseDecimal(quantity, 4)! * parseDecimal(unitPrice, 6)!;
        const error = total * 10n ** BigInt(10 - unit) - exact;
        expect(2n * (error < 0n ? -error : error) <= 10n ** BigInt(10 - unit)).toBe(true);
      }),
    );
  });
});

function fail(field: string, message: string): never {
  throw new Error(`${field}: ${message}`);
}
