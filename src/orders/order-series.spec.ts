import { fillSeries, seriesUnit } from './order-series';

const point = (periodStart: string, currency = 'EUR', gross = '1.00') => ({
  periodStart,
  currency,
  orders: 1,
  gross,
  cancelled: gross,
  refunded: gross,
  net: gross,
});

describe('the series of a summary', () => {
  it.each([
    ['2016-01-01', '2016-02-01', 'day'],
    ['2016-01-01', '2016-04-01', 'week'],
    ['2016-01-01', '2017-01-01', 'month'],
  ])('from %s to %s is by %3$s', (start, end, unit) => {
    expect(seriesUnit(start, end)).toBe(unit);
  });

  it('has a zero for each month without orders, in each currency', () => {
    const series = fillSeries(
      [point('2016-02-01'), point('2015-12-01', 'USD')],
      '2015-12-15',
      '2016-03-02',
      'month',
    );
    expect(series.map(({ currency, periodStart, orders }) => `${currency} ${periodStart} ${orders}`)).toEqual(
      [
        'EUR 2015-12-01 0',
        'EUR 2016-01-01 0',
        'EUR 2016-02-01 1',
        'EUR 2016-03-01 0',
        'USD 2015-12-01 1',
        'USD 2016-01-01 0',
        'USD 2016-02-01 0',
        'USD 2016-03-01 0',
      ],
    );
  });

  it.each([
    ['-12.50', '0.00'],
    ['100', '0'],
    ['0.000', '0.000'],
  ])('has zeros with the digits of its currency: beside %s, %s', (gross, zero) => {
    const [, empty] = fillSeries([point('2016-01-01', 'XXX', gross)], '2016-01-01', '2016-03-01', 'month');
    expect(empty).toEqual({ ...point('2016-02-01', 'XXX', zero), orders: 0 });
  });

  it('has weeks that start on Monday, the first one before the period', () => {
    const series = fillSeries([point('2016-02-29')], '2016-03-01', '2016-03-15', 'week');
    expect(series.map(({ periodStart }) => periodStart)).toEqual(['2016-02-29', '2016-03-07', '2016-03-14']);
  });

  it('is empty without orders, and has no zeros where there would be too many', () => {
    expect(fillSeries([], '2016-01-01', '2017-01-01', 'month')).toEqual([]);
    expect(fillSeries([point('2016-01-01')], '0001-01-01', '9999-12-31', 'month')).toEqual([
      point('2016-01-01'),
    ]);
  });
});
