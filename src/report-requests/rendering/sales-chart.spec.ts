import { ReportFormats } from './report-formats';
import fc from 'fast-check';
import { chartPeriods, periodLabels, valueTicks } from './sales-chart';

describe('chartPeriods', () => {
  it('has every month, and none of the day that is not included', () => {
    expect(chartPeriods('2016-11-15', '2017-02-01', 'month')).toEqual([
      '2016-11-01',
      '2016-12-01',
      '2017-01-01',
    ]);
  });

  it('has the months of the first century', () => {
    expect(chartPeriods('0001-11-15', '0002-02-01', 'month')).toEqual([
      '0001-11-01',
      '0001-12-01',
      '0002-01-01',
    ]);
  });

  it('begins weeks on Monday', () => {
    expect(chartPeriods('2016-01-01', '2016-01-12', 'week')).toEqual([
      '2015-12-28',
      '2016-01-04',
      '2016-01-11',
    ]);
  });

  it('has the leap day', () => {
    expect(chartPeriods('2016-02-28', '2016-03-02', 'day')).toEqual([
      '2016-02-28',
      '2016-02-29',
      '2016-03-01',
    ]);
  });

  it('never labels more periods than can be read', () => {
    const units = fc.constantFrom('day' as const, 'week' as const, 'month' as const);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4000 }), units, (days, unit) => {
        const end = new Date(Date.UTC(2016, 0, 1 + days)).toISOString().slice(0, 10);
        const labels = periodLabels(
          chartPeriods('2016-01-01', end, unit),
          unit,
          new ReportFormats('en-US', 'UTC'),
        );
        expect(labels.length).toBeGreaterThan(0);
        expect(labels.length).toBeLessThanOrEqual(12);
      }),
    );
  });
});

describe('valueTicks', () => {
  it('holds zero and every value between few, evenly spaced ticks', () => {
    const values = fc.array(fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }));
    fc.assert(
      fc.property(values, (amounts) => {
        const ticks = valueTicks(amounts);
        expect(ticks).toContain(0);
        expect(ticks.length).toBeLessThanOrEqual(7);
        expect(Math.min(...amounts, 0)).toBeGreaterThanOrEqual(ticks[0]!);
        expect(Math.max(...amounts, 0)).toBeLessThanOrEqual(ticks.at(-1)!);
        expect(ticks.length).toBeGreaterThanOrEqual(2);
      }),
    );
  });

  it('is round', () => {
    expect(valueTicks([870])).toEqual([0, 250, 500, 750, 1000]);
    expect(valueTicks([-30, 80])).toEqual([-50, 0, 50, 100]);
  });
});
