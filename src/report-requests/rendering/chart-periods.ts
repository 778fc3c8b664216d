import { ReportSummary } from './report-document';
import { ReportFormats } from './report-formats';

type Unit = ReportSummary['seriesUnit'];

const DAY_MS = 86_400_000;
const MAX_LABELS = 12;

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
