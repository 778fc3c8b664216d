import fc from 'fast-check';
import { ZoneClock } from './zone-clock';

const DAY_MS = 24 * 60 * 60_000;
const instants = fc.date({
  min: new Date('1900-01-01T00:00:00Z'),
  max: new Date('2100-01-01T00:00:00Z'),
  noInvalidDate: true,
});
const zones = fc.constantFrom(...Intl.supportedValuesOf('timeZone'));

const formats = new Map<string, Intl.DateTimeFormat>();

/** By another way than the one that is tested. */
function shown(time: number, timeZone: string): string {
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  formats.set(timeZone, format);
  return format.format(time);
}

const asText = (wall: number): string => new Date(wall).toISOString().slice(0, 19).replace('T', ' ');

/** When clocks are changed in a zone, to the second. */
function changesOf(timeZone: string, from: number, to: number): number[] {
  const offsetAt = (time: number): number => Date.parse(`${shown(time, timeZone).replace(' ', 'T')}Z`) - time;
  const changes: number[] = [];
  for (let day = from; day < to; day += DAY_MS) {
    if (offsetAt(day) === offsetAt(day + DAY_MS)) continue;
    let [before, after] = [day, day + DAY_MS];
    while (after - before > 1_000) {
      const middle = before + Math.floor((after - before) / 2_000) * 1_000;
      if (offsetAt(middle) === offsetAt(before)) before = middle;
      else after = middle;
    }
    changes.push(after);
  }
  return changes;
}

describe('the clock of a zone', () => {
  it('shows what the runtime shows, in every zone and at any time', () => {
    fc.assert(
      fc.property(zones, instants, (zone, time) => {
        expect(asText(new ZoneClock(zone).toWall(time.getTime()))).toBe(shown(time.getTime(), zone));
      }),
      { numRuns: 1_000 },
    );
  });

  it.each(['Europe/Berlin', 'Australia/Lord_Howe', 'America/St_Johns', 'Pacific/Apia', 'Africa/Casablanca'])(
    'is right around each change in %s, also when it knows the day',
    (zone) => {
      const clock = new ZoneClock(zone);
      const changes = changesOf(zone, Date.UTC(2005, 0), Date.UTC(2016, 0));
      expect(changes.length).toBeGreaterThan(5);
      for (const change of changes)
        for (const time of [-DAY_MS, -1, 0, 1, DAY_MS].map((near) => change + near))
          expect(asText(clock.toWall(time))).toBe(shown(time, zone));
    },
  );

  it('gives the time back, and of two that it shows alike the first', () => {
    fc.assert(
      fc.property(zones, instants, (zone, time) => {
        const clock = new ZoneClock(zone);
        const wall = clock.toWall(time.getTime());
        const found = clock.toUtc(wall);
        expect(clock.toWall(found)).toBe(wall);
        expect(found).toBeLessThanOrEqual(time.getTime());
      }),
      { numRuns: 1_000 },
    );
  });
});
