import { Markup, markup } from './markup';
import type { OrderSeriesPoint, SeriesUnit as Unit } from '../../orders/order-series';
import { ReportFormats } from './report-formats';
import { widthOf } from './fitted-text';
import { TextWriter } from './text-writer';

export const CHART_HEIGHT = 170;

const PLOT = { left: 58, right: 6, top: 8, bottom: 22 };
const LABEL_SIZE = 9;
const LABEL_GAP = 8;
const MAX_LABELS = 12;
const STEPS = [1, 2, 2.5, 5, 10];
const DAY_MS = 86_400_000;

/** Bars of net sales over time in one currency. Periods without orders show as gaps. */
export function salesChart(
  series: OrderSeriesPoint[],
  options: { startDate: string; endDate: string; unit: Unit; currency: string; title: string; width: number },
  formats: ReportFormats,
  text: TextWriter,
): Markup {
  const { width } = options;
  const periods = chartPeriods(options.startDate, options.endDate, options.unit);
  // Floats are enough for the height of a bar; every printed amount stays exact.
  const values = new Map(series.map((point) => [point.periodStart, Number(point.net)]));
  const ticks = valueTicks([...values.values()]);
  const [low = 0, high = 1] = [ticks[0], ticks.at(-1)];
  const amounts = ticks.map((tick) => formats.compactMoney(tick, options.currency));
  const left = Math.max(PLOT.left, LABEL_GAP + LABEL_SIZE * Math.max(...amounts.map(widthOf)));
  const plotHeight = CHART_HEIGHT - PLOT.top - PLOT.bottom;
  const step = (width - left - PLOT.right) / periods.length;
  const y = (value: number): number => round(PLOT.top + ((high - value) / (high - low)) * plotHeight);
  // In a right-to-left report time runs from the right as well.
  const mirror = formats.direction === 'rtl';
  const x = (position: number): number => round(mirror ? width - position : position);

  const bars = periods
    .map((period, index) => {
      const value = values.get(period) ?? 0;
      if (value === 0) return '';
      const [from, to] = [x(left + step * (index + 0.14)), x(left + step * (index + 0.86))];
      return `M${from} ${y(0)}V${y(value)}H${to}V${y(0)}Z`;
    })
    .join('');
  const lines = ticks
    .filter((tick) => tick !== 0)
    .map((tick) => `M${x(left)} ${y(tick)}H${x(width - PLOT.right)}`);
  const end = mirror ? 'start' : 'end';
  const valueLabels = ticks.map(
    (tick, index) =>
      markup`<text x="${x(left - LABEL_GAP)}" y="${y(tick) + 3}" text-anchor="${end}" direction="ltr">${text.own(amounts[index] ?? '')}</text>`,
  );
  const labels = periodLabels(periods, options.unit, formats).map(
    ({ index, label }) =>
      markup`<text x="${x(left + step * (index + 0.5))}" y="${CHART_HEIGHT - 6}" text-anchor="middle">${text.own(label)}</text>`,
  );
  return markup`<svg
    class="chart"
    role="img"
    aria-label="${options.title}"
    width="${width}"
    height="${CHART_HEIGHT}"
  >
    <path class="grid" d="${lines.join('')}" />
    <path class="bars" d="${bars}" />
    <path class="zero" d="M${x(left)} ${y(0)}H${x(width - PLOT.right)}" />
    ${valueLabels}${labels}
  </svg>`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Round values for an axis that holds zero and all of these, from the lowest to the highest. */
export function valueTicks(values: readonly number[]): number[] {
  const low = values.reduce((least, value) => Math.min(least, value), 0);
  const high = values.reduce((most, value) => Math.max(most, value), 0);
  const rough = (high - low || 1) / 4;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = (STEPS.find((candidate) => candidate * magnitude >= rough) ?? 10) * magnitude;
  const [first, last] = [Math.floor(low / step), Math.max(Math.ceil(high / step), 1)];
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
}

/** First days, YYYY-MM-DD, of all days, weeks (from Monday) or months that the dates touch; `endDate` is not included. */
export function chartPeriods(startDate: string, endDate: string, unit: Unit): string[] {
  const end = Date.parse(endDate);
  const periods: string[] = [];
  for (let day = periodStart(new Date(startDate), unit); day.getTime() < end; day = next(day, unit)) {
    periods.push(day.toISOString().slice(0, 10));
  }
  return periods;
}

/** As many labels as can be read side by side; a new year is written out. */
export function periodLabels(
  periods: string[],
  unit: Unit,
  formats: ReportFormats,
): { index: number; label: string }[] {
  const every = labelEvery(periods.length, unit);
  let year = '';
  return periods.flatMap((period, index) => {
    if (index % every !== 0) return [];
    const isNewYear = period.slice(0, 4) !== year;
    year = period.slice(0, 4);
    return [{ index, label: formats.periodLabel(new Date(period), unit, isNewYear) }];
  });
}

/** Months are skipped in parts of a year, so that the labels keep falling on the same months. */
function labelEvery(count: number, unit: Unit): number {
  const needed = Math.ceil(count / MAX_LABELS);
  if (unit !== 'month') return needed;
  return [1, 2, 3, 4, 6, 12].find((months) => months >= needed) ?? Math.ceil(needed / 12) * 12;
}

function periodStart(day: Date, unit: Unit): Date {
  switch (unit) {
    case 'day':
      return day;
    case 'week':
      return new Date(day.getTime() - ((day.getUTCDay() + 6) % 7) * DAY_MS);
    case 'month':
      return firstOfMonth(day, 0);
  }
}

/** `Date.UTC` reads a year before 100 as one of the twentieth century. */
function firstOfMonth(day: Date, later: number): Date {
  const first = new Date(day);
  first.setUTCMonth(day.getUTCMonth() + later, 1);
  return first;
}

function next(day: Date, unit: Unit): Date {
  if (unit === 'month') return firstOfMonth(day, 1);
  return new Date(day.getTime() + (unit === 'week' ? 7 : 1) * DAY_MS);
}
