import { Markup, markup } from './markup';
import { ReportFormats } from './report-formats';
import { ReportSeriesPoint, ReportSummary } from './report-document';
import { chartPeriods, periodLabels } from './chart-periods';
import { widthOf } from './fitted-text';
import { TextWriter } from './report-text';
import { valueTicks } from './value-ticks';

export const CHART = { width: 690, height: 250 };

const PLOT = { left: 58, right: 6, top: 8, bottom: 22 };
const LABEL_SIZE = 9;
const LABEL_GAP = 8;

/** Bars of revenue over time in one currency. Periods without orders show as gaps. */
export function revenueChart(
  series: ReportSeriesPoint[],
  options: { startDate: string; endDate: string; unit: ReportSummary['seriesUnit']; currency: string },
  formats: ReportFormats,
  text: TextWriter,
): Markup {
  const periods = chartPeriods(options.startDate, options.endDate, options.unit);
  // Floats are enough for the height of a bar; every printed amount stays exact.
  const values = new Map(series.map((point) => [point.periodStart, Number(point.total)]));
  const ticks = valueTicks([...values.values()]);
  const [low = 0, high = 1] = [ticks[0], ticks.at(-1)];
  const amounts = ticks.map((tick) => formats.compactMoney(tick, options.currency));
  const left = Math.max(PLOT.left, LABEL_GAP + LABEL_SIZE * Math.max(...amounts.map(widthOf)));
  const plotHeight = CHART.height - PLOT.top - PLOT.bottom;
  const step = (CHART.width - left - PLOT.right) / periods.length;
  const y = (value: number): number => round(PLOT.top + ((high - value) / (high - low)) * plotHeight);
  // In a right-to-left report time runs from the right as well.
  const mirror = formats.direction === 'rtl';
  const x = (position: number): number => round(mirror ? CHART.width - position : position);

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
    .map((tick) => `M${x(left)} ${y(tick)}H${x(CHART.width - PLOT.right)}`);
  const end = mirror ? 'start' : 'end';
  const valueLabels = ticks.map(
    (tick, index) =>
      markup`<text x="${x(left - LABEL_GAP)}" y="${y(tick) + 3}" text-anchor="${end}" direction="ltr">${text.own(amounts[index] ?? '')}</text>`,
  );
  const labels = periodLabels(periods, options.unit, formats).map(
    ({ index, label }) =>
      markup`<text x="${x(left + step * (index + 0.5))}" y="${CHART.height - 6}" text-anchor="middle">${text.own(label)}</text>`,
  );
  return markup`<svg
    class="chart"
    role="img"
    aria-label="Revenue per ${options.unit}"
    width="${CHART.width}"
    height="${CHART.height}"
  >
    <path class="grid" d="${lines.join('')}" />
    <path class="bars" d="${bars}" />
    <path class="zero" d="M${x(left)} ${y(0)}H${x(CHART.width - PLOT.right)}" />
    ${valueLabels}${labels}
  </svg>`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
