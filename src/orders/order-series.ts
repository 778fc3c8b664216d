import type { SalesFigures } from './sales-figures';

/** The length of one point of a series. Weeks start on Monday. */
export type SeriesUnit = 'day' | 'week' | 'month';

/** The orders of one currency in one period. */
export interface OrderSeriesPoint extends SalesFigures {
  /** First day of the period, YYYY-MM-DD. */
  periodStart: string;
  currency: string;
}

const DAY_MS = 86_400_000;
const LONGEST_BY_DAY = 45;
const LONGEST_BY_WEEK = 190;
/** Beyond this, only periods with orders are in a series. */
const LONGEST_FILLED = 36_525;

/** A unit that gives a readable number of points for the days from `startDate` up to, not including, `endDate`. */
export function seriesUnit(startDate: string, endDate: string): SeriesUnit {
  const days = daysBetween(startDate, endDate);
  if (days <= LONGEST_BY_DAY) return 'day';
  return days <= LONGEST_BY_WEEK ? 'week' : 'month';
}

/** Adds a zero for each period without orders, in each currency that occurs; sorted by currency, then time. */
export function fillSeries(
  points: OrderSeriesPoint[],
  startDate: string,
  endDate: string,
  unit: SeriesUnit,
): OrderSeriesPoint[] {
  const found = new Map(points.map((point) => [`${point.currency} ${point.periodStart}`, point]));
  const zeros = new Map(points.map(({ currency, gross }) => [currency, zeroLike(gross)]));
  const starts =
    daysBetween(startDate, endDate) > LONGEST_FILLED
      ? [...new Set(points.map((point) => point.periodStart))].sort()
      : periodStarts(startDate, endDate, unit);
  return [...zeros]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([currency, zero]) =>
      starts.map(
        (periodStart) =>
          found.get(`${currency} ${periodStart}`) ?? {
            periodStart,
            currency,
            orders: 0,
            gross: zero,
            cancelled: zero,
            refunded: zero,
            net: zero,
          },
      ),
    );
}

/** Nothing, with the digits of another amount. */
const zeroLike = (amount: string): string => amount.replace(/^-?\d+/, '0').replace(/\d/g, '0');

/** The first days of the periods that the days touch; the first may lie before `startDate`. */
function periodStarts(startDate: string, endDate: string, unit: SeriesUnit): string[] {
  const starts: string[] = [];
  let day = truncate(Date.parse(startDate), unit);
  const end = Date.parse(endDate);
  while (day < end) {
    starts.push(isoDate(day));
    day = next(day, unit);
  }
  return starts;
}

function truncate(day: number, unit: SeriesUnit): number {
  const date = new Date(day);
  if (unit === 'day') return day;
  if (unit === 'week') return day - ((date.getUTCDay() + 6) % 7) * DAY_MS;
  return date.setUTCDate(1);
}

function next(day: number, unit: SeriesUnit): number {
  if (unit === 'month') {
    const date = new Date(day);
    return date.setUTCMonth(date.getUTCMonth() + 1);
  }
  return day + (unit === 'day' ? 1 : 7) * DAY_MS;
}

const isoDate = (day: number): string => new Date(day).toISOString().slice(0, 10);

const daysBetween = (startDate: string, endDate: string): number =>
  (Date.parse(endDate) - Date.parse(startDate)) / DAY_MS;
