import fc from 'fast-check';
import { DateForm, detectDateForm, Times } from './times';

const DAY_MS = 24 * 60 * 60 * 1_000;
const instants = fc.date({
  min: new Date('1950-01-01T00:00:00Z'),
  max: new Date('2090-01-01T00:00:00Z'),
  noInvalidDate: true,
});
const zones = fc.constantFrom(
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'America/St_Johns',
);

/** What a clock in the zone shows, by another way than the one that is tested. */
function wallOf(time: Date, timeZone: string): { day: string; clock: string } {
  const shown = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    dateStyle: 'short',
    timeStyle: 'medium',
  }).format(time);
  const [day = '', clock = ''] = shown.split(' ');
  return { day, clock };
}

const FORMS: Record<DateForm, (year: string, month: string, day: string) => string> = {
  'YYYY-MM-DD': (year, month, day) => `${year}-${month}-${day}`,
  'YYYY/MM/DD': (year, month, day) => `${year}/${month}/${day}`,
  'DD.MM.YYYY': (year, month, day) => `${day}.${month}.${year}`,
  'DD/MM/YYYY': (year, month, day) => `${day}/${month}/${year}`,
  'MM/DD/YYYY': (year, month, day) => `${month}/${day}/${year}`,
};
const forms = fc.constantFrom(...(Object.keys(FORMS) as DateForm[]));

describe('days and times as files write them', () => {
  it('are read back in every form and zone, whatever the clock did there', () => {
    fc.assert(
      fc.property(instants, zones, forms, (date, zone, form) => {
        const time = new Date(Math.floor(date.getTime() / 1_000) * 1_000);
        const { day, clock } = wallOf(time, zone);
        const [year = '', month = '', dayOfMonth = ''] = day.split('-');
        const text = `${FORMS[form](year, month, dayOfMonth)} ${clock}`;
        const found = new Times(form, zone).parse(text);
        // A time that a clock shows twice is the first of the two.
        expect(wallOf(new Date(found!), zone)).toEqual({ day, clock });
        expect(new Date(found!).getTime()).toBeLessThanOrEqual(time.getTime());
        expect(time.getTime() - new Date(found!).getTime()).toBeLessThan(DAY_MS / 8);
      }),
      { numRuns: 500 },
    );
  });

  it('are what their offset says, whatever the zone', () => {
    fc.assert(
      fc.property(instants, zones, fc.integer({ min: -14 * 60, max: 14 * 60 }), (date, zone, minutes) => {
        const time = new Date(Math.floor(date.getTime() / 1_000) * 1_000);
        const wall = new Date(time.getTime() + minutes * 60_000).toISOString();
        const size = Math.abs(minutes);
        const hours = String(Math.floor(size / 60)).padStart(2, '0');
        const rest = String(size % 60).padStart(2, '0');
        const sign = minutes < 0 ? '-' : '+';
        for (const offset of [`${sign}${hours}:${rest}`, `${sign}${hours}${rest}`])
          expect(
            new Times(undefined, zone).parse(`${wall.slice(0, 10)} ${wall.slice(11, 19)} ${offset}`),
          ).toBe(time.toISOString());
      }),
    );
  });

  it.each([
    ['2024-01-08 10:12:11 -0500', '2024-01-08T15:12:11.000Z'],
    ['2024-01-08T10:12:11+00:00', '2024-01-08T10:12:11.000Z'],
    ['2024-01-08 10:12', '2024-01-08T09:12:00.000Z'],
    ['2024-01-08', '2024-01-07T23:00:00.000Z'],
    ['08.01.2024', '2024-01-07T23:00:00.000Z'],
    ['8.1.2024 9:05', '2024-01-08T08:05:00.000Z'],
    ['2024-01-08 10:12:11 UTC', '2024-01-08T10:12:11.000Z'],
    ['2024/1/8', '2024-01-07T23:00:00.000Z'],
    ['2024-01-08 12:00 AM', '2024-01-07T23:00:00.000Z'],
    ['2024-01-08, 1:30 p.m.', '2024-01-08T12:30:00.000Z'],
    ['2024-01-08T10:12:11.123456Z', '2024-01-08T10:12:11.123Z'],
    // The clock is put forward over the one, and shows the other twice.
    ['2024-03-31 02:30', '2024-03-31T01:30:00.000Z'],
    ['2024-10-27 02:30', '2024-10-27T00:30:00.000Z'],
  ])('reads %s in Berlin', (text, time) => {
    expect(new Times(undefined, 'Europe/Berlin').parse(text)).toBe(time);
  });

  it.each([
    '2024-02-30',
    '30.02.2024',
    '0000-00-00',
    '10000-01-01',
    '2024-13-01',
    '2024-01-01T00:00:60Z',
    '2024-01-01 24:00',
    '2024-01-01 13:00 PM',
    '2024-01-01 00:00 AM',
    '2024-01-01T00:00:00+99:99',
    '01/02/2024',
    '08.01.24',
    '20240108',
    'yesterday',
    '2024-01-08 10:12 CET',
    '1899-12-31',
    '2026-01-01T'.repeat(9_000),
    '',
  ])('does not read %j', (text) => {
    expect(new Times(undefined, 'UTC').parse(text)).toBeUndefined();
    expect(new Times(undefined, 'Europe/Berlin').parse(text)).toBeUndefined();
  });

  it.each([
    ['YYYY-MM-DD', ['2024-01-08', '']],
    ['DD.MM.YYYY', ['08.01.2024']],
    ['DD/MM/YYYY', ['08/01/2024', '13/01/2024']],
    ['MM/DD/YYYY', ['01/08/2024', '1/13/2024 10:00']],
    ['YYYY/MM/DD', ['2024/01/08']],
    [undefined, ['08/01/2024']],
    [undefined, ['13/01/2024', '01/13/2024']],
    [undefined, ['yesterday', '']],
  ] as const)('are found to be %s in %j', (form, cells) => {
    expect(detectDateForm(cells)).toBe(form);
  });
});
